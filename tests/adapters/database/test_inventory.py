"""What a city has, as it is written down."""

from decimal import Decimal

import pytest

from domain.booking.resources import ResourceId, StationId
from domain.pricing.tariffs import TariffId
from infra.ids import new_id
from infra.operating import open_desk
from services.operator.inventory import ChargePointFacts, Inventory, ResourceEntry, StationEntry
from tests.adapters.database.lives import World
from tests.examples import MARKET_SQUARE

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
