"""`/v1/{city}/finance/lease-residuals`: what leased bikes are worth in the books, month by month."""

from typing import Any

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Struct, field

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.months import Month, first_day, in_turn
from adapters.http.problems import Fault, Rejected
from domain.bike_leasing.money.residuals import MonthOfBikes, as_csv
from services.bike_leasing.money import LeaseMoney
from services.bike_leasing.money.views import ResidualView, residual_view

LIST = "/v1/{city:str}/finance/lease-residuals"
CSV = "text/csv"
MOST_MONTHS = 36


def _eur(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


SHOWN = {
    "month": "2026-12",
    "bikes": 2,
    "book_value": _eur(655_298),
    "residual": _eur(67_210),
    "depreciation": _eur(16_802),
    "open_payables": _eur(399_900),
}


class ResidualsQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """The months from `from` to `to`, that alone if left out; three years at most."""

    from_: Month = field(name="from")
    to: Month | None = None


class ResidualList(Struct, frozen=True):
    items: tuple[ResidualView, ...]


def lease_residuals(offered: LeaseMoney) -> tuple[Endpoint, ...]:
    async def found(ask: Ask) -> tuple[MonthOfBikes, ...]:
        asked = ask.query(ResidualsQuery)
        last = asked.to or asked.from_
        in_turn(asked.from_, last)
        first, end = first_day(asked.from_), first_day(last)
        if (end.year - first.year) * 12 + end.month - first.month >= MOST_MONTHS:
            raise Rejected("invalid_input", errors=(Fault(f"{MOST_MONTHS} months at most", parameter="to"),))
        return await offered.residuals(ask.actor, first, end)

    async def list_residuals(ask: Ask) -> Reply:
        return answer(ResidualList(tuple(map(residual_view, await found(ask)))))

    async def get_file(ask: Ask) -> Reply:
        named = {"content-disposition": 'attachment; filename="lease-residuals.csv"'}
        headers = named | {"cache-control": "private, no-store"}
        return Response(as_csv(await found(ask)), status_code=200, media_type=CSV, headers=headers)

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listLeaseResiduals",
            "finance",
            "What leased bikes are worth in the books, by month: book value, residual value, depreciation, and what dealers are owed",
            list_residuals,
            {200: ResidualList},
            query=ResidualsQuery,
            examples={200: {"items": [SHOWN]}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            f"{LIST}/file",
            "getLeaseResidualsFile",
            "finance",
            "The same as a table, CSV",
            get_file,
            {200: None},
            query=ResidualsQuery,
            media=CSV,
        ),
    )
