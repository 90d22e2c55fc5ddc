"""`/v1/{city}/finance/payouts`: what the payment provider paid out to the city's bank, down to the bookings."""

from typing import Annotated

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.examples import ITEM, MOVEMENT, PAYOUT, PAYOUT_DETAILS
from adapters.http.finance.pages import Query, named, page_of, wanted
from adapters.http.problems import Rejected
from adapters.http.tags import tagged
from domain.payments.transactions import PayoutState
from services.settlement import Settlement
from services.settlement.ports import FiledPayout
from services.settlement.views import (
    MovementView,
    PayoutDetails,
    PayoutItemView,
    PayoutView,
    item_view,
    movement_view,
    payout_details,
    payout_view,
)

LIST = "/v1/{city:str}/finance/payouts"
ONE = f"{LIST}/{{payout_id:uuid}}"
MOVEMENT_PATH = "/v1/{city:str}/finance/movements/{movement_id:uuid}"


class PayoutsQuery(Query, forbid_unknown_fields=True, frozen=True):
    state: Annotated[tuple[PayoutState, ...], Meta(examples=[["paid"]])] = ()


class ItemsQuery(Query, forbid_unknown_fields=True, frozen=True):
    """Oldest first."""


class PayoutList(Struct, frozen=True):
    items: tuple[PayoutView, ...]
    next_cursor: str | None


class PayoutItemList(Struct, frozen=True):
    items: tuple[PayoutItemView, ...]
    next_cursor: str | None


def finance_payouts(offered: Settlement) -> tuple[Endpoint, ...]:
    async def list_payouts(ask: Ask) -> Reply:
        asked = ask.query(PayoutsQuery)
        found = await offered.payouts(ask.city, wanted(asked, asked.state))
        shown, following = page_of(found, asked.limit, [(each.payout.created_at, each.id) for each in found])
        return answer(PayoutList(tuple(payout_view(each, ask.city) for each in shown), following))

    async def get_payout(ask: Ask) -> Reply:
        filed = await _found(ask)
        totals = await offered.totals(ask.city, filed.payout.id)
        return tagged(ask, payout_details(filed, totals, ask.city))

    async def list_items(ask: Ask) -> Reply:
        filed, asked = await _found(ask), ask.query(ItemsQuery)
        found = await offered.items(ask.city, filed.payout.id, wanted(asked))
        shown, following = page_of(found, asked.limit, [(each.item.created_at, each.id) for each in found])
        return answer(PayoutItemList(tuple(item_view(each.item, ask.city) for each in shown), following))

    async def get_movement(ask: Ask) -> Reply:
        filed = await offered.movement(ask.city, named(ask, "movement_id"))
        if filed is None:
            raise Rejected("unknown_movement")
        return answer(movement_view(filed.item, ask.city))

    async def _found(ask: Ask) -> FiledPayout:
        filed = await offered.payout(ask.city, named(ask, "payout_id"))
        if filed is None:
            raise Rejected("unknown_payout")
        return filed

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listPayouts",
            "finance",
            "Payouts to the city's bank, newest first",
            list_payouts,
            {200: PayoutList},
            query=PayoutsQuery,
            examples={200: {"items": [PAYOUT], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getPayout",
            "finance",
            "A payout and what it sums up, with an ETag",
            get_payout,
            {200: PayoutDetails, 304: None},
            codes=("unknown_payout",),
            examples={200: PAYOUT_DETAILS},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            f"{ONE}/items",
            "listPayoutItems",
            "finance",
            "What a payout is made of, oldest first, each with its booking",
            list_items,
            {200: PayoutItemList},
            codes=("unknown_payout",),
            query=ItemsQuery,
            examples={200: {"items": [ITEM], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            MOVEMENT_PATH,
            "getMovement",
            "finance",
            "A movement of the balance at the payment provider, with its booking, its payout and its entries",
            get_movement,
            {200: MovementView},
            codes=("unknown_movement",),
            examples={200: MOVEMENT},
        ),
    )
