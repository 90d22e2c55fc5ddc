"""Issuing what a booking needs: the documents are recomputed from the facts, one after the other, until none is missing."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from domain.booking.bookings import BookingId
from domain.booking.invoicing import Bill, Credit, next_document
from domain.identity import City
from domain.invoicing.invoices import Invoice, InvoiceId, InvoiceKind, Subject
from domain.invoicing.issuing import Billable, Numbers, credit_note_for, invoice_for, local_day, series_of
from domain.references import Pattern
from services.invoicing.ports import Desk, InvoiceBooks, OpenInvoices

# A booking has an invoice or two and a credit note per refund; a loop that does not end by itself ends here.
MOST_DOCUMENTS = 40


async def issue_for_booking(
    city: City, booking_id: BookingId, *, books: InvoiceBooks, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> tuple[Invoice, ...]:
    """Issue what is missing; what was issued now. Asked for again it issues nothing. Raises Unavailable."""

    async def issue(open_: OpenInvoices) -> tuple[Invoice, ...]:
        issued: list[Invoice] = []
        while len(issued) < MOST_DOCUMENTS and (made := await _next(open_, InvoiceId(new_id()), clock())) is not None:
            await open_.keep(made)
            issued.append(made)
        return tuple(issued)

    return await books.work(city, booking_id, issue)


async def _next(open_: OpenInvoices, invoice_id: InvoiceId, now: datetime) -> Invoice | None:
    desk = open_.desk
    if desk is None:
        return None
    match next_document(desk.booking, desk.payments, desk.settings.time_zone, desk.issued):
        case Bill(billable):
            return await _invoice(open_, desk, billable, invoice_id, now)
        case Credit(invoice, earlier, amount, why):
            how, year = desk.settings.invoicing, local_day(now, desk.settings.time_zone).year
            counter = await open_.counter(series_of(InvoiceKind.CREDIT_NOTE, how, year))
            return credit_note_for(
                invoice,
                earlier,
                amount,
                why,
                credit_note_id=invoice_id,
                city=desk.settings,
                counter=counter,
                now=now,
            )
        case None:
            return None


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
        collected=any(payment.is_secure or payment.captured for payment in desk.payments),
        now=now,
    )
