"""Issuing: what is owed becomes an invoice, what is given back a credit note."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.cities.finance import Invoicing
from domain.cities.links import link_to
from domain.cities.settings import CitySettings
from domain.invoicing.invoices import (
    Address,
    Corrected,
    Debit,
    Debtor,
    Evidence,
    Form,
    Invoice,
    InvoiceId,
    InvoiceKind,
    InvoiceLine,
    Seller,
    Subject,
    TaxTotal,
    Why,
    form_of,
)
from domain.invoicing.taxing import as_posted, given_back, left_of, taxed
from domain.money import Money
from domain.periods import Period
from domain.pricing.quotes import Line, LineKind
from domain.references import Pattern


class Billable(Struct, frozen=True):
    """Something owed that an invoice is to be written about: `source` names the fact, the lines are all of one sort,
    taxed or outside of the tax. `later` is what no card was held or charged for, a further month say: it is transferred.

    `posted` is what the ledger has owed without a document, of a lease say: there is its tax, by which it is known on a transfer
    (`reference`), when that is to be there (`payable_by`), and by which `debit` it is collected where nobody has to transfer it.
    """

    source: str
    why: Why
    performed: Period
    lines: tuple[Line, ...]
    later: bool = False
    posted: "Posted | None" = None

    @property
    def gross(self) -> Money:
        return Money(sum(line.gross.amount for line in self.lines), self.lines[0].gross.currency)


class Posted(Struct, frozen=True):
    reference: str
    payable_by: date
    debit: Debit | None = None


class Counter(Struct, frozen=True):
    """How far a series has come: its last number, 0 before the first, and the day on which that was given."""

    series: str
    last: int = 0
    last_on: date = date.min


class Numbers(Struct, frozen=True):
    """What an invoice takes a number from: its own series, and the series of the references for the treasury, which nothing that
    has a reference already looks at."""

    documents: Counter
    references: Counter = Counter("")


class TooMuch(ValueError):
    """More was to be given back than is left: ours is the fault, nothing may be written."""


def separated(source: str, why: Why, performed: Period, lines: Iterable[Line]) -> tuple[Billable, ...]:
    """One document for what is taxed, another for what is outside of the tax, damages say; none for what costs nothing."""
    owed = [line for line in lines if not line.gross.is_zero]
    taxable = tuple(line for line in owed if line.vat_rate)
    outside = tuple(line for line in owed if not line.vat_rate)
    parts = ((source, taxable), (f"{source}:untaxed", outside))
    return tuple(Billable(name, why, performed, mine) for name, mine in parts if mine)


def local_day(now: datetime, time_zone: str) -> date:
    return now.astimezone(ZoneInfo(time_zone)).date()


def series_of(kind: InvoiceKind, how: Invoicing, year: int) -> str:
    return _pattern(kind, how).series(year)


def invoice_for(
    billable: Billable,
    *,
    invoice_id: InvoiceId,
    city: CitySettings,
    debtor: Debtor,
    subject: Subject,
    numbers: Numbers,
    collected: bool,
    evidence: tuple[Evidence, ...] = (),
    now: datetime,
) -> Invoice:
    """The invoice about it. Its day is today, or that of the one before it where a clock went back: numbers and days go
    up together. The small form names only those who asked for it."""
    how, today = city.invoicing, local_day(now, city.time_zone)
    day = max(today, numbers.documents.last_on)
    position = numbers.documents.last + 1
    lines, totals = (taxed if billable.posted is None else as_posted)(billable.lines)
    form = form_of(billable.gross, day)
    return Invoice(
        id=invoice_id,
        kind=InvoiceKind.INVOICE,
        form=form,
        why=billable.why,
        number=Pattern(how.invoice_numbers).filled(today.year, position),
        series=numbers.documents.series,
        position=position,
        source=billable.source,
        issued_at=now,
        issued_on=day,
        performed=billable.performed,
        time_zone=city.time_zone,
        seller=seller(city),
        debtor=debtor if form is Form.FULL or debtor.address is not None else replace(debtor, name=None),
        subject=subject,
        lines=lines,
        totals=totals,
        gross=billable.gross,
        cash_reference=_reference(billable, numbers, how, today.year),
        collected=collected,
        payable_by=_payable_by(billable, day, how),
        evidence=_linked(evidence, how) if any(line.kind is LineKind.ENERGY for line in lines) else (),
        debit=billable.posted.debit if billable.posted is not None else None,
    )


def credit_note_for(
    invoice: Invoice,
    earlier: Sequence[Invoice],
    amount: Money,
    why: Why,
    *,
    credit_note_id: InvoiceId,
    city: CitySettings,
    counter: Counter,
    now: datetime,
) -> Invoice:
    """The credit note that gives so much of the invoice back; `earlier` are those that it has already.

    Raises TooMuch where less is left.
    """
    left = left_of(invoice.totals, (total for note in earlier for total in note.totals))
    if not 0 < amount.amount <= sum(each.gross for each in left) or amount.currency != invoice.gross.currency:
        raise TooMuch(f"{amount} of {invoice.number}")
    totals = given_back(left, amount.amount, amount.currency)
    whole = not earlier and amount == invoice.gross
    today = local_day(now, city.time_zone)
    gone = sum(note.gross.amount for note in earlier) + amount.amount
    return Invoice(
        id=credit_note_id,
        kind=InvoiceKind.CREDIT_NOTE,
        form=Form.FULL if invoice.form is Form.FULL else form_of(amount, today),
        why=why,
        number=Pattern(city.invoicing.credit_note_numbers).filled(today.year, counter.last + 1),
        series=counter.series,
        position=counter.last + 1,
        source=f"credit:{invoice.id}:{gone}",
        issued_at=now,
        issued_on=max(today, counter.last_on, invoice.issued_on),
        performed=invoice.performed,
        time_zone=invoice.time_zone,
        seller=seller(city),
        debtor=invoice.debtor,
        subject=invoice.subject,
        lines=invoice.lines if whole else tuple(_part(total, invoice) for total in totals),
        totals=totals,
        gross=amount,
        cash_reference=invoice.cash_reference,
        collected=invoice.collected,
        corrects=Corrected(invoice.id, invoice.number, invoice.issued_on),
    )


def _reference(billable: Billable, numbers: Numbers, how: Invoicing, year: int) -> str:
    if billable.posted is not None:
        return billable.posted.reference
    return Pattern(how.cash_references).filled(year, numbers.references.last + 1, how.check_digits)


def _payable_by(billable: Billable, day: date, how: Invoicing) -> date:
    return billable.posted.payable_by if billable.posted is not None else day + timedelta(days=how.payable_within_days)


def _linked(evidence: tuple[Evidence, ...], how: Invoicing) -> tuple[Evidence, ...]:
    return tuple(replace(each, link=link_to(how.meter_values_link, each.session_id)) for each in evidence)


def seller(city: CitySettings) -> Seller:
    return Seller(
        city.legal_entity,
        city.name,
        address_in(city.address),
        city.vat_id,
        city.iban.replace(" ", ""),
        city.creditor_id,
        city.leitweg_id,
        city.imprint,
        city.invoicing.contact,
    )


def address_in(text: str) -> Address:
    """An address as it is written on a letter: the last line, or what follows the last comma, is postcode and town."""
    lines = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
    postcode, _, town = lines[-1].partition(" ")
    if not postcode.isdigit():
        postcode, town = "", lines[-1]
    return Address(", ".join(lines[:-1]), postcode, town.strip())


def _pattern(kind: InvoiceKind, how: Invoicing) -> Pattern:
    return Pattern(how.invoice_numbers if kind is InvoiceKind.INVOICE else how.credit_note_numbers)


def _part(total: TaxTotal, invoice: Invoice) -> InvoiceLine:
    """A part of all that was invoiced at one rate; of the kind that all of that is, as damages stay damages."""
    kinds = {line.kind for line in invoice.lines if line.rate == total.rate}
    kind = kinds.pop() if len(kinds) == 1 else LineKind.FLAT
    return InvoiceLine(kind, "", Decimal(1), "1", total.category, total.rate, total.net, total.vat, total.gross)
