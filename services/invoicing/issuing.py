"""Issuing what a booking needs: the documents are recomputed from the facts, one after the other, until none is missing."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from domain.booking.bookings import BookingId
from domain.booking.invoicing import (
    Bill,
    Credit,
    NotReplaceable,
    Step,
    look_again,
    next_document,
    next_fee_document,
    replacement,
)
from domain.booking.life import bill
from domain.identity import City
from domain.invoicing.invoices import Invoice, InvoiceId, InvoiceKind, Subject
from domain.invoicing.issuing import Billable, Numbers, credit_note_for, invoice_for, local_day, series_of
from domain.payments.settlement import is_collected
from domain.references import Pattern
from domain.refusals import Refusal
from services.invoicing.ports import Desk, InvoiceBooks, OpenInvoices

# A booking has an invoice or two and a credit note per refund; a loop that does not end by itself ends here.
MOST_DOCUMENTS = 40
Replacing: TypeAlias = tuple[Invoice, Invoice] | Refusal[NotReplaceable]
"""The credit note that cancels an invoice, and the invoice in its place."""


async def issue_for_booking(
    city: City, booking_id: BookingId, *, books: InvoiceBooks, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> tuple[Invoice, ...]:
    """Issue what is missing, and say when to look again; what was issued now. Asked for again it issues nothing. Raises
    Unavailable."""

    async def issue(open_: OpenInvoices) -> tuple[Invoice, ...]:
        issued: list[Invoice] = []
        while len(issued) < MOST_DOCUMENTS and (desk := open_.desk) is not None:
            now, zone = clock(), desk.settings.time_zone
            step = next_document(desk.booking, desk.payments, zone, desk.issued, now)
            step = step or next_fee_document(desk.late, desk.issued)
            if step is None:
                await open_.look_again(look_again(desk.booking, zone, now))
                break
            issued.append(await _document(open_, desk, step, InvoiceId(new_id()), now))
        return tuple(issued)

    return await books.work(city, booking_id, issue)


async def replace_invoice(
    city: City,
    booking_id: BookingId,
    invoice_id: InvoiceId,
    *,
    books: InvoiceBooks,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> Replacing:
    """Cancel an invoice that says something wrong and issue the right one, both or neither: the credit note, and the invoice
    in its place. Raises Unavailable."""
    return await books.work(city, booking_id, lambda open_: replaced(open_, invoice_id, clock=clock, new_id=new_id))


async def replaced(
    open_: OpenInvoices, invoice_id: InvoiceId, *, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> Replacing:
    """The same, where the books are open."""
    desk = open_.desk
    if desk is None:
        return Refusal(NotReplaceable.UNKNOWN_INVOICE)
    now = clock()
    steps = replacement(invoice_id, desk.booking, desk.payments, desk.settings.time_zone, desk.issued, now=now)
    if isinstance(steps, Refusal):
        return steps
    cancelled, again = steps
    return (
        await _document(open_, desk, cancelled, InvoiceId(new_id()), now),
        await _document(open_, desk, again, InvoiceId(new_id()), now),
    )


async def _document(open_: OpenInvoices, desk: Desk, step: Step, invoice_id: InvoiceId, now: datetime) -> Invoice:
    match step:
        case Bill(billable):
            made = await _invoice(open_, desk, billable, invoice_id, now)
        case Credit(invoice, earlier, amount, why):
            how, year = desk.settings.invoicing, local_day(now, desk.settings.time_zone).year
            made = credit_note_for(
                invoice,
                earlier,
                amount,
                why,
                credit_note_id=invoice_id,
                city=desk.settings,
                counter=await open_.counter(series_of(InvoiceKind.CREDIT_NOTE, how, year)),
                now=now,
            )
    await open_.keep(made)
    return made


async def _invoice(
    open_: OpenInvoices, desk: Desk, billable: Billable, invoice_id: InvoiceId, now: datetime
) -> Invoice:
    """Documents before references: whoever takes both waits for them in this order."""
    how, year = desk.settings.invoicing, local_day(now, desk.settings.time_zone).year
    documents = await open_.counter(series_of(InvoiceKind.INVOICE, how, year))
    references = await open_.counter(Pattern(how.cash_references).series(year))
    return invoice_for(
        billable,
        invoice_id=invoice_id,
        city=desk.settings,
        debtor=desk.debtor,
        subject=Subject(desk.booking.id, desk.booking.service.value, desk.thing, desk.place),
        numbers=Numbers(documents, references),
        collected=not billable.later and is_collected(bill(desk.booking), desk.payments),
        evidence=desk.evidence,
        now=now,
    )
