"""The layout of DATEV's Buchungsstapel (batch of postings): EXTF 700, category 21, version 13, as its developer portal has it.

Fields are counted from 1, as there. Texts stand in quotes, also where they are empty; numbers and dates never do.
"""

from collections.abc import Mapping, Sequence

WIDTH = 125
_INFO = tuple(f"Beleginfo - {what} {number}" for number in range(1, 9) for what in ("Art", "Inhalt"))
_MORE = tuple(
    title.format(number)
    for number in range(1, 21)
    for title in ("Zusatzinformation - Art {}", "Zusatzinformation- Inhalt {}")
)
TITLES = (
    *("Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz", "WKZ Basis-Umsatz"),
    *("Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum", "Belegfeld 1", "Belegfeld 2", "Skonto"),
    *("Buchungstext", "Postensperre", "Diverse Adressnummer", "Geschäftspartnerbank", "Sachverhalt", "Zinssperre", "Beleglink"),
    *_INFO,
    *("KOST1 - Kostenstelle", "KOST2 - Kostenstelle", "Kost-Menge", "EU-Land u. UStID (Bestimmung)", "EU-Steuersatz (Bestimmung)"),
    *("Abw. Versteuerungsart", "Sachverhalt L+L", "Funktionsergänzung L+L", "BU 49 Hauptfunktionstyp"),
    *("BU 49 Hauptfunktionsnummer", "BU 49 Funktionsergänzung"),
    *_MORE,
    *("Stück", "Gewicht", "Zahlweise", "Forderungsart", "Veranlagungsjahr", "Zugeordnete Fälligkeit", "Skontotyp", "Auftragsnummer"),
    *("Buchungstyp", "USt-Schlüssel (Anzahlungen)", "EU-Land (Anzahlungen)", "Sachverhalt L+L (Anzahlungen)"),
    *("EU-Steuersatz (Anzahlungen)", "Erlöskonto (Anzahlungen)", "Herkunft-Kz", "Buchungs GUID", "KOST-Datum"),
    *("SEPA-Mandatsreferenz", "Skontosperre", "Gesellschaftername", "Beteiligtennummer", "Identifikationsnummer"),
    *("Zeichnernummer", "Postensperre bis", "Bezeichnung SoBil-Sachverhalt", "Kennzeichen SoBil-Buchung", "Festschreibung"),
    *("Leistungsdatum", "Datum Zuord. Steuerperiode", "Fälligkeit", "Generalumkehr (GU)", "Steuersatz", "Land"),
    *("Abrechnungsreferenz", "BVV-Position", "EU-Land u. UStID (Ursprung)", "EU-Steuersatz (Ursprung)", "Abw. Skontokonto"),
)  # fmt: skip
TEXTS = frozenset({
    *(2, 3, 6, 9, 11, 12, 14, 16, *range(20, 39), 40, 42, *range(48, 88), 95, 96, 98, 102, 103, 105, 107, 109, 110, 112),
    *(118, 120, 121, 123),
})  # fmt: skip
HEADER_TEXTS = frozenset({1, 4, 8, 9, 10, 17, 18, 22, 24, 27, 30, 31})
HEADER_WIDTH = 31

# The fields that are filled.
AMOUNT, SIDE, ACCOUNT, CONTRA, TAX_KEY, DAY, DOCUMENT, WORDS = 1, 2, 7, 8, 9, 10, 11, 14
COST_CENTRE, COST_CENTRE_2, LOCKED, PERFORMED, REVERSED = 37, 38, 114, 115, 118


def line(fields: Mapping[int, str], texts: frozenset[int] = TEXTS, width: int = WIDTH) -> str:
    """One line of the file, without its end; fields that are not given are empty."""
    return ";".join(
        _quoted(fields.get(number, "")) if number in texts else fields.get(number, "") for number in range(1, width + 1)
    )


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def header(fields: Mapping[int, str]) -> str:
    return line(fields, HEADER_TEXTS, HEADER_WIDTH)


def titles() -> str:
    """The second line; titles stand without quotes."""
    return ";".join(TITLES)


def lines(head: str, rows: Sequence[str]) -> str:
    """The whole file; every line is ended as on Windows."""
    return "".join(f"{each}\r\n" for each in (head, titles(), *rows))
