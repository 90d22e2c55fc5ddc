"""A depot's chargers: its own by day, everybody's by night, and by day as well where nobody of the pool came for them."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.booking.search import SqlFinder
from domain.booking.bookings import BookingId
from domain.booking.classes import ClassRequest
from domain.charging.reservations import ChargingOptions, ReserveChargePoint
from domain.periods import Period
from infra.ids import new_id
from services.search.asking import ChargePointFilter, Wanted, anybody
from tests.adapters.database.lives import World
from tests.adapters.database.offices import open_for_business
from tests.examples import NOON, TOWN_HALL, a_call, an_order, hours, minutes

pytestmark = pytest.mark.database

SEVEN = NOON - hours(7)
"""In the morning, by the clock in Braunschweig."""
NIGHTS = [{"from": "17:00", "to": "07:00"}]
DEPOT = (
    "UPDATE pools SET sharing = CAST(:nights AS jsonb), sharing_version = 1, release_after_s = 1800 WHERE city = :city AND id = :pool",
    "UPDATE resources SET pool_id = :pool, shared = true WHERE city = :city AND id = :point",
)


@pytest.fixture
async def depot(world: World) -> World:
    values = {"nights": msgspec.json.encode(NIGHTS).decode(), "pool": TOWN_HALL, "city": world.city.city}
    values["point"] = world.city.charge_points[0].id  # type: ignore[assignment]  # an id among texts
    async with world.database.app.transactions.city(world.city.city) as connection:
        for statement in DEPOT:
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            await connection.execute(text(statement), named)
    return world


async def asked(world: World, now: datetime, period: Period, **wish: Any) -> str:
    order = replace(an_order(world.city.charge_points[0], period=period), booking_id=BookingId(new_id()), **wish)
    reserve = open_for_business(world, now).charging.reserve
    answer = await reserve(a_call(world.actor(), key=str(new_id())), ReserveChargePoint(order, ChargingOptions()))
    return "booked" if answer.status == 200 else answer.body


async def test_what_a_depot_leaves_free_is_anybodys_half_an_hour_after_its_day_began(depot: World) -> None:
    own, public = depot.city.charge_points
    nine, ten = Period(SEVEN + hours(2), SEVEN + hours(3)), Period(SEVEN + hours(3), SEVEN + hours(4))
    early, late = SEVEN + minutes(29), SEVEN + minutes(30)
    finder = SqlFinder(depot.database.app.statements)
    for now, free in ((early, {public.id}), (late, {own.id, public.id})):
        found = await finder.free(Wanted(depot.city.city, anybody(depot.city.city), nine, ChargePointFilter()), now)
        assert found is not None
        assert {each.id for each in found.items} == free
    any_here: dict[str, Any] = {"resource_id": None, "request": ClassRequest(own.station.id, None, msgspec.Raw(b"{}"))}
    assert await asked(depot, early, nine, **any_here) == "booked"
    assert await depot.claims(own) == []
    assert await asked(depot, early, nine) == "outside_sharing"
    assert await asked(depot, late, nine) == "booked"
    assert await asked(depot, late, ten, **any_here) == "booked"
    assert await asked(depot, late, Period(nine.start + hours(24), nine.end + hours(24))) == "outside_sharing"
