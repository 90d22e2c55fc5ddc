"""What a city has, as it is written down."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.booking.bookings import State
from domain.booking.resources import ResourceId, StationId
from domain.fleet.keeping import StillRented
from domain.identity import PoolId
from domain.pricing.tariffs import TariffId
from infra.ids import new_id
from infra.operating import open_desk
from services.operator.inventory import ChargePointFacts, Inventory, ResourceEntry, StationEntry, VehicleFacts, take_in
from tests.adapters.database.lives import World
from tests.examples import MARKET_SQUARE, TOWN_HALL, an_order

pytestmark = pytest.mark.database


async def test_a_resource_keeps_the_time_that_it_needs_before_and_after_a_use(world: World) -> None:
    station = StationEntry(StationId(new_id()), "Markt", "Markt 1", MARKET_SQUARE.location)
    facts = ChargePointFacts(("IEC_62196_T2",), Decimal(22), "Stadtwerke")
    point = ResourceEntry(
        ResourceId(new_id()),
        station.id,
        "Ladepunkt",
        facts,
        TariffId("charging-standard"),
        buffer_before_s=600,
        buffer_after_s=900,
    )
    for _ in range(2):
        async with open_desk(world.database.app.transactions, world.city.city) as desk:
            await desk.inventory.write(Inventory((), (station,), (point,)), station.location.lat)
    sql = "SELECT buffer_before_s, buffer_after_s FROM resources WHERE city = :city AND id = :id"
    assert await world.rows(sql, id=point.id) == [(600, 900)]


async def test_what_residents_have_booked_is_not_closed_to_them_by_an_inventory(world: World) -> None:
    mine, station = world.city.cars[0], world.city.station
    stays = await world.booked(State.CONFIRMED, mine, order=an_order(mine))
    facts = VehicleFacts("compact", 5, "electric", 300)
    entry = ResourceEntry(
        mine.id, station.id, "Rathaus 1", facts, TariffId("fleet-standard"), pool_id=PoolId(TOWN_HALL)
    )
    there = StationEntry(station.id, station.name, "Altstadtmarkt 1", station.location)

    async def taken_in(*, shared: bool) -> object:
        async with open_desk(world.database.app.transactions, world.city.city) as desk:
            stock = Inventory((), (there,), (replace(entry, shared=shared),))
            return await take_in(stock, station.location.lat, books=desk.inventory)

    refused = await taken_in(shared=False)
    named = await world.rows("SELECT pool_id FROM resources WHERE city = :city AND id = :id", id=mine.id)
    assert isinstance(refused, StillRented)
    assert [hit.booking_id for hit in refused.hits] == [stays.id]
    assert named == [(None,)]
    assert await taken_in(shared=True) is None
