"""What an invoice says, and a credit note: all that the law asks for, frozen when it is issued.

An invoice (§ 14 Abs. 4 UStG) is never changed. What was wrong with it, or was given back, a credit note says
(Rechnungskorrektur, § 14c and § 17 UStG), which names the invoice.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.cities.finance import Contact
from domain.identity import PersonId
from domain.money import Money
from domain.periods import Period
from domain.pricing.quotes import LineKind

InvoiceId = NewType("InvoiceId", UUID)
REPLACES = ":replaces:"  # in the source of an invoice, before the id of the one that it stands in for


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Form(StrEnum):
    """`small` is the invoice of a small amount, which need not name its recipient (§ 33 UStDV)."""

    SMALL = "small"
    FULL = "full"


class SmallAmount(Struct, frozen=True):
    """Up to which gross amount, in cents, an invoice may take the small form since when."""

    amount: int
    valid_from: date
    source: str


SMALL_AMOUNTS = (
    SmallAmount(15_000, date(2007, 1, 1), "§ 33 UStDV, Erstes Gesetz zum Abbau bürokratischer Hemmnisse"),
    SmallAmount(25_000, date(2017, 1, 1), "§ 33 UStDV, Zweites Bürokratieentlastungsgesetz"),
)


class Why(StrEnum):
    """What was owed for. `performed` is what a consumer owes who withdraws after the use began, `late_payment` what a reminder
    costs (§ 280, § 288 BGB), `damage` what was claimed of a deposit, or found at the return of a leased bike; `settlement` is what ending
    a lease early costs, `purchase` its bike that its holder keeps; `refund`, `replaced` and `waived` are reasons of credit notes: money was given back, another
    invoice says what is owed now, or nobody asks for it any more."""

    USE = "use"
    INSTALMENT = "instalment"
    CANCELLATION = "cancellation"
    NO_SHOW = "no_show"
    PERFORMED = "performed"
    REFUND = "refund"
    REPLACED = "replaced"
    LATE_PAYMENT = "late_payment"
    WAIVED = "waived"
    DAMAGE = "damage"
    SETTLEMENT = "settlement"
    PURCHASE = "purchase"


class TaxCategory(StrEnum):
    """UNTDID 5305: taxed at a rate, exempt, as premiums are that are passed on to an insurer (§ 4 Nr. 10 UStG), or outside of the tax,
    as damages are. What is outside never shares a document with the others (BR-O-11)."""

    STANDARD = "S"
    EXEMPT = "E"
    OUTSIDE = "O"


class Address(Struct, frozen=True):
    """`country` by ISO 3166-1."""

    street: str
    postcode: str
    town: str
    country: str = "DE"


class Seller(Struct, frozen=True):
    """The city as it was when the invoice was issued. `name` is its legal entity, `short` how it signs."""

    name: str
    short: str
    address: Address
    vat_id: str
    iban: str
    creditor_id: str
    leitweg_id: str
    imprint: str
    contact: Contact | None = None


class Debtor(Struct, frozen=True):
    """Who owes it. `name` and `address` are there where the person asked for them, or the law does; `leitweg_id` makes
    it a public body, which gets its invoices as XRechnung. An `employer` owes the rates of its employees' leases; everybody else is a
    person."""

    person_id: PersonId | None
    language: str
    name: str | None = None
    address: Address | None = None
    leitweg_id: str | None = None
    employer: str | None = None

    @property
    def customer(self) -> str:
        """By what the debtor is known here, in a form that can be said on the phone."""
        return self.person_id.hex[-10:].upper() if self.person_id is not None else (self.employer or "").upper()


class InvoiceLine(Struct, frozen=True):
    """One item; `net + vat = gross`, and the lines of one rate sum to its total."""

    kind: LineKind
    description: str
    quantity: Decimal
    unit: str
    category: TaxCategory
    rate: Decimal
    net: Money
    vat: Money
    gross: Money


class TaxTotal(Struct, frozen=True):
    """All lines of one rate. The tax is rounded here, half up, once for the document."""

    category: TaxCategory
    rate: Decimal
    net: Money
    vat: Money
    gross: Money


class Corrected(Struct, frozen=True):
    """The invoice that a credit note is about."""

    id: InvoiceId
    number: str
    issued_on: date


class Subject(Struct, frozen=True):
    """What was booked: the service, the thing and where it stands, by the names that people know. What is about no booking is about
    a lease, whose thing stands nowhere, or all leases of the employer who owes it."""

    booking_id: UUID | None
    service: str
    thing: str
    place: str
    lease_id: UUID | None = None

    @property
    def whereabouts(self) -> str:
        """The thing and its place."""
        return f"{self.thing}, {self.place}" if self.place else self.thing


class Debit(Struct, frozen=True):
    """A direct debit (SEPA-Lastschrift) by which an invoice is collected: from which day on the account is debited, and by which mandate of
    which creditor, where that is known here. The provider has the account's number, and we have not."""

    on: date
    mandate: str | None = None
    creditor_id: str | None = None


class Evidence(Struct, frozen=True):
    """The kilowatt-hours of a charging session that its meter signed, `verified` with the charging register's public key or not
    checked. `digest` is the SHA-256 of the signed values, one after the other; at `link` they are shown."""

    session_id: UUID
    kwh: Decimal
    meter: str | None
    verified: bool
    digest: str
    link: str | None = None


class Invoice(Struct, frozen=True):
    """An invoice, or a credit note, whose amounts are positive as well.

    `source` is the fact that it is about, once for all. `performed` is the time of the performance (Leistungszeitraum),
    to be read in `time_zone`; `position` counts within `series`. `cash_reference` is what is written on a transfer
    (Kassenzeichen). The money is to be there by `payable_by`; where it is `collected`, nobody has to send it: it is taken
    by the means that the debtor left with the booking, or by the `debit` that it announces, and goes back the same way. `evidence` is
    what its energy was measured by.
    """

    id: InvoiceId
    kind: InvoiceKind
    form: Form
    why: Why
    number: str
    series: str
    position: int
    source: str
    issued_at: datetime
    issued_on: date
    performed: Period
    time_zone: str
    seller: Seller
    debtor: Debtor
    subject: Subject
    lines: tuple[InvoiceLine, ...]
    totals: tuple[TaxTotal, ...]
    gross: Money
    cash_reference: str
    collected: bool
    payable_by: date | None = None
    corrects: Corrected | None = None
    evidence: tuple[Evidence, ...] = ()
    debit: Debit | None = None

    @property
    def net(self) -> Money:
        return Money(sum(total.net.amount for total in self.totals), self.gross.currency)

    @property
    def vat(self) -> Money:
        return Money(sum(total.vat.amount for total in self.totals), self.gross.currency)


def form_of(gross: Money, on: date) -> Form:
    """The form that suffices for the amount on that day; amounts of other currencies take the full one."""
    limits = [limit for limit in SMALL_AMOUNTS if limit.valid_from <= on]
    limit = max(limits, key=lambda each: each.valid_from, default=None)
    small = limit is not None and gross.currency == "EUR" and gross.amount <= limit.amount
    return Form.SMALL if small else Form.FULL
