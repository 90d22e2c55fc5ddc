"""`/v1/{city}/finance/lease-receivables`: what employers and holders have not transferred for leases."""

from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from services.bike_leasing.money import LeaseMoney
from services.bike_leasing.money.views import ReceivableView, receivable_view

LIST = "/v1/{city:str}/finance/lease-receivables"
SHOWN = {
    "id": "employer:2026-12:stadtwerke",
    "about": "2026-12",
    "employer": "stadtwerke",
    "holder_id": None,
    "lease_id": None,
    "amount": {"amount": 1_331_360, "currency": "EUR"},
    "open": {"amount": 1_331_360, "currency": "EUR"},
    "due_on": "2026-12-31",
    "reminders": 1,
    "reference": "LEASING-2026-12-STADTWERKE",
}


class ReceivableList(Struct, frozen=True):
    """All that is open, the first that was due first."""

    items: tuple[ReceivableView, ...]


def lease_receivables(offered: LeaseMoney) -> tuple[Endpoint, ...]:
    async def list_receivables(ask: Ask) -> Reply:
        return answer(ReceivableList(tuple(map(receivable_view, await offered.receivables(ask.actor)))))

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listLeaseReceivables",
            "finance",
            "What employers and holders owe for leases and have not transferred",
            list_receivables,
            {200: ReceivableList},
            examples={200: {"items": [SHOWN]}},
        ),
    )
