"""`/v1/{city}/leasing/invoices`: what employers are invoiced for their months of leases, for their HR."""

from adapters.http.endpoints import HR, Ask, Endpoint
from adapters.http.invoicing.answers import Shelf, invoice_endpoints
from adapters.http.invoicing.examples import INVOICE
from domain.identity import Role
from domain.invoicing.invoices import InvoiceId
from services.invoicing import Invoices
from services.invoicing.ports import Filed

LIST = "/v1/{city:str}/leasing/invoices"
LEASE = "01a22834-a599-7c37-b25a-5e49c7c13efe"
_EUR = "EUR"


def _money(cents: int) -> dict[str, object]:
    return {"amount": cents, "currency": _EUR}


EXAMPLE = INVOICE | {
    "why": "instalment",
    "subject": {"booking_id": None, "service": "bike_leasing", "thing": "2026-12", "place": "", "lease_id": None},
    "debtor": INVOICE["debtor"]
    | {"person_id": None, "customer": "STADTWERKE", "name": "Stadtwerke Okerstadt", "employer": "stadtwerke"},
    "lines": [
        {
            "kind": kind,
            "description": LEASE,
            "quantity": "1",
            "unit": "month",
            "category": category,
            "rate": rate,
            "net": _money(net),
            "vat": _money(vat),
            "gross": _money(net + vat),
        }
        for kind, category, rate, net, vat in (
            ("lease_rate", "S", "0.19", 9661, 1835),
            ("premium", "E", "0", 1064, 0),
        )
    ],
    "totals": [
        {"category": "S", "rate": "0.19", "net": _money(9661), "vat": _money(1835), "gross": _money(11_496)},
        {"category": "E", "rate": "0", "net": _money(1064), "vat": _money(0), "gross": _money(1064)},
    ],
    "net": _money(10_725),
    "vat": _money(1835),
    "gross": _money(12_560),
    "open": _money(12_560),
    "cash_reference": "LEASING-2026-12-STADTWERKE",
    "collected": False,
    "evidence": [],
    "documents": {kind: f"/v1/braunschweig/leasing/invoices/{INVOICE['id']}/{kind}" for kind in ("pdf", "xml")},
    "booking": None,
}


def lease_invoices(offered: Invoices) -> tuple[Endpoint, ...]:
    async def find(ask: Ask, invoice_id: InvoiceId) -> Filed | None:
        filed = await offered.find(ask.city, invoice_id)
        return filed if filed is not None and filed.invoice.debtor.employer in _employers(ask) else None

    theirs = Shelf(
        rule=HR,
        path=LIST,
        tag="leasing",
        name="EmployerInvoice",
        names="EmployerInvoices",
        summaries=(
            "What an employer is invoiced for its months of leases, newest first, for its HR",
            "An invoice or credit note of an employer, with an ETag",
        ),
        example=EXAMPLE,
        find=find,
        debtor=lambda _: None,
        employers=_employers,
    )
    return invoice_endpoints(offered, theirs)


def _employers(ask: Ask) -> frozenset[str]:
    return ask.actor.parties_as(Role.HR)
