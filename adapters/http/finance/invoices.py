"""`/v1/{city}/finance/invoices`: all invoices and credit notes of the city, for whoever keeps its books."""

from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
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
from domain.invoicing.invoices import Invoice, InvoiceId
from domain.money import Money
from services.calls import Answer
from services.invoicing import Invoices
from services.invoicing.ports import Filed, Format
from services.invoicing.views import InvoiceView

LIST = "/v1/{city:str}/finance/invoices"
ONE = f"{LIST}/{{invoice_id:uuid}}"
DOCUMENTS = {kind: f"/v1/braunschweig/finance/invoices/{INVOICE['id']}/{kind}" for kind in ("pdf", "xml")}
BOOKING = f"/v1/braunschweig/finance/bookings/{INVOICE['subject']['booking_id']}"
EXAMPLE = INVOICE | {"documents": DOCUMENTS, "booking": BOOKING}


REPLACEMENT = {
    "credit_note": "/v1/braunschweig/finance/invoices/0f0c2a1e-6a0b-5a5e-8d57-0a4b8c1d2e3f",
    "credit_note_number": "RK-2026-000003",
    "invoice": "/v1/braunschweig/finance/invoices/7a1d3c52-9f4e-5b6a-9c8d-1e2f3a4b5c6d",
    "invoice_number": "RE-2026-000031",
    "gross": {"amount": 2470, "currency": "EUR"},
}


class ReplacementView(Struct, frozen=True):
    """What is right today, name, address, the city's own numbers, the new invoice says. The paths and numbers of the credit note that cancels the invoice and of the one in its place, and what that is over."""

    credit_note: str
    credit_note_number: str
    invoice: str
    invoice_number: str
    gross: Money


def finance_invoices(offered: Invoices) -> tuple[Endpoint, ...]:
    async def list_invoices(ask: Ask) -> Reply:
        return await invoices_page(ask, offered, None, _at(ask.city))

    async def get_invoice(ask: Ask) -> Reply:
        return invoice_shown(ask, await _found(ask), _at(ask.city))

    async def get_pdf(ask: Ask) -> Reply:
        return await invoice_document(ask, offered, await _found(ask), Format.PDF)

    async def get_xml(ask: Ask) -> Reply:
        return await invoice_document(ask, offered, await _found(ask), Format.XML)

    async def replace_invoice(ask: Ask) -> Reply:
        invoice_id = InvoiceId(ask.path("invoice_id"))

        def render(done: tuple[Invoice, Invoice]) -> Answer:
            note, again = done
            at = _at(ask.city)
            return answer(
                ReplacementView(f"{at}/{note.id}", note.number, f"{at}/{again.id}", again.number, again.gross), 201
            )

        return await offered.replace(ask.call((invoice_id,), render), invoice_id)

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
            HttpMethod.POST,
            FINANCE,
            f"{ONE}/replacement",
            "replaceInvoice",
            "finance",
            "Cancel a wrong invoice as a whole (Stornorechnung), and issue the right one in its place",
            replace_invoice,
            {201: ReplacementView},
            codes=("unknown_invoice", "is_credit_note", "nothing_left", "no_longer_owed"),
            keyed=True,
            examples={201: REPLACEMENT},
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
