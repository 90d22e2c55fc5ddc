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
    `single_lease`: employer and lessor agree on this bike (Einzelleasingvertrag) under their framework.
    `pre_contract`: what a consumer is told before she binds herself, with her right of withdrawal and the form for it.
    `own_lease`: consumer and lessor agree on this bike."""

    CONVERSION = "conversion"
    SINGLE_LEASE = "single_lease"
    PRE_CONTRACT = "pre_contract"
    OWN_LEASE = "own_lease"


BOTH = frozenset({PaperKind.CONVERSION, PaperKind.SINGLE_LEASE})
CONVERSION = frozenset({PaperKind.CONVERSION})
SINGLE = frozenset({PaperKind.SINGLE_LEASE})
TOLD = frozenset({PaperKind.PRE_CONTRACT})
OWN = frozenset({PaperKind.OWN_LEASE})
CONSUMERS = TOLD | OWN
CONTRACTS = BOTH | OWN


class LegalText(Struct, frozen=True):
    """`{lessor}` and `{lease}` in the words stand for the lessor's name and address, and the lease's number."""

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
        "pre_contract",
        "Art. 246a § 1 Abs. 1 EGBGB; § 312d BGB",
        TOLD,
        "Informationen vor Vertragsschluss",
        "Der Leasinggeber überlässt Ihnen das oben bezeichnete Fahrrad für die genannte Laufzeit zum Gebrauch. Der Vertrag kommt erst zustande, "
        "wenn Sie ihm zugestimmt haben und der Leasinggeber das Fahrrad bestellt; bis dahin binden Sie sich nicht. Alle Preise enthalten die "
        "Umsatzsteuer; über die genannten hinaus entstehen keine Kosten. Das Fahrrad wird beim Händler übergeben, sobald er es bereithält, oder von ihm versandt. "
        "Es gelten die gesetzlichen Rechte bei Mängeln. Die Laufzeit endet von selbst; ein Recht zur ordentlichen Kündigung besteht vorher nicht.",
    ),
    _text(
        "credit_told",
        "§§ 16, 17 PAngV; § 506 BGB",
        TOLD,
        "Kosten und repräsentatives Beispiel",
        "Der effektive Jahreszins und der Gesamtbetrag sind oben angegeben; im Gesamtbetrag zählt das Fahrrad, das zurückgegeben wird, mit "
        "seinem kalkulierten Restwert, den Sie nicht zahlen. Das repräsentative Beispiel nennt, was für mindestens zwei Drittel der Verträge zu "
        "gleichen Bedingungen zu erwarten ist oder weniger; es ist kein Teil dieses Angebots.",
    ),
    _text(
        "credit_check",
        "Art. 13, 22 DSGVO; § 505a BGB",
        TOLD,
        "Prüfung Ihrer Zahlungsfähigkeit",
        "Bevor der Leasinggeber bestellt, prüft er, ob Sie die Raten zahlen können. Lehnt er ab, nennt er den Grund. Beruht die Ablehnung allein "
        "auf einer automatisierten Bewertung, können Sie verlangen, dass ein Mensch sie überprüft, und Ihren Standpunkt darlegen.",
    ),
    _text(
        "own_use",
        "§§ 535 ff. BGB",
        OWN,
        "Gebrauchsüberlassung",
        "Der Leasinggeber überlässt Ihnen das oben bezeichnete Fahrrad für die Laufzeit zum Gebrauch. Es bleibt sein Eigentum; Sie behandeln es "
        "pfleglich, halten es verkehrssicher und schließen es beim Abstellen an einem festen Gegenstand an. Schäden, Diebstahl und Verlust melden "
        "Sie unverzüglich, einen Diebstahl auch der Polizei. Die Laufzeit beginnt mit dem Monat nach der Übergabe. Mängelrechte gegen den "
        "Leasinggeber bleiben Ihnen.",
    ),
    _text(
        "own_instalments",
        "§§ 193, 286, 288 BGB",
        OWN,
        "Raten",
        "Die Monatsrate ist für alle Monate gleich. Fällt ihre Fälligkeit auf einen Samstag, Sonntag oder gesetzlichen Feiertag, tritt der "
        "nächste Werktag an dessen Stelle. Sie wird von einem Konto eingezogen, das Sie benennen, oder von Ihnen überwiesen. Ihre Berechnung liegt "
        "dieser Urkunde als Rechenblatt bei.",
    ),
    _text(
        "own_end",
        "§§ 314, 546 BGB",
        OWN,
        "Ende und vorzeitige Ablösung",
        "Am Ende der Laufzeit geben Sie das Fahrrad zurück; sein Zustand wird in einem Protokoll festgehalten. Aus wichtigem Grund kann jede Seite "
        "vorher kündigen. Dann schulden Sie die noch offenen Raten ohne Versicherung und Service zuzüglich des kalkulierten Restwerts, vermindert um "
        "den Erlös des Fahrrads; nie weniger als null.",
    ),
    _text(
        "withdrawal",
        "Art. 246a § 1 Abs. 2 EGBGB und dessen Anlage 1; §§ 312g, 355, 356a, 357 BGB",
        CONSUMERS,
        "Widerrufsbelehrung",
        "Sie haben das Recht, binnen vierzehn Tagen ohne Angabe von Gründen diesen Vertrag zu widerrufen. Die Widerrufsfrist beträgt vierzehn Tage "
        "ab dem Tag des Vertragsabschlusses. Um Ihr Widerrufsrecht auszuüben, müssen Sie uns ({lessor}) mittels einer eindeutigen Erklärung (z. B. ein mit "
        "der Post versandter Brief oder eine E-Mail) über Ihren Entschluss, diesen Vertrag zu widerrufen, informieren. Sie können dafür das beigefügte "
        "Muster-Widerrufsformular verwenden, das jedoch nicht vorgeschrieben ist. Sie können auch die Schaltfläche „Vertrag widerrufen“ nutzen, ohne "
        "sich anzumelden, unter Angabe des Leasings {lease}; den Eingang bestätigen wir Ihnen unverzüglich. Zur Wahrung der Widerrufsfrist reicht es aus, "
        "dass Sie die Mitteilung über die Ausübung des Widerrufsrechts vor Ablauf der Widerrufsfrist absenden. Folgen des Widerrufs: Wenn Sie diesen Vertrag "
        "widerrufen, haben wir Ihnen alle Zahlungen, die wir von Ihnen erhalten haben, unverzüglich und spätestens binnen vierzehn Tagen ab dem Tag "
        "zurückzuzahlen, an dem die Mitteilung über Ihren Widerruf bei uns eingegangen ist, mit demselben Zahlungsmittel, sofern nichts anderes vereinbart "
        "wurde, und ohne Entgelt. Für die Zeit bis dahin wird keine Rate berechnet. Haben Sie das Fahrrad schon, geben Sie es unverzüglich und spätestens "
        "binnen vierzehn Tagen zurück; die Kosten der Rückgabe tragen wir.",
    ),
    _text(
        "withdrawal_form",
        "Art. 246a § 1 Abs. 2 Satz 1 Nr. 1 EGBGB und dessen Anlage 2",
        CONSUMERS,
        "Muster-Widerrufsformular",
        "(Wenn Sie den Vertrag widerrufen wollen, füllen Sie bitte dieses Formular aus und senden Sie es zurück.) – An {lessor}: – Hiermit widerrufe(n) "
        "ich/wir (*) den von mir/uns (*) abgeschlossenen Vertrag über die Erbringung der folgenden Dienstleistung (*): Leasing {lease} – Bestellt am (*)/"
        "erhalten am (*) – Name des/der Verbraucher(s) – Anschrift des/der Verbraucher(s) – Unterschrift des/der Verbraucher(s) (nur bei Mitteilung auf Papier) "
        "– Datum – (*) Unzutreffendes streichen.",
    ),
    _text(
        "own_data_protection",
        "Art. 13 DSGVO; § 147 AO",
        CONSUMERS,
        "Datenschutz",
        "Verarbeitet werden Name, Fahrrad, Raten, Zahlungen und die Schritte dieses Leasings, um es durchzuführen. Leasinggeber und Händler sehen jeweils nur, "
        "was sie dafür brauchen. Nach dem Ende wird aufbewahrt, was das Steuerrecht verlangt, und danach gelöscht.",
    ),
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
        BOTH | CONSUMERS,
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
        CONTRACTS,
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
