"""`/v1/{city}/finance/invoices`: all invoices and credit notes of the city, for whoever keeps its books."""

from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.invoicing.answers import Shelf, invoice_endpoints
from adapters.http.invoicing.examples import INVOICE
from domain.identity import City
from domain.invoicing.invoices import Invoice, InvoiceId
from domain.money import Money
from services.calls import Answer
from services.invoicing import Invoices
from services.invoicing.ports import Filed

LIST = "/v1/{city:str}/finance/invoices"
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
    """What is right today, name, address, the city's own numbers, the new invoice says. The paths and numbers of the credit
    note that cancels the invoice and of the one in its place, and what that is over."""

    credit_note: str
    credit_note_number: str
    invoice: str
    invoice_number: str
    gross: Money


def finance_invoices(offered: Invoices) -> tuple[Endpoint, ...]:
    async def find(ask: Ask, invoice_id: InvoiceId) -> Filed | None:
        return await offered.find(ask.city, invoice_id)

    async def replace_invoice(ask: Ask) -> Reply:
        invoice_id = InvoiceId(ask.path("invoice_id"))

        def render(done: tuple[Invoice, Invoice]) -> Answer:
            note, again = done
            at = _at(ask.city)
            return answer(
                ReplacementView(f"{at}/{note.id}", note.number, f"{at}/{again.id}", again.number, again.gross), 201
            )

        return await offered.replace(ask.call((invoice_id,), render), invoice_id)

    all_of_them = Shelf(
        rule=FINANCE,
        path=LIST,
        tag="finance",
        name="AnyInvoice",
        names="AllInvoices",
        summaries=("Everybody's invoices and credit notes, newest first", "An invoice or credit note, with an ETag"),
        example=EXAMPLE,
        find=find,
        debtor=lambda _: None,
    )
    return (
        *invoice_endpoints(offered, all_of_them),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{LIST}/{{invoice_id:uuid}}/replacement",
            "replaceInvoice",
            "finance",
            "Cancel a wrong invoice as a whole (Stornorechnung), and issue the right one in its place",
            replace_invoice,
            {201: ReplacementView},
            codes=("unknown_invoice", "is_credit_note", "nothing_left", "no_longer_owed"),
            keyed=True,
            examples={201: REPLACEMENT},
        ),
    )


def _at(city: City) -> str:
    return f"/v1/{city}/finance/invoices"
