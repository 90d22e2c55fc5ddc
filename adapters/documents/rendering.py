"""Rendering beside the event loop: a document takes some twenty milliseconds of a core."""

import asyncio

from adapters.documents.cii import cii
from adapters.documents.pdf import pdf
from domain.invoicing.invoices import Invoice
from services.invoicing.ports import Format


async def render(invoice: Invoice, wanted: Format) -> bytes:
    """The same invoice again gives the same bytes."""
    return await asyncio.to_thread(rendered, invoice, wanted)


def rendered(invoice: Invoice, wanted: Format) -> bytes:
    xml = cii(invoice)
    return xml if wanted is Format.XML else pdf(invoice, xml)
