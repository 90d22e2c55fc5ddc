"""What a booking is invoiced for, and the next document that it still needs: recomputed from the facts each time."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking, Payer, State
from domain.booking.fees import fee_line, frozen_taxes
from domain.booking.withdrawing import fee_kind, fee_lines
from domain.invoicing.invoices import REPLACES, Invoice, InvoiceId, InvoiceKind, Why
from domain.invoicing.issuing import Billable, separated
from domain.money import Money, vat_within
from domain.payments.dunning import Charge
from domain.payments.payments import Payment
from domain.periods import Period
from domain.pricing.quotes import Line, LineKind
from domain.pricing.timing import plus_months
from domain.refusals import Refusal

LOOK_AFTER = timedelta(hours=1)  # the end of a use, which somebody or the clock has closed by then
REMINDER = "dunning:"
FURTHER = re.compile(r":instalment:(?P<number>[0-9]+)")
UNDER_LEASE = frozenset({State.CONFIRMED, State.IN_USE, State.COMPLETED})


class Bill(Struct, frozen=True, tag="bill"):
    """Write an invoice about it."""

    billable: Billable


class Credit(Struct, frozen=True, tag="credit"):
    """Give so much of the invoice back; `earlier` are the credit notes that it has."""

    invoice: Invoice
    earlier: tuple[Invoice, ...]
    amount: Money
    why: Why


Step: TypeAlias = Bill | Credit


class LateFee(Struct, frozen=True):
    """What a reminder of a dunning case costs, whose debtor is late `since` the case was opened."""

    case_id: UUID
    since: datetime
    currency: str
    charge: Charge


class NotReplaceable(StrEnum):
    UNKNOWN_INVOICE = "unknown_invoice"
    IS_CREDIT_NOTE = "is_credit_note"
    NOTHING_LEFT = "nothing_left"
    NO_LONGER_OWED = "no_longer_owed"


def billed(booking: Booking, payments: Sequence[Payment], time_zone: str, now: datetime) -> tuple[Billable, ...]:
    """What is owed for the booking by now, once that is final: the use, a fee in its place, or of a lease what it asks at
    its beginning, once that was paid, and every month that has begun since. What a cost centre bears is no sale, so it is
    nothing here."""
    if booking.payer is Payer.COST_CENTRE:
        return ()
    source = f"booking:{booking.id}"
    if is_lease(booking):
        under_lease = booking.state in UNDER_LEASE
        return _leased(booking, payments, time_zone, source, now) if under_lease else _fee(booking, source)
    if booking.state is State.COMPLETED:
        lines = booking.quote.lines
        used = [line for line in lines if line.kind is not LineKind.DAMAGE]
        broken = [line for line in lines if line.kind is LineKind.DAMAGE]
        return separated(source, Why.USE, _used(booking), used) + separated(
            f"{source}:damage", Why.DAMAGE, _used(booking), broken
        )
    return _fee(booking, source)


def next_document(
    booking: Booking, payments: Sequence[Payment], time_zone: str, issued: Sequence[Invoice], now: datetime
) -> Step | None:
    """The one document to issue now, or None; `issued` are all that the booking has, in the order they were issued.

    An invoice about what is owed no longer, the first month of a lease that was withdrawn from, goes as a whole. What
    was given back beyond what was taken too much is credited, from the last invoice on. An invoice that another one
    replaces counts no more.
    """
    owed = billed(booking, payments, time_zone, now)
    issued = [each for each in issued if not _is_of_a_reminder(each, issued)]
    invoices = _in_force(issued)
    known = {_fact(invoice) for invoice in issued}
    wanted = {billable.source for billable in owed}
    for invoice in invoices:
        if _fact(invoice) not in wanted and not booking.is_live and (left := _left(invoice, issued)):
            return _credit(invoice, issued, left, Why.REPLACED)
    for billable in owed:
        if billable.source not in known:
            return Bill(billable)
    mine = [invoice for invoice in invoices if _fact(invoice) in wanted]
    missing = _given_back(sum(billable.gross.amount for billable in owed), payments) - sum(
        invoice.gross.amount - _left(invoice, issued) for invoice in mine
    )
    for invoice in reversed(mine):
        if missing > 0 and (left := _left(invoice, issued)):
            return _credit(invoice, issued, min(missing, left), Why.REFUND)
    return None


def next_fee_document(late: Sequence[LateFee], issued: Sequence[Invoice]) -> Step | None:
    """Likewise of reminders' fees: each has an invoice of its own, and one that was waived a credit note over it."""
    for each in late:
        source = f"{REMINDER}{each.case_id}:{each.charge.step}"
        invoice = next((one for one in issued if one.source == source), None)
        if invoice is None and each.charge.waived_at is None:
            gross = Money(each.charge.amount, each.currency)
            line = Line(LineKind.LATE_PAYMENT, "", Decimal(1), "1", Decimal(0), gross, Money(0, each.currency), gross)
            return Bill(
                Billable(source, Why.LATE_PAYMENT, Period(each.since, each.charge.made_at), (line,), later=True)
            )
        if invoice is not None and each.charge.waived_at is not None and (left := _left(invoice, issued)):
            return _credit(invoice, issued, left, Why.WAIVED)
    return None


def fee_of(source: str) -> tuple[UUID, int] | None:
    """The dunning case and its step whose fee an invoice is about, by its source; None where it is about anything else."""
    if not source.startswith(REMINDER):
        return None
    case_id, _, step = source.removeprefix(REMINDER).partition(":")
    return UUID(case_id), int(step)


def falls_due_later(source: str) -> bool:
    """Whether an invoice is about a further month of a lease, which its debtor transfers by itself."""
    found = FURTHER.search(source)
    return found is not None and int(found["number"]) > 1


def replacement(
    invoice_id: InvoiceId,
    booking: Booking,
    payments: Sequence[Payment],
    time_zone: str,
    issued: Sequence[Invoice],
    *,
    now: datetime,
) -> tuple[Credit, Bill] | Refusal[NotReplaceable]:
    """What cancels an invoice that said something wrong (Stornorechnung), and the one in its place: about the same fact, with
    whatever is right today, a name, an address, the city's own numbers. What was credited before is credited again."""
    invoice = next((each for each in issued if each.id == invoice_id), None)
    if invoice is None:
        return Refusal(NotReplaceable.UNKNOWN_INVOICE)
    if invoice.kind is not InvoiceKind.INVOICE:
        return Refusal(NotReplaceable.IS_CREDIT_NOTE)
    if not (left := _left(invoice, issued)):
        return Refusal(NotReplaceable.NOTHING_LEFT)
    fact = _fact(invoice)
    billable = next((each for each in billed(booking, payments, time_zone, now) if each.source == fact), None)
    if billable is None:
        return Refusal(NotReplaceable.NO_LONGER_OWED)
    again = replace(billable, source=f"{fact}{REPLACES}{invoice.id}")
    return _credit(invoice, issued, left, Why.REPLACED), Bill(again)


def look_again(booking: Booking, time_zone: str, now: datetime) -> datetime | None:
    """When to look whether something is to be invoiced of which nobody tells: the next month of a lease, or the end of a
    use; None where nothing comes any more but by somebody's doing."""
    if not booking.is_live:
        return None
    following = (month.start for month in _months(booking, time_zone) if month.start > now)
    next_month = next(following, None) if is_lease(booking) else None
    return next_month or max(booking.end, now) + LOOK_AFTER


def is_lease(booking: Booking) -> bool:
    """Whether it is paid by the month."""
    return booking.quote.due_now != booking.quote.total or any(
        line.kind is LineKind.TIME and line.unit == "month" for line in booking.quote.lines
    )


def _leased(
    booking: Booking, payments: Sequence[Payment], time_zone: str, source: str, now: datetime
) -> tuple[Billable, ...]:
    """The first month, with what is paid once, as far as it was taken or the lease is over; each further month from its first
    instant on, until the lease ends or the bike is given back; fees when that is."""
    if not any(payment.captured for payment in payments) and booking.is_live:
        return ()
    fees = [line for line in booking.quote.lines if line.kind is LineKind.FEE]
    at_once = booking.quote.due_now.amount - sum(line.gross.amount for line in fees)
    once = [line for line in booking.quote.lines if line.kind not in {LineKind.TIME, LineKind.FEE}]
    monthly = next(line for line in booking.quote.lines if line.kind is LineKind.TIME)
    price = at_once - sum(line.gross.amount for line in once)
    left = sum(line.gross.amount for line in booking.quote.lines if line.kind is LineKind.TIME)
    until = min(now, booking.finished_at or now)
    owed: list[Billable] = []
    for number, month in enumerate(_months(booking, time_zone), start=1):
        if number > 1 and month.start > until:
            break
        lines = [
            *(once if number == 1 else ()),
            _line_of(monthly, Decimal(1), price if number == 1 else min(price, left)),
        ]
        left -= price
        made = separated(f"{source}:instalment:{number}", Why.INSTALMENT, month, lines)
        owed += [replace(each, later=number > 1) for each in made]
    if fees and not booking.is_live:
        owed += separated(f"{source}:fees", Why.USE, _used(booking), fees)
    return tuple(owed)


def _months(booking: Booking, time_zone: str) -> Iterator[Period]:
    """The months of a lease by the local calendar; the last one ends with it."""
    number, start = 0, booking.start
    while start < booking.end:
        number += 1
        following = plus_months(booking.start, number, time_zone)
        yield Period(start, min(following, booking.end))
        start = following


def _line_of(line: Line, quantity: Decimal, gross: int) -> Line:
    currency, vat = line.gross.currency, vat_within(gross, line.vat_rate)
    return Line(
        line.kind,
        line.description,
        quantity,
        line.unit,
        line.vat_rate,
        Money(gross - vat, currency),
        Money(vat, currency),
        Money(gross, currency),
    )


def _fee(booking: Booking, source: str) -> tuple[Billable, ...]:
    """A fee is taxed as was frozen with the booking; one that was agreed before that was done, as the law had it then."""
    if booking.fee is None or booking.fee.is_zero or booking.state not in {State.CANCELLED, State.NO_SHOW}:
        return ()
    lines = fee_lines(booking)
    if not lines:
        rate = max((line.vat_rate for line in booking.quote.lines), default=Decimal(0))
        taxes = frozen_taxes((), rate, booking.made_at.date())
        made = fee_line(fee_kind(booking), booking.fee, taxes)
        lines = (made,) if made is not None else ()
    whys = {LineKind.NO_SHOW: Why.NO_SHOW, LineKind.PERFORMED: Why.PERFORMED}
    return tuple(
        billable
        for line in lines
        for billable in separated(source, whys.get(line.kind, Why.CANCELLATION), booking.period, (line,))
    )


def _used(booking: Booking) -> Period:
    """From when it was used until when; at least the instant of its end."""
    start, end = booking.started_at or booking.start, booking.finished_at or booking.end
    return Period(start, end) if start < end else booking.period


def _fact(invoice: Invoice) -> str:
    """What it is about, as whatever is owed is known by; also of one that replaces another."""
    return invoice.source.partition(REPLACES)[0]


def _in_force(issued: Sequence[Invoice]) -> list[Invoice]:
    replaced = {invoice.source.partition(REPLACES)[2] for invoice in issued}
    return [each for each in issued if each.kind is InvoiceKind.INVOICE and str(each.id) not in replaced]


def _is_of_a_reminder(document: Invoice, issued: Sequence[Invoice]) -> bool:
    if document.corrects is not None:
        return any(each.id == document.corrects.id and fee_of(each.source) is not None for each in issued)
    return fee_of(document.source) is not None


def _left(invoice: Invoice, issued: Sequence[Invoice]) -> int:
    return invoice.gross.amount - sum(note.gross.amount for note in _notes(invoice, issued))


def _notes(invoice: Invoice, issued: Sequence[Invoice]) -> tuple[Invoice, ...]:
    return tuple(note for note in issued if note.corrects is not None and note.corrects.id == invoice.id)


def _credit(invoice: Invoice, issued: Sequence[Invoice], amount: int, why: Why) -> Credit:
    return Credit(invoice, _notes(invoice, issued), Money(amount, invoice.gross.currency), why)


def _given_back(owed: int, payments: Sequence[Payment]) -> int:
    """How much less is to be kept than is owed: what was refunded, but for what had been taken beyond that."""
    captured, refunded = sum(p.captured for p in payments), sum(p.refunded for p in payments)
    return min(max(refunded - max(captured - owed, 0), 0), owed)
