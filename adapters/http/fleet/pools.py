"""`/v1/{city}/fleet/pools`: the pools that one runs."""

from typing import Any

from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http import cursors
from adapters.http.administration import PageQuery
from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.pools import PoolMark
from services.fleet.pools import FleetPool, ListFleetPools, PoolsWanted


class FleetPoolList(Struct, frozen=True):
    """By their ids."""

    items: tuple[FleetPool, ...]
    next_cursor: str | None


def fleet_pools(listed: ListFleetPools) -> tuple[Endpoint, ...]:
    async def list_fleet_pools(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        after = cursors.read_as(PoolMark, asked.cursor).id if asked.cursor is not None else None
        found = await listed(ask.city, ask.actor, PoolsWanted(asked.limit + 1, after))
        items = tuple(found[: asked.limit])
        mark = PoolMark(items[-1].id) if len(found) > asked.limit else None
        return answer(FleetPoolList(items, cursors.written(mark) if mark else None))

    return (
        Endpoint(
            HttpMethod.GET,
            STAFF,
            "/v1/{city:str}/fleet/pools",
            "listFleetPools",
            "fleet",
            "The pools that one runs, and how many vehicles there are in each",
            list_fleet_pools,
            {200: FleetPoolList},
            query=PageQuery,
            examples={200: {"items": [EXAMPLE], "next_cursor": None}},
        ),
    )


EXAMPLE: dict[str, Any] = {
    "id": "town-hall",
    "name": "Fahrdienst Rathaus",
    "vehicles": 24,
    "answer_s": 7200,
    "offer_min": 30,
    "in_windows": True,
}
