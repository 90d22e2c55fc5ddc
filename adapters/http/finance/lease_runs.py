"""`/v1/{city}/finance/lease-runs`: the months in which leases were charged, and asking for another one."""

from datetime import date, datetime

from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.months import Month, first_day
from domain.bike_leasing.calculation.sheets import EUR
from domain.money import Money
from services.bike_leasing.money import LeaseMoney
from services.bike_leasing.money.ports import Run
from services.calls import Answer

LIST = "/v1/{city:str}/finance/lease-runs"
SHOWN = {
    "month": "2026-12",
    "asked_at": "2026-12-01T06:00:00Z",
    "charges": 120,
    "amount": {"amount": 1_507_200, "currency": "EUR"},
    "collections": 14,
    "ended_at": None,
}


class RunRequest(Struct, forbid_unknown_fields=True, frozen=True):
    month: Month


class RunView(Struct, frozen=True):
    """`charges` are months of leases that were charged so far, `collections` those of them that are taken from accounts; the others
    are owed by employers and insurers. It is under way until it has `ended_at`."""

    month: str
    asked_at: datetime
    charges: int
    amount: Money
    collections: int
    ended_at: datetime | None


class RunList(Struct, frozen=True):
    """All of them, the newest first: there are twelve in a year."""

    items: tuple[RunView, ...]


def lease_runs(offered: LeaseMoney) -> tuple[Endpoint, ...]:
    async def ask_for_run(ask: Ask) -> Reply:
        month = first_day((await ask.body(RunRequest)).month)
        return await offered.begin(ask.call((month.isoformat(),), _rendered), month)

    async def list_runs(ask: Ask) -> Reply:
        return answer(RunList(tuple(_view(run) for run in await offered.runs(ask.actor))))

    return (
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            LIST,
            "runLeases",
            "finance",
            "Charge a month of all leases: posted, and queued to be collected, by the worker",
            ask_for_run,
            {202: RunView},
            codes=("month_not_begun",),
            body=RunRequest,
            keyed=True,
            example={"month": "2026-11"},
            examples={202: SHOWN | {"charges": 0, "amount": {"amount": 0, "currency": "EUR"}, "collections": 0}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listLeaseRuns",
            "finance",
            "The months in which leases were charged",
            list_runs,
            {200: RunList},
            examples={200: {"items": [SHOWN | {"ended_at": "2026-12-01T06:00:41Z"}]}},
        ),
    )


def _rendered(run: Run) -> Answer:
    return answer(_view(run), 202)


def _view(run: Run) -> RunView:
    return RunView(_words(run.month), run.asked_at, run.charges, Money(run.amount, EUR), run.collections, run.ended_at)


def _words(month: date) -> str:
    return f"{month:%Y-%m}"
