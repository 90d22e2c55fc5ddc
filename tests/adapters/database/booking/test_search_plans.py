"""Whether PostgreSQL goes about a search as it is meant to, as the role that serves, in a city of some size."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from adapters.database.booking.availability import question
from adapters.database.connections import LIMITS, Address
from domain.booking.resources import Service
from domain.identity import Role
from domain.periods import Period
from infra.bench.city import CENTER, BenchCity
from infra.embedded import DatabaseUrls
from services.search.asking import BikeFilter, ChargePointFilter, Filter, Near, VehicleFilter, Wanted, anybody
from tests.database import Databases
from tests.examples import NOON, an_actor, hours

pytestmark = pytest.mark.database
RESOURCES = 20_000
FILTERS: dict[Service, Filter] = {
    Service.CHARGING: ChargePointFilter("IEC_62196_T2", Decimal(22)),
    Service.FLEET: VehicleFilter(seats=4),
    Service.BIKE_LEASING: BikeFilter(),
}


@pytest.fixture(scope="module")
async def city(database: Databases, postgres: DatabaseUrls) -> BenchCity:
    """A city of 20,000 resources, each with a booking ahead of it now and then."""
    city, loader = BenchCity(), Address(postgres.superuser)
    resources = await city.open(loader, RESOURCES)
    await city.fill(loader, resources, RESOURCES, NOON)
    return city


@pytest.fixture
async def app(postgres: DatabaseUrls) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(postgres.app, server_settings=LIMITS)
    yield connection
    await connection.close()


def literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool() | int() | float():
            return str(value)
        case list():
            return "'{" + ",".join(map(str, value)) + "}'"
        case datetime():
            return f"'{value.isoformat()}'"
        case _:
            return f"'{value}'"


async def plan(app: "asyncpg.Connection[Any]", wanted: Wanted, mode: str) -> list[str]:
    """The steps that PostgreSQL would take, for these values alone (custom) or for any (generic)."""
    sql, values = question(wanted, NOON)
    await app.execute(f"SET plan_cache_mode = force_{mode}_plan")
    await app.execute(f"PREPARE asked AS {sql}")
    rows = await app.fetch(f"EXPLAIN EXECUTE asked({', '.join(map(literal, values))})")
    await app.execute("DEALLOCATE asked")
    return [row[0].strip() for row in rows]


@pytest.mark.parametrize("mode", ["generic", "custom"])
@pytest.mark.parametrize("radius_m", [500, 2_000, 50_000])
@pytest.mark.parametrize("service", Service)
async def test_a_search_around_a_place_reads_the_nearest_first_and_one_claim_of_each(
    app: "asyncpg.Connection[Any]", city: BenchCity, service: Service, radius_m: int, mode: str
) -> None:
    wanted = Wanted(
        city.name, anybody(city.name), Period(NOON, NOON + hours(2)), FILTERS[service], Near(CENTER, radius_m)
    )
    steps = await plan(app, wanted, mode)
    [scan] = [n for n, step in enumerate(steps) if "on resources " in step]
    assert "Index Scan using resources_nearby" in steps[scan]
    condition, order = steps[scan + 1], steps[scan + 2]
    assert condition.startswith("Index Cond: ((city = ")
    assert "(service = " in condition
    assert '("position" <@ ' in condition
    assert order.startswith('Order By: ("position" <-> ')
    [claims] = [step for step in steps if "on claims " in step]
    assert "Index Only Scan Backward using claims_pkey" in claims


@pytest.mark.parametrize("mode", ["generic", "custom"])
async def test_a_search_of_the_whole_city_reads_from_its_center_outwards(
    app: "asyncpg.Connection[Any]", city: BenchCity, mode: str
) -> None:
    driver = an_actor("driver", Role.DRIVER, city=city.name, pools=["depot"])
    wanted = Wanted(city.name, driver, Period(NOON, NOON + timedelta(days=1)), FILTERS[Service.FLEET])
    steps = await plan(app, wanted, mode)
    [scan] = [n for n, step in enumerate(steps) if "on resources " in step]
    assert "Index Scan using resources_nearby" in steps[scan]
    assert steps[scan + 1].startswith("Index Cond: ((city = ")
    assert steps[scan + 2].startswith('Order By: ("position" <-> ')
