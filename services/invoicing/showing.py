"""Showing what was issued: an invoice is seen by its debtor; its documents are rendered when first asked for, and kept."""

from collections.abc import Callable
from datetime import datetime

from domain.identity import City, PersonId
from domain.invoicing.invoices import Invoice, InvoiceId
from services.invoicing.ports import Filed, Format, InvoiceArchive, Rendered, Renderer, sealed


async def document_of(
    city: City,
    invoice: Invoice,
    wanted: Format,
    *,
    archive: InvoiceArchive,
    render: Renderer,
    clock: Callable[[], datetime],
) -> Rendered:
    """As it was rendered first, whatever the layout has become since."""
    kept = await archive.document(city, invoice.id, wanted)
    if kept is not None:
        return kept
    return await archive.seal(city, invoice.id, sealed(wanted, await render(invoice, wanted), clock()))


async def own(city: City, reader: PersonId, invoice_id: InvoiceId, *, archive: InvoiceArchive) -> Filed | None:
    """None where there is none, or it is somebody else's."""
    filed = await archive.find(city, invoice_id)
    return filed if filed is not None and filed.invoice.debtor.person_id == reader else None
