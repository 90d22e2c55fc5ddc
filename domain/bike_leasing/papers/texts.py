"""The texts that the papers of a lease have to carry: dated records with where they come from, written by us and known by their hash.

In German, as the contracts are. Whoever changes a word adds a version; what was agreed keeps the words that it was agreed by.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import RuleVersion


class PaperKind(StrEnum):
    """`conversion`: employer and employee agree that pay is converted and the bike handed over (Entgeltumwandlung und Überlassung).
    `single_lease`: employer and lessor agree on this bike (Einzelleasingvertrag) under their framework."""

    CONVERSION = "conversion"
    SINGLE_LEASE = "single_lease"


BOTH = frozenset(PaperKind)
CONVERSION = frozenset({PaperKind.CONVERSION})
SINGLE = frozenset({PaperKind.SINGLE_LEASE})


class LegalText(Struct, frozen=True):
    version: RuleVersion
    papers: frozenset[PaperKind]
    title: str
    words: str

    @property
    def digest(self) -> str:
        """The SHA-256 of title and words in UTF-8, in hexadecimal."""
        return sha256(f"{self.title}\n{self.words}".encode()).hexdigest()


SINCE = date(2026, 11, 1)
NO_LAWYER = "our words; no lawyer has read them"


def _text(name: str, source: str, papers: frozenset[PaperKind], title: str, words: str) -> LegalText:
    return LegalText(RuleVersion(name, SINCE, source, doubt=NO_LAWYER), papers, title, words)


TEXTS = (
    _text(
        "conversion",
        "§ 3 TV-Fahrradleasing (VKA), § 19b TV-L; § 3 MiLoG",
        CONVERSION,
        "Umwandlung von Entgelt",
        "Für die Dauer des Leasings wird das monatliche Bruttoentgelt um den oben genannten Betrag herabgesetzt; an seine Stelle tritt "
        "die Überlassung des Fahrrads. Was vom Entgelt bleibt, unterschreitet den gesetzlichen Mindestlohn nicht. Die Umwandlung beginnt "
        "mit dem Entgelt des Monats, in dem das Fahrrad übergeben wird, soweit nichts anderes vereinbart ist.",
    ),
    _text(
        "handing_over",
        "§§ 535 ff. BGB; § 4 TV-Fahrradleasing (VKA)",
        CONVERSION,
        "Überlassung des Fahrrads",
        "Das Fahrrad darf dienstlich und privat genutzt werden. Es bleibt Eigentum des Leasinggebers und wird pfleglich behandelt, "
        "verkehrssicher gehalten und beim Abstellen an einem festen Gegenstand angeschlossen. Schäden, Diebstahl und Verlust werden "
        "unverzüglich gemeldet, ein Diebstahl auch der Polizei.",
    ),
    _text(
        "benefit_in_kind",
        "§ 8 Abs. 2 Satz 10 EStG; gleich lautende Erlasse vom 9. Januar 2020",
        CONVERSION,
        "Geldwerter Vorteil",
        "Die private Nutzung wird als geldwerter Vorteil versteuert: monatlich ein Prozent eines auf volle 100 Euro abgerundeten Viertels "
        "der unverbindlichen Preisempfehlung. Ändert sich das Steuerrecht, ändert sich der geldwerte Vorteil mit ihm.",
    ),
    _text(
        "pension",
        "§ 14 SGB IV, § 70 SGB VI; § 241 Abs. 2 BGB",
        CONVERSION,
        "Folgen für Rente und Sozialleistungen",
        "Aus umgewandeltem Entgelt werden keine Beiträge zur Sozialversicherung gezahlt. Gesetzliche Rente, Zusatzversorgung, Krankengeld, "
        "Elterngeld und Arbeitslosengeld können dadurch geringer ausfallen.",
    ),
    _text(
        "interruptions",
        "§ 3 TV-Fahrradleasing (VKA); § 313 BGB",
        CONVERSION,
        "Zeiten ohne Entgelt und vorzeitiges Ende",
        "In Monaten ohne Entgelt ruht die Umwandlung; wer die Rate in dieser Zeit trägt, richtet sich nach den Bedingungen des "
        "Rahmenvertrags und des Versicherers. Aus wichtigem Grund, insbesondere beim Ausscheiden, endet die Vereinbarung vorzeitig. Dann "
        "kann das Leasing auf einen neuen Arbeitgeber übergehen, privat fortgeführt, durch Kauf abgelöst oder durch Rückgabe beendet "
        "werden.",
    ),
    _text(
        "use",
        "§§ 535 ff. BGB",
        SINGLE,
        "Gebrauchsüberlassung",
        "Der Leasinggeber überlässt dem Arbeitgeber das oben bezeichnete Fahrrad für die Laufzeit zum Gebrauch; der Arbeitgeber darf es "
        "der genannten Person weiterüberlassen. Die Laufzeit beginnt mit dem Monat nach der Übergabe. Im Übrigen gilt der Rahmenvertrag.",
    ),
    _text(
        "instalments",
        "§ 193 BGB; Rahmenvertrag",
        SINGLE,
        "Raten",
        "Die Monatsrate ist für alle Monate gleich. Fällt ihre Fälligkeit auf einen Samstag, Sonntag oder gesetzlichen Feiertag, tritt der "
        "nächste Werktag an dessen Stelle. Ihre Berechnung liegt dieser Urkunde als Rechenblatt bei.",
    ),
    _text(
        "early_settlement",
        "§ 314 BGB; Rahmenvertrag",
        SINGLE,
        "Vorzeitige Ablösung",
        "Endet der Vertrag vorzeitig, schuldet der Arbeitgeber die noch offenen Raten ohne Versicherung und Service zuzüglich des "
        "kalkulierten Restwerts, vermindert um den Erlös des Fahrrads; nie weniger als null.",
    ),
    _text(
        "no_purchase",
        "Leasingerlass des Bundesministeriums der Finanzen; Schreiben vom 17. November 2017",
        BOTH,
        "Kein Anspruch auf Kauf",
        "Ein Recht, das Fahrrad am Ende zu kaufen, wird nicht vereinbart und von niemandem zugesagt. Ein Angebot, das später gemacht wird, "
        "ist freiwillig und kann bis zu seiner Annahme zurückgenommen werden.",
    ),
    _text(
        "data_protection",
        "Art. 13 DSGVO; § 147 AO",
        BOTH,
        "Datenschutz",
        "Verarbeitet werden Name, Fahrrad, Raten und die Schritte dieses Leasings, um es durchzuführen. Arbeitgeber, Leasinggeber und "
        "Händler sehen jeweils nur, was sie dafür brauchen; die Abrechnung des Entgelts sieht der Leasinggeber nicht. Nach dem Ende wird "
        "aufbewahrt, was das Steuerrecht verlangt, und danach gelöscht.",
    ),
    _text(
        "form",
        "§§ 126a, 126b BGB; Art. 25 eIDAS-VO",
        BOTH,
        "Form der Zustimmung",
        "Dieser Urkunde wird in Textform zugestimmt oder mit qualifizierter elektronischer Signatur. Festgehalten wird, wer wann welcher "
        "Urkunde zugestimmt hat; bezeichnet wird sie durch ihren Hashwert (SHA-256).",
    ),
)


def texts_for(kind: PaperKind, on: date, texts: Iterable[LegalText] = TEXTS) -> tuple[LegalText, ...]:
    """Those of the paper that count on the day, each in its latest version, in the order in which they stand."""
    counted: dict[str, LegalText] = {}
    for text in texts:
        name = text.version.name
        known = counted.get(name)
        if text.version.since <= on and (known is None or known.version.since <= text.version.since):
            counted[name] = text
    return tuple(text for text in counted.values() if kind in text.papers)
