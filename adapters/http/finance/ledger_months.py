"""`/v1/{city}/finance/periods`: the months of the books, and closing them."""

from datetime import date

from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.ledger_examples import CLOSED_MONTH, OPEN_MONTH
from adapters.http.months import in_path
from domain.ledger.months import ClosedMonth
from services.calls import Answer
from services.ledger import Ledger
from services.ledger.records import Months
from services.ledger.views import MonthView, month_view, months_between

LIST = "/v1/{city:str}/finance/periods"
ONE = f"{LIST}/{{period:str}}"


class MonthList(Struct, frozen=True):
    """All of them: there are twelve in a year."""

    items: tuple[MonthView, ...]


def ledger_months(offered: Ledger) -> tuple[Endpoint, ...]:
    async def list_months(ask: Ask) -> Reply:
        months = await offered.archive.months(ask.city)
        return answer(MonthList(tuple(month_view(each, months, ask.city) for each in months_between(months))))

    async def get_month(ask: Ask) -> Reply:
        month = in_path(ask.path("period"))
        return answer(month_view(month, await offered.archive.months(ask.city), ask.city))

    async def close(ask: Ask) -> Reply:
        month = in_path(ask.path("period"))

        def render(closed: ClosedMonth) -> Answer:
            return answer(month_view(month, Months((), (closed,)), ask.city))

        return await offered.close(ask.call((_words(month),), render), month)

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listPeriods",
            "finance",
            "The months of the books, the newest first",
            list_months,
            {200: MonthList},
            examples={200: {"items": [OPEN_MONTH]}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getPeriod",
            "finance",
            "A month of the books: open, or closed for good",
            get_month,
            {200: MonthView},
            codes=("unknown_period",),
            examples={200: OPEN_MONTH},
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{ONE}/close",
            "closePeriod",
            "finance",
            "Close a month and all before it, for good: what happened in them and comes late belongs to the next",
            close,
            {200: MonthView},
            codes=("unknown_period", "month_not_over"),
            keyed=True,
            examples={200: CLOSED_MONTH},
        ),
    )


def _words(month: date) -> str:
    return month.isoformat()
