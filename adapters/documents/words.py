"""What invoices say, by language."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from domain.invoicing.invoices import Debit, Evidence, Invoice, InvoiceKind, InvoiceLine, TaxCategory, TaxTotal, Why
from domain.invoicing.taxing import makes_good
from domain.pricing.quotes import LineKind

CURRENCIES = {"EUR": "€"}
ZONES = {"CET": "MEZ", "CEST": "MESZ"}


class Words(Struct, frozen=True):
    """Templates for `str.format`, and how numbers and days are written."""

    code: str
    titles: dict[InvoiceKind, str]
    whys: dict[Why, str]
    kinds: dict[LineKind, str]
    units: dict[str, str]
    part: str
    number: str
    issued: str
    performed: str
    customer: str
    reference: str
    booking: str
    lease: str
    employer: str
    leitweg: str
    corrects: str
    item: str
    quantity: str
    tax: str
    net: str
    gross: str
    sum_net: str
    sum_vat: str
    sum_gross: str
    sum_back: str
    damages: str
    outside: str
    exempt: str
    collected: str
    debited: str
    mandate: str
    transfer: str
    recipient: str
    returned: str
    replaced: str
    account: str
    vat_id: str
    creditor_id: str
    imprint: str
    page: str
    metered: str
    verified: str
    unchecked: str
    to: str
    decimals: Callable[[str], str]
    day: Callable[[date], str]

    def amount(self, cents: int, currency: str) -> str:
        return f"{self.decimals(f'{cents // 100:,}.{cents % 100:02}')} {CURRENCIES.get(currency, currency)}"

    def zone(self, name: str) -> str:
        """By its short name, which tells the two hours apart that the night in October has twice."""
        return ZONES.get(name, name) if self.code == "de" else name

    def percent(self, rate: Decimal) -> str:
        return self.decimals(f"{(rate * 100).normalize():f}") + " %"

    def measure(self, line: InvoiceLine) -> str:
        """Quantity and unit; nothing for what comes once."""
        if line.unit == "1":
            return ""
        return f"{self.decimals(f'{line.quantity.normalize():f}')} {self.units.get(line.unit, line.unit)}"

    def name(self, line: InvoiceLine, invoice: Invoice) -> str:
        """What the line is for; a part of an invoice has no name of its own."""
        if invoice.corrects is not None and not line.description:
            return self.part.format(number=invoice.corrects.number)
        return self.kinds[line.kind]

    def about(self, invoice: Invoice, *, short: bool = False) -> tuple[str, str]:
        """What it is about, and the number by which people know that; of a lease the one on its papers."""
        if invoice.debtor.employer is not None:
            return (self.employer, invoice.debtor.employer)
        name, number = self.booking, invoice.subject.booking_id
        if number is None:
            name, number = self.lease, invoice.subject.lease_id
        return (name, number.hex[-12:].upper() if short and number is not None else str(number))

    def debit(self, by: Debit, reference: str) -> str:
        """When the account is debited, by which mandate where that is known, and how a transfer would be recognised."""
        known = by.mandate is not None and by.creditor_id is not None
        mandate = self.mandate.format(mandate=by.mandate, creditor=by.creditor_id) if known else ""
        return self.debited.format(day=self.day(by.on), mandate=mandate, reference=reference)

    def measured(self, by: Evidence) -> str:
        """By what the energy was measured, and where its holder finds that."""
        return self.metered.format(
            kwh=self.decimals(f"{by.kwh:f}"),
            meter=by.meter or "–",
            check=self.verified if by.verified else self.unchecked,
            link=f"{by.link} · " if by.link else "",
            digest=by.digest,
        )

    def untaxed(self, invoice: Invoice, total: TaxTotal) -> str:
        """Why there is no tax (BT-120)."""
        if total.category is TaxCategory.EXEMPT:
            return self.exempt
        return self.damages if any(makes_good(invoice, total) for total in invoice.totals) else self.outside


def _german(number: str) -> str:
    return number.translate(str.maketrans(",.", ".,"))


def _german_day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _english_day(day: date) -> str:
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    return f"{day.day} {months[day.month - 1]} {day.year}"


# Credit note: Rechnungskorrektur. By § 14 Abs. 2 UStG only an invoice that the recipient writes is called Gutschrift.
GERMAN = Words(
    code="de",
    titles={InvoiceKind.INVOICE: "Rechnung", InvoiceKind.CREDIT_NOTE: "Rechnungskorrektur"},
    whys={
        Why.USE: "Nutzung",
        Why.INSTALMENT: "Monatsrate",
        Why.CANCELLATION: "Stornierung",
        Why.NO_SHOW: "Nicht genutzte Buchung",
        Why.PERFORMED: "Wertersatz nach Widerruf",
        Why.REFUND: "Erstattung",
        Why.REPLACED: "Aufhebung",
        Why.LATE_PAYMENT: "Mahnkosten",
        Why.DAMAGE: "Schadenersatz",
        Why.WAIVED: "Erlass",
        Why.SETTLEMENT: "Ablösung eines Leasingvertrags",
        Why.PURCHASE: "Kauf eines geleasten Fahrrads",
    },
    kinds={
        LineKind.FLAT: "Grundpreis",
        LineKind.PACKAGE: "Paket",
        LineKind.TIME: "Nutzungszeit",
        LineKind.ENERGY: "Energie",
        LineKind.DISTANCE: "Strecke",
        LineKind.MINIMUM: "Mindestpreis",
        LineKind.FEE: "Einbehalt für zurückgegebene Zeit",
        LineKind.LATE_RETURN: "Gebühr für verspätete Rückgabe",
        LineKind.BLOCKING: "Blockiergebühr nach dem Laden",
        LineKind.PARKING: "Parkzeit ohne Laden",
        LineKind.RESERVATION: "Reservierung",
        LineKind.CANCELLATION: "Stornogebühr",
        LineKind.NO_SHOW: "Gebühr bei Nichtnutzung",
        LineKind.PERFORMED: "Wertersatz für die Nutzung bis zum Widerruf",
        LineKind.LATE_PAYMENT: "Mahnkosten (Verzugsschaden)",
        LineKind.DAMAGE: "Schadenersatz",
        LineKind.LEASE_SETTLEMENT: "Ausgleich für das vorzeitige Ende (Ablöse)",
        LineKind.BIKE: "Fahrrad",
        LineKind.LEASE_RATE: "Leasingrate mit Service",
        LineKind.PREMIUM: "Versicherungsprämie",
    },
    units={"min": "min", "h": "Std.", "day": "Tage", "week": "Woche(n)", "month": "Monat(e)", "kWh": "kWh", "km": "km"},
    part="Teilbetrag der Rechnung {number}",
    number="Nummer",
    issued="Datum",
    performed="Leistungszeit",
    customer="Kundennummer",
    reference="Kassenzeichen",
    booking="Buchung",
    lease="Leasingvertrag",
    employer="Arbeitgeber",
    leitweg="Leitweg-ID",
    corrects="Zu Rechnung {number} vom {day}",
    item="Leistung",
    quantity="Menge",
    tax="USt.",
    net="Netto",
    gross="Brutto",
    sum_net="Summe netto",
    sum_vat="Umsatzsteuer {rate} auf {net}",
    sum_gross="Gesamtbetrag",
    sum_back="Erstattungsbetrag",
    damages="Schadensersatz, nicht umsatzsteuerbar",
    outside="Nicht umsatzsteuerbare Leistung",
    exempt="Weitergegebene Versicherungsprämien, steuerfrei nach § 4 Nr. 10 UStG",
    collected="Bitte überweisen Sie nichts: Der Betrag wird mit dem Zahlungsmittel eingezogen, das Sie bei der Buchung "
    "angegeben haben. Gelingt das nicht, melden wir uns; Zahlungen ordnen wir über das Kassenzeichen {reference} zu.",
    debited="Bitte überweisen Sie nichts: Den Betrag ziehen wir per SEPA-Lastschrift von Ihrem Konto ein, am {day} oder kurz danach{mandate}. "
    "Bitte sorgen Sie für Deckung. Gelingt es nicht, melden wir uns; Zahlungen ordnen wir über das Kassenzeichen {reference} zu.",
    mandate=" (Mandatsreferenz {mandate}, Gläubiger-Identifikationsnummer {creditor})",
    transfer="Bitte überweisen Sie {amount} bis zum {day} und geben Sie als Verwendungszweck nur das Kassenzeichen an:",
    recipient="Empfänger",
    returned="Der Betrag wird auf demselben Weg erstattet, auf dem er gezahlt wurde.",
    replaced="Die genannte Rechnung ist in dieser Höhe aufgehoben. Was für diese Buchung noch geschuldet ist, steht in einer "
    "neuen Rechnung; was Sie zu viel gezahlt haben, wird auf demselben Weg erstattet.",
    account="IBAN {iban}",
    vat_id="USt-IdNr. {vat_id}",
    creditor_id="Gläubiger-ID {creditor_id}",
    imprint="Impressum: {imprint}",
    page="Seite {page} von {pages}",
    metered="{kwh} kWh hat der Zähler {meter} gemessen und signiert; {check}. Signierte Messwerte: {link}SHA-256 {digest}",
    verified="die Signatur wurde mit dem öffentlichen Schlüssel aus dem Ladesäulenregister geprüft",
    unchecked="die Signatur ist nicht geprüft",
    to="bis",
    decimals=_german,
    day=_german_day,
)
ENGLISH = Words(
    code="en",
    titles={InvoiceKind.INVOICE: "Invoice", InvoiceKind.CREDIT_NOTE: "Credit note"},
    whys={
        Why.USE: "Use",
        Why.INSTALMENT: "Monthly instalment",
        Why.CANCELLATION: "Cancellation",
        Why.NO_SHOW: "Booking not used",
        Why.PERFORMED: "Use until withdrawal",
        Why.REFUND: "Refund",
        Why.REPLACED: "Reversal",
        Why.LATE_PAYMENT: "Costs of a reminder",
        Why.DAMAGE: "Damages",
        Why.WAIVED: "Waiver",
        Why.SETTLEMENT: "Settlement of a lease",
        Why.PURCHASE: "Purchase of a leased bike",
    },
    kinds={
        LineKind.FLAT: "Base price",
        LineKind.PACKAGE: "Package",
        LineKind.TIME: "Time of use",
        LineKind.ENERGY: "Energy",
        LineKind.DISTANCE: "Distance",
        LineKind.MINIMUM: "Minimum price",
        LineKind.FEE: "Kept for time given back",
        LineKind.LATE_RETURN: "Fee for coming back late",
        LineKind.BLOCKING: "Fee for standing there after charging",
        LineKind.PARKING: "Parking without charging",
        LineKind.RESERVATION: "Reservation",
        LineKind.CANCELLATION: "Cancellation fee",
        LineKind.NO_SHOW: "Fee for not using the booking",
        LineKind.PERFORMED: "Compensation for the use until withdrawal",
        LineKind.LATE_PAYMENT: "Costs of a reminder (damages for late payment)",
        LineKind.DAMAGE: "Damages",
        LineKind.LEASE_SETTLEMENT: "Settlement of what an early end costs",
        LineKind.BIKE: "Bike",
        LineKind.LEASE_RATE: "Lease rate with service",
        LineKind.PREMIUM: "Insurance premium",
    },
    units={"min": "min", "h": "h", "day": "days", "week": "week(s)", "month": "month(s)", "kWh": "kWh", "km": "km"},
    part="Part of invoice {number}",
    number="Number",
    issued="Date",
    performed="Time of use",
    customer="Customer number",
    reference="Payment reference",
    booking="Booking",
    lease="Lease",
    employer="Employer",
    leitweg="Leitweg-ID",
    corrects="Corrects invoice {number} of {day}",
    item="Item",
    quantity="Quantity",
    tax="VAT",
    net="Net",
    gross="Gross",
    sum_net="Total net",
    sum_vat="VAT {rate} on {net}",
    sum_gross="Total",
    sum_back="Amount returned",
    damages="Damages, outside the scope of VAT",
    outside="Outside the scope of VAT",
    exempt="Insurance premiums passed on, exempt by § 4 Nr. 10 UStG",
    collected="Please transfer nothing: the amount is collected by the means of payment that you gave with the booking. "
    "If that does not succeed we will write to you; payments are assigned by the payment reference {reference}.",
    debited="Please transfer nothing: we debit the amount from your account by SEPA direct debit, on {day} or shortly after{mandate}. "
    "Please see to it that the account is in funds. If it does not succeed we will write to you; payments are assigned by the payment "
    "reference {reference}.",
    mandate=" (mandate reference {mandate}, creditor identifier {creditor})",
    transfer="Please transfer {amount} by {day}, with nothing but the payment reference in the remittance information:",
    recipient="Recipient",
    returned="The amount is returned the way it was paid.",
    replaced="The invoice named above is reversed by this amount. What is still owed for this booking stands in a new invoice; "
    "what you paid too much is returned the way it was paid.",
    account="IBAN {iban}",
    vat_id="VAT ID {vat_id}",
    creditor_id="Creditor ID {creditor_id}",
    imprint="Imprint: {imprint}",
    page="Page {page} of {pages}",
    metered="{kwh} kWh were measured and signed by meter {meter}; {check}. Signed meter values: {link}SHA-256 {digest}",
    verified="the signature was verified with the public key from the charging register",
    unchecked="the signature is not checked",
    to="to",
    decimals=lambda number: number,
    day=_english_day,
)


def words_for(invoice: Invoice) -> Words:
    """In the debtor's language, or in German where that is not spoken here."""
    return ENGLISH if invoice.debtor.language == "en" else GERMAN
