"""Sending an invoice to whom it is for: the PDF, and to a public body the XRechnung beside it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from domain.identity import City
from domain.invoicing.invoices import InvoiceId
from services.invoicing.ports import ComposeInvoice, Format, InvoiceArchive, InvoiceLetter, Renderer
from services.invoicing.showing import document_of
from services.notices.ports import Mailer


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
    """Send it; False where nobody is there any more to be written to."""
    filed = await archive.find(city, invoice_id)
    if filed is None:
        return False
    invoice = filed.invoice
    to = await archive.recipient(city, invoice.debtor.person_id)
    if to is None:
        return False
    formats = (Format.PDF, Format.XML) if invoice.debtor.leitweg_id is not None else (Format.PDF,)
    documents = [
        await document_of(city, invoice, wanted, archive=archive, render=render, clock=clock) for wanted in formats
    ]
    await mailer.send(compose(InvoiceLetter(city, invoice, to, tuple(documents)), message_id, at))
    return True
