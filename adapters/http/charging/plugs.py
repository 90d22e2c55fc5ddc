"""`/v1/{city}/admin/plugs`: which plugs charging stations keep for bookings, and what they said to that."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.administration import PageQuery
from adapters.http.endpoints import OPERATORS, Ask, Endpoint, Reply, answer
from domain.booking.bookings import BookingId
from domain.charging.orders import Answered
from domain.charging.plugs.reservations import PlugReservationId, PlugState
from services.charging.plugs import KeptPlug, PlugMark, Plugs, PlugsWanted


class PlugsQuery(PageQuery, frozen=True):
    """Of one booking, or all; `state` may repeat."""

    booking_id: UUID | None = None
    state: Annotated[tuple[PlugState, ...], Meta(examples=[["honoured"]])] = ()


class PlugReservationView(Struct, frozen=True):
    """`station` is what the charging station calls itself, `number` the reservation's name there. It was asked for `orders` times, at
    `ordered_at` the last time, to be kept `until` then; `refusal` is what the station said against it, or what we made of its silence."""

    id: UUID
    booking_id: UUID
    resource_id: UUID
    charging_station_id: UUID
    station: str
    evse: int
    number: int
    state: PlugState
    refusal: Answered | None
    until: datetime
    orders: int
    first_at: datetime
    ordered_at: datetime
    answered_at: datetime | None


class PlugPage(Struct, frozen=True):
    items: tuple[PlugReservationView, ...]
    next_cursor: str | None


def plugs(offered: Plugs) -> tuple[Endpoint, ...]:
    async def list_plugs(ask: Ask) -> Reply:
        asked = ask.query(PlugsQuery)
        place = cursors.read(asked.cursor) if asked.cursor is not None else None
        after = PlugMark(place.at, PlugReservationId(place.id)) if place is not None else None
        booking = BookingId(asked.booking_id) if asked.booking_id is not None else None
        wanted = PlugsWanted(asked.limit + 1, booking, frozenset(asked.state), after)
        found = await offered.page(ask.city, wanted)
        last = found[asked.limit - 1].reservation if len(found) > asked.limit else None
        cursor = cursors.written(cursors.Place(last.ordered_at, last.id)) if last is not None else None
        return answer(PlugPage(tuple(map(_view, found[: asked.limit])), cursor))

    return (
        Endpoint(
            HttpMethod.GET,
            OPERATORS,
            "/v1/{city:str}/admin/plugs",
            "listPlugReservations",
            "admin",
            "Which plugs charging stations keep for bookings, the latest first, and what they said to that",
            list_plugs,
            {200: PlugPage},
            query=PlugsQuery,
            examples={200: {"items": [EXAMPLE], "next_cursor": None}},
        ),
    )


def _view(kept: KeptPlug) -> PlugReservationView:
    plug = kept.reservation
    return PlugReservationView(
        id=plug.id,
        booking_id=plug.booking_id,
        resource_id=plug.resource_id,
        charging_station_id=plug.station_id,
        station=kept.station,
        evse=plug.evse,
        number=plug.number,
        state=plug.state,
        refusal=plug.refusal,
        until=plug.until,
        orders=plug.orders,
        first_at=plug.first_at,
        ordered_at=plug.ordered_at,
        answered_at=plug.answered_at,
    )


EXAMPLE: dict[str, Any] = {
    "id": "01890a5d-ac96-774b-8d20-3f2a5a0d7c31",
    "booking_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "resource_id": "0b0f5a56-0b5e-5a0f-8f53-3f2a5a0d7c11",
    "charging_station_id": "01890a5d-ac96-774b-8d20-3f2a5a0d7c32",
    "station": "WALLSTRASSE-1",
    "evse": 1,
    "number": 7,
    "state": "honoured",
    "refusal": None,
    "until": "2026-12-01T19:00:00Z",
    "orders": 1,
    "first_at": "2026-12-01T16:45:00Z",
    "ordered_at": "2026-12-01T16:45:00Z",
    "answered_at": "2026-12-01T16:45:01Z",
}
