"""What a booking is invoiced for, and the next document that it still needs: recomputed from the facts each time."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from domain.booking.bookings import Booking, Payer, State
from domain.booking.fees import fee_line, frozen_taxes
from domain.booking.withdrawing import fee_kind, fee_lines
from domain.invoicing.invoices import Invoice, InvoiceKind, Why
from domain.invoicing.issuing import Billable, separated
from domain.money import Money, vat_within
from domain.payments.payments import Payment
from domain.periods import Period
from domain.pricing.quotes import Line, LineKind
from domain.pricing.timing import plus_months

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


def billed(booking: Booking, payments: Sequence[Payment], time_zone: str) -> tuple[Billable, ...]:
    """What is owed for the booking by now, once that is final: the use, a fee in its place, or what a lease asks at its
    beginning, once that was paid. What a cost centre bears is no sale, so it is nothing here."""
    if booking.payer is Payer.COST_CENTRE:
        return ()
    source = f"booking:{booking.id}"
    if is_lease(booking):
        return _leased(booking, payments, time_zone, source) if booking.state in UNDER_LEASE else _fee(booking, source)
    if booking.state is State.COMPLETED:
        return separated(source, Why.USE, _used(booking), booking.quote.lines)
    return _fee(booking, source)


def next_document(
    booking: Booking, payments: Sequence[Payment], time_zone: str, issued: Sequence[Invoice]
) -> Step | None:
    """The one document to issue now, or None; `issued` are all that the booking has, in the order they were issued.

    An invoice about what is owed no longer, the first month of a lease that was withdrawn from, goes as a whole. What
    was given back beyond what was taken too much is credited, from the last invoice on.
    """
    owed = billed(booking, payments, time_zone)
    known = {invoice.source for invoice in issued}
    invoices = [invoice for invoice in issued if invoice.kind is InvoiceKind.INVOICE]
    wanted = {billable.source for billable in owed}
    for invoice in invoices:
        if invoice.source not in wanted and not booking.is_live and (left := _left(invoice, issued)):
            return _credit(invoice, issued, left, Why.REPLACED)
    for billable in owed:
        if billable.source not in known:
            return Bill(billable)
    mine = [invoice for invoice in invoices if invoice.source in wanted]
    missing = _given_back(sum(billable.gross.amount for billable in owed), payments) - sum(
        invoice.gross.amount - _left(invoice, issued) for invoice in mine
    )
    for invoice in reversed(mine):
        if missing > 0 and (left := _left(invoice, issued)):
            return _credit(invoice, issued, min(missing, left), Why.REFUND)
    return None


def is_lease(booking: Booking) -> bool:
    """Whether it is paid by the month."""
    return booking.quote.due_now != booking.quote.total or any(
        line.kind is LineKind.TIME and line.unit == "month" for line in booking.quote.lines
    )


def _leased(booking: Booking, payments: Sequence[Payment], time_zone: str, source: str) -> tuple[Billable, ...]:
    """The first month, with what is paid once, as far as it was taken or the lease is over; fees beside it when it is."""
    if not any(payment.captured for payment in payments) and booking.is_live:
        return ()
    month = Period(booking.start, min(plus_months(booking.start, 1, time_zone), booking.end))
    fees = [line for line in booking.quote.lines if line.kind is LineKind.FEE]
    at_once = booking.quote.due_now.amount - sum(line.gross.amount for line in fees)
    lines = separated(f"{source}:instalment:1", Why.INSTALMENT, month, _first(booking, at_once))
    if booking.is_live or not fees:
        return lines
    return (*lines, *separated(f"{source}:fees", Why.USE, _used(booking), fees))


def _first(booking: Booking, at_once: int) -> list[Line]:
    """What is paid at the beginning: all that is no month, and one month."""
    once = [line for line in booking.quote.lines if line.kind not in {LineKind.TIME, LineKind.FEE}]
    month = at_once - sum(line.gross.amount for line in once)
    monthly = next(line for line in booking.quote.lines if line.kind is LineKind.TIME)
    return [*once, _line_of(monthly, Decimal(1), month)]


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
