"""Looking up what a city publishes: stations, resources, their free time, the cities themselves."""

import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import insert, text

from adapters.database import tables
from adapters.database.booking.search import SqlFinder
from domain.booking.price_list import price_list
from domain.booking.resources import Resource, ResourceId, Service, Station, StationId
from domain.booking.terms import BlockingPolicy
from domain.identity import Actor, City, Role
from domain.periods import Period
from domain.places import Location
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal
from infra.ids import new_id
from services.search import search_with
from services.search.asking import (
    CitiesAsked,
    FreeTimeAsked,
    Near,
    NotFindable,
    ResourceAsked,
    StationMark,
    StationsAsked,
    anybody,
)
from services.search.ports import FoundCities
from services.search.views import (
    ChargingPrices,
    CityView,
    FreeTime,
    PaymentOfCity,
    ResourceDetails,
    StationOfResource,
    StationView,
    UnitPrice,
)
from tests.adapters.database.town import CENTER, Listed, Town, build, write
from tests.database import Databases
from tests.examples import BERLIN, NOON, TARIFFS, TOWN_HALL, a_pool_car, a_resource, an_actor, hours, minutes

pytestmark = pytest.mark.database
NOW = NOON - hours(24)
PLUG: dict[str, Any] = {"connectors": ["IEC_62196_T2"], "power_kw": 22, "operator": "Stadtwerke", "public_key": "3059"}
CAR: dict[str, Any] = {"class": "compact", "seats": 5, "drive": "electric", "range_km": 300}
BIKE: dict[str, Any] = {"bike_type": "cargo", "plans": ["monthly"]}
ATTRIBUTES = {Service.CHARGING: PLUG, Service.FLEET: CAR, Service.BIKE_LEASING: BIKE}


@pytest.fixture
def finder(database: Databases) -> SqlFinder:
    return SqlFinder(database.app.statements)


def at(station: Station, *resources: Resource) -> list[Listed]:
    return [
        Listed(
            replace(resource, id=ResourceId(new_id()), station=station),
            ATTRIBUTES[resource.service],
            TARIFFS[resource.service].id,
        )
        for resource in resources
    ]


def a_station(name: str, north: float = 0) -> Station:
    return Station(StationId(new_id()), name, Location(CENTER.lat + north, CENTER.lon))


def expected_stations(town: Town, asked: StationsAsked) -> list[StationView]:
    """By looking at every resource."""
    views = []
    for station in {listed.resource.station.id: listed for listed in town.listed}.values():
        here = [x.resource for x in town.listed if x.resource.station == station.resource.station]
        open_here = [r for r in here if r.is_open_to(asked.actor)]
        if not open_here or asked.service not in {None, *(r.service for r in open_here)}:
            continue
        metres = station.metres_from(asked.near.location) if asked.near else 0.0
        if asked.near and metres > asked.near.radius_m:
            continue
        counts = {service: sum(r.service is service for r in open_here) for service in Service}
        view = StationView(
            id=station.resource.station.id,
            name=station.resource.station.name,
            address="Am Markt 1",
            location=station.resource.station.location,
            distance_m=round(metres) if asked.near else None,
            resources={service: count for service, count in counts.items() if count},
        )
        views.append((metres, view.name, view))
    return [view for _, _, view in sorted(views, key=lambda found: found[:2])]


async def every_page(finder: SqlFinder, asked: StationsAsked) -> list[StationView]:
    found: list[StationView] = []
    for _ in range(200):
        page = await finder.stations(asked, NOW)
        assert page is not None
        assert len(page.items) <= asked.limit
        found += [each.station for each in page.items]
        if page.next is None:
            return found
        asked = replace(asked, after=page.next)
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_pages_of_stations_hold_every_station_once_and_in_order(
    database: Databases, finder: SqlFinder, limit: int
) -> None:
    town = await build(database, 60, seed=limit)
    viewers: list[Actor] = [anybody(town.city), an_actor("driver", Role.DRIVER, city=town.city, pools=[TOWN_HALL])]
    for actor in viewers:
        for service in (None, Service.FLEET):
            for near in (None, Near(CENTER, 3000), Near(Location(CENTER.lat + 0.02, CENTER.lon), 50_000)):
                asked = StationsAsked(town.city, actor, service, near, None, limit)
                assert await every_page(finder, asked) == expected_stations(town, asked)


async def test_stations_equally_far_are_not_lost_between_pages(database: Databases, finder: SqlFinder) -> None:
    stations = [a_station(f"Turm {n}") for n in range(5)]
    city = (await database.new_city()).city
    town = Town(city, tuple(listed for s in stations for listed in at(s, a_resource(), a_resource(Service.FLEET))))
    await write(database, town)
    asked = StationsAsked(city, anybody(city), None, Near(CENTER, 10), None, limit=2)
    found = await every_page(finder, asked)
    assert sorted(view.name for view in found) == [station.name for station in stations]
    assert found[0].resources == {Service.CHARGING: 1, Service.FLEET: 1}


async def test_a_page_begins_after_a_mark_that_is_gone(database: Databases, finder: SqlFinder) -> None:
    city = (await database.new_city()).city
    await write(database, Town(city, tuple(x for name in "acd" for x in at(a_station(name), a_resource()))))
    asked = StationsAsked(city, anybody(city), after=StationMark(StationId(new_id()), "b"))
    assert [view.name for view in await every_page(finder, asked)] == ["c", "d"]


async def test_a_resource_is_found_by_its_id_and_by_the_code_on_it(database: Databases, finder: SqlFinder) -> None:
    search = search_with(finder)
    city = (await database.new_city()).city
    station = a_station("Altstadtmarkt")
    [charger, bike] = at(station, a_resource(), a_resource(Service.BIKE_LEASING))
    charger = replace(charger, code="DE*BSE*E00001")
    await write(database, Town(city, (charger, bike)))
    by_code = await search.resource(ResourceAsked(city, anybody(city), "DE*BSE*E00001"), NOW)
    assert by_code == ResourceDetails(
        id=charger.resource.id,
        service=Service.CHARGING,
        name="charging 1",
        code="DE*BSE*E00001",
        station=StationOfResource(station.id, "Altstadtmarkt", "Am Markt 1", station.location),
        time_zone=BERLIN,
        in_service=True,
        bookable=True,
        pool_id=None,
        attributes=PLUG,
        tariff_id=TariffId("charging-standard"),
        unit_prices=(
            UnitPrice("h", TARIFFS[Service.CHARGING].time.gross, "EUR"),  # type: ignore[union-attr]
            UnitPrice("kWh", TARIFFS[Service.CHARGING].energy, "EUR"),  # type: ignore[arg-type]
        ),
        tariff=TARIFFS[Service.CHARGING],
        prices=price_list(TARIFFS[Service.CHARGING], None),
    )
    assert await search.resource(ResourceAsked(city, anybody(city), charger.resource.id), NOW) == by_code
    found = await search.resource(ResourceAsked(city, anybody(city), bike.resource.id), NOW)
    assert isinstance(found, ResourceDetails)
    assert found.attributes == BIKE


async def test_a_resource_of_another_city_or_of_a_pool_is_unknown(database: Databases, finder: SqlFinder) -> None:
    search = search_with(finder)
    mine, other = (await database.new_city()).city, (await database.new_city()).city
    station = a_station("Rathaus")
    [pooled, free] = at(station, a_pool_car(), a_resource(Service.FLEET))
    await write(database, Town(mine, (replace(pooled, code="P"), free)))
    unknown = Refusal(NotFindable.UNKNOWN_RESOURCE)
    driver = an_actor("driver", Role.DRIVER, city=mine, pools=[TOWN_HALL])
    window = Period(NOON, NOON + hours(1))
    assert [
        await search.resource(ResourceAsked(other, anybody(other), free.resource.id), NOW),
        await search.resource(ResourceAsked(mine, anybody(mine), pooled.resource.id), NOW),
        await search.resource(ResourceAsked(mine, anybody(mine), "P"), NOW),
        await search.resource(ResourceAsked(mine, anybody(mine), "p"), NOW),
        await search.free_time(FreeTimeAsked(mine, anybody(mine), pooled.resource.id, window), NOW),
        await search.free_time(FreeTimeAsked(other, driver, pooled.resource.id, window), NOW),
    ] == [unknown] * 6
    seen = await search.resource(ResourceAsked(mine, driver, pooled.resource.id), NOW)
    assert isinstance(seen, ResourceDetails)
    assert seen.pool_id == TOWN_HALL


async def test_free_time_is_what_searches_find(database: Databases, finder: SqlFinder) -> None:
    """Whatever lies inside one free period is free, and nothing else is: asked of the same data in both ways."""
    search = search_with(finder)
    town = await build(database, 80, seed=11)
    dice = random.Random(11)
    window = Period(NOON - hours(1), NOON + hours(7))
    somebody = an_actor("driver", Role.DRIVER, city=town.city)
    for listed in town.listed:
        found = await search.free_time(FreeTimeAsked(town.city, somebody, listed.resource.id, window), NOW)
        assert isinstance(found, FreeTime)
        for _ in range(20):
            start = NOON + minutes(5 * dice.randint(-18, 90))
            asked = Period(start, start + minutes(5 * dice.randint(1, 40)))
            fits = any(free.start <= asked.start and asked.end <= free.end for free in found.periods)
            on_offer = listed.resource.bookable and listed.resource.in_service
            inside = window.start <= asked.start and asked.end <= window.end
            assert fits == (on_offer and inside and listed.is_free(asked))


async def test_of_a_window_the_past_is_not_free(database: Databases, finder: SqlFinder) -> None:
    search = search_with(finder)
    city = (await database.new_city()).city
    [charger] = at(a_station("Markt"), a_resource())
    await write(database, Town(city, (charger,)))

    async def asked(window: Period) -> FreeTime | Refusal[NotFindable]:
        return await search.free_time(FreeTimeAsked(city, anybody(city), charger.resource.id, window), NOON)

    assert [
        await asked(Period(NOON - hours(8), NOON + hours(1))),
        await asked(Period(NOON - hours(8), NOON)),
        await asked(Period(NOON, NOON + hours(24 * 400) + minutes(1))),
    ] == [
        FreeTime(BERLIN, (Period(NOON, NOON + hours(1)),)),
        Refusal(NotFindable.PERIOD_IN_THE_PAST, "/to"),
        Refusal(NotFindable.PERIOD_TOO_LONG, "/to"),
    ]


async def test_cities_come_page_by_page_and_show_only_what_is_public(database: Databases, finder: SqlFinder) -> None:
    before = City(f"zz-{new_id().hex[-12:]}")
    paid, free = City(f"{before}-a"), City(f"{before}-b")
    published = {"languages": ["de", "en"], "center": msgspec.to_builtins(CENTER), "iban": "DE02120300000000202051"}
    account = {"account": "acct_x", "publishable_key": "pk_test_x", "secret_key": "env:X", "webhook_secret": "env:Y"}
    row = {"name": "Teststadt", "time_zone": BERLIN, "version": 1, "updated_at": NOW}
    async with database.app.transactions.everywhere() as connection:
        for city, settings in ((paid, published | {"stripe": account}), (free, published | {"stripe": None})):
            await connection.execute(insert(tables.cities).values(row | {"city": city, "settings": settings}))
    assert [await finder.cities(CitiesAsked(after, limit=1)) for after in (before, paid)] == [
        FoundCities((CityView(paid, "Teststadt", BERLIN, ("de", "en"), CENTER, PaymentOfCity("pk_test_x")),), paid),
        FoundCities((CityView(free, "Teststadt", BERLIN, ("de", "en"), CENTER, None),), None),
    ]


async def test_a_station_says_what_charging_may_cost_there_by_each_tariff(
    database: Databases, finder: SqlFinder
) -> None:
    """Of points that are for sale; others belong to other operators, or to a pool."""
    city = (await database.new_city()).city
    station = a_station("Altstadtmarkt")
    points = [a_resource() for _ in range(3)] + [
        a_resource(bookable=False),
        a_resource(pool_id=TOWN_HALL, shared=False),
    ]
    here = at(station, *points, a_resource(Service.FLEET))
    await write(database, Town(city, tuple(here)))
    other = replace(TARIFFS[Service.CHARGING], id=TariffId("night"), energy=Decimal("0.3"))
    async with database.owner.transactions.city(city) as connection:
        tariff = msgspec.json.encode(other).decode()
        await connection.execute(
            text("""INSERT INTO tariffs SELECT city, 'night', 1, valid_from, CAST(:tariff AS json),
              (policy::jsonb || '{"blocking": {"per_minute": "0.1", "cap": "12"}}')::json
              FROM tariffs WHERE city = :city AND id = 'charging-standard' LIMIT 1"""),
            {"city": city, "tariff": tariff},
        )
        await connection.execute(
            text("UPDATE resources SET tariff_id = 'night' WHERE city = :city AND id = :id"),
            {"city": city, "id": here[0].resource.id},
        )
    for near in (None, Near(CENTER, 3000)):
        found = await search_with(finder).stations(StationsAsked(city, anybody(city), None, near), NOW)
        assert not isinstance(found, Refusal)
        assert found.items[0].charging == (
            ChargingPrices(TariffId("charging-standard"), 2, price_list(TARIFFS[Service.CHARGING], None)),
            ChargingPrices(TariffId("night"), 1, price_list(other, BlockingPolicy(Decimal("0.1"), Decimal(12)))),
        )
