"""`/v1/{city}/finance/invoices`: all invoices and credit notes of the city, for whoever keeps its books."""

from litestar.enums import HttpMethod

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply
from adapters.http.invoice_answers import (
    PDF,
    XML,
    InvoiceList,
    InvoicesQuery,
    invoice_document,
    invoice_shown,
    invoices_page,
)
from adapters.http.invoice_examples import INVOICE
from domain.identity import City
from domain.invoicing.invoices import InvoiceId
from services.invoicing import Invoices
from services.invoicing.ports import Filed, Format
from services.invoicing.views import InvoiceView

LIST = "/v1/{city:str}/finance/invoices"
ONE = f"{LIST}/{{invoice_id:uuid}}"
DOCUMENTS = {kind: f"/v1/braunschweig/finance/invoices/{INVOICE['id']}/{kind}" for kind in ("pdf", "xml")}
BOOKING = f"/v1/braunschweig/finance/bookings/{INVOICE['subject']['booking_id']}"
EXAMPLE = INVOICE | {"documents": DOCUMENTS, "booking": BOOKING}


def finance_invoices(offered: Invoices) -> tuple[Endpoint, ...]:
    async def list_invoices(ask: Ask) -> Reply:
        return await invoices_page(ask, offered, None, _at(ask.city))

    async def get_invoice(ask: Ask) -> Reply:
        return invoice_shown(ask, await _found(ask), _at(ask.city))

    async def get_pdf(ask: Ask) -> Reply:
        return await invoice_document(ask, offered, await _found(ask), Format.PDF)

    async def get_xml(ask: Ask) -> Reply:
        return await invoice_document(ask, offered, await _found(ask), Format.XML)

    async def _found(ask: Ask) -> Filed | None:
        return await offered.find(ask.city, InvoiceId(ask.path("invoice_id")))

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listAllInvoices",
            "finance",
            "Everybody's invoices and credit notes, newest first",
            list_invoices,
            {200: InvoiceList},
            query=InvoicesQuery,
            examples={200: {"items": [EXAMPLE], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getAnyInvoice",
            "finance",
            "An invoice or credit note, with an ETag",
            get_invoice,
            {200: InvoiceView, 304: None},
            codes=("unknown_invoice",),
            examples={200: EXAMPLE},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            f"{ONE}/pdf",
            "getAnyInvoicePdf",
            "finance",
            "The invoice as it was sent: PDF/A-3, with the structured invoice (EN 16931) inside",
            get_pdf,
            {200: None, 304: None},
            codes=("unknown_invoice",),
            media=PDF,
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            f"{ONE}/xml",
            "getAnyInvoiceXml",
            "finance",
            "The structured invoice alone (EN 16931, CII); for public bodies the XRechnung",
            get_xml,
            {200: None, 304: None},
            codes=("unknown_invoice",),
            media=XML,
        ),
    )


def _at(city: City) -> str:
    return f"/v1/{city}/finance/invoices"
