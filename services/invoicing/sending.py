"""Sending an invoice to whom it is for: the PDF, and to a public body the XRechnung beside it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid5

from domain.identity import City
from domain.invoicing.invoices import InvoiceId
from services.invoicing.ports import ComposeInvoice, Format, InvoiceArchive, InvoiceLetter, Renderer
from services.invoicing.showing import document_of
from services.notices.ports import Mailer
from services.notices.sending import send_each


async def mail_invoice(
    city: City,
    invoice_id: InvoiceId,
    message_id: UUID,
    at: datetime,
    *,
    archive: InvoiceArchive,
    render: Renderer,
    compose: ComposeInvoice,
    mailer: Mailer,
    clock: Callable[[], datetime],
) -> bool:
    """Send it; False where nobody is there any more to be written to. What goes to several has an id of its own for each, so that a
    second try sends none twice."""
    filed = await archive.find(city, invoice_id)
    if filed is None:
        return False
    invoice = filed.invoice
    readers = await archive.recipients(city, invoice.debtor)
    if not readers:
        return False
    formats = (Format.PDF, Format.XML) if invoice.debtor.leitweg_id is not None else (Format.PDF,)
    documents = [
        await document_of(city, invoice, wanted, archive=archive, render=render, clock=clock) for wanted in formats
    ]
    letters = [InvoiceLetter(city, invoice, to, tuple(documents)) for to in readers]
    if invoice.debtor.employer is None:
        ids = [message_id for _ in letters]
    else:
        ids = [uuid5(message_id, letter.to.email) for letter in letters]
    await send_each([compose(letter, its_id, at) for letter, its_id in zip(letters, ids, strict=True)], mailer)
    return True
