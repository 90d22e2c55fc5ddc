"""`/v1/{city}/finance/lease-receivables`: what employers and holders have not transferred for leases."""

from datetime import date
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from domain.bike_leasing.money.receivables import Receivable
from domain.money import Money
from services.bike_leasing.money import LeaseMoney

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


class ReceivableView(Struct, frozen=True):
    """An employer's month, or what one holder owes: a month (`about`) that nobody debits any more, a settlement, a buyout, a purchase, damages.
    `reminders` were sent so far, and what they cost is in the amount. Transfers are matched by `reference`, or by hand by `id`."""

    id: str
    about: str
    employer: str | None
    holder_id: UUID | None
    lease_id: UUID | None
    amount: Money
    open: Money
    due_on: date
    reminders: int
    reference: str


class ReceivableList(Struct, frozen=True):
    """All that is open, the first that was due first."""

    items: tuple[ReceivableView, ...]


def lease_receivables(offered: LeaseMoney) -> tuple[Endpoint, ...]:
    async def list_receivables(ask: Ask) -> Reply:
        return answer(ReceivableList(tuple(map(_view, await offered.receivables(ask.actor)))))

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


def _view(each: Receivable) -> ReceivableView:
    return ReceivableView(
        each.id,
        each.about,
        each.employer,
        each.holder,
        each.lease_id,
        each.amount,
        each.open,
        each.due_on,
        each.steps,
        each.reference,
    )
