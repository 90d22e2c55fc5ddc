"""Whether a search finds what is free: all of it, and nothing else."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.booking.search import SqlFinder
from domain.booking.resources import Resource, Service, Station, StationId
from domain.identity import Actor, Role
from domain.periods import Period
from domain.places import Location, Plane
from domain.pricing.tariffs import Tariff
from infra.ids import new_id
from services.search.asking import (
    BikeFilter,
    ChargePointFilter,
    Filter,
    Near,
    StationsAsked,
    VehicleFilter,
    Wanted,
    anybody,
)
from services.search.ports import FreeResource, Sold
from tests.adapters.database.town import CENTER, LIBRARY, Listed, Town, any_period, build, somewhere, write
from tests.database import Databases
from tests.examples import BERLIN, NOON, TARIFFS, TOWN_HALL, a_pool_car, a_resource, an_actor, hours, minutes

pytestmark = pytest.mark.database
NOW = NOON - hours(24)
DIRECTIONS = (Location(1, 0), Location(0, 1), Location(-1, 0), Location(0, -1))


@pytest.fixture
def finder(database: Databases) -> SqlFinder:
    return SqlFinder(database.app.statements)


def any_actor(dice: random.Random, town: Town) -> Actor:
    return dice.choice(
        [
            anybody(town.city),
            an_actor(city=town.city),
            an_actor("driver of all", Role.DRIVER, city=town.city),
            an_actor("driver", Role.RESIDENT, Role.DRIVER, city=town.city, pools=[LIBRARY]),
            an_actor("manager", Role.FLEET_MANAGER, city=town.city, pools=[LIBRARY, TOWN_HALL]),
            an_actor("operator", Role.OPERATOR, city=town.city, pools=[LIBRARY]),
        ]
    )


def any_filter(dice: random.Random) -> Filter:
    def maybe(*values: str) -> str | None:
        return dice.choice([None, *values])

    filters: list[Filter] = [
        ChargePointFilter(maybe("CHADEMO", "IEC_62196_T2"), dice.choice([None, Decimal("11.5"), Decimal(22)])),
        VehicleFilter(maybe("van"), dice.choice([None, 5]), maybe("electric"), dice.choice([None, 400])),
        BikeFilter(maybe("cargo"), maybe("job", "weekly")),
    ]
    return dice.choice(filters)


def any_question(dice: random.Random, town: Town) -> Wanted:
    near = Near(somewhere(dice), dice.choice([300, 2000, 50_000])) if dice.random() < 0.8 else None
    limit = dice.choice([1, 5, 100])
    return Wanted(town.city, any_actor(dice, town), any_period(dice), any_filter(dice), near, limit)


@pytest.mark.parametrize(("ahead", "found"), [(hours(3), 2), (hours(2), 2), (minutes(118), 0)])
async def test_what_needs_more_notice_is_not_found(
    database: Databases, finder: SqlFinder, ahead: timedelta, found: int
) -> None:
    city = await database.new_city()
    async with database.owner.transactions.city(city.city) as connection:
        notice = text(
            "UPDATE tariffs SET policy = (policy::jsonb || '{\"min_ahead_s\": 7200}')::json WHERE city = :city"
        )
        await connection.execute(notice, {"city": city.city})
    wanted = Wanted(city.city, anybody(city.city), Period(NOW + ahead, NOW + hours(5)), ChargePointFilter())
    free = await finder.free(wanted, NOW)
    assert free is not None
    assert len(free.items) == found


@pytest.mark.parametrize("seed", range(3))
async def test_a_search_finds_what_looking_at_every_resource_finds(
    database: Databases, finder: SqlFinder, seed: int
) -> None:
    dice = random.Random(seed)
    town = await build(database, 250, seed)
    hits = 0
    for _ in range(300):
        wanted = any_question(dice, town)
        found = await finder.free(wanted, NOW)
        assert found is not None
        expected = town.found(wanted, NOW)
        assert [item.id for item in found.items] == expected, wanted
        hits += len(expected)
    assert hits > 500


async def one(database: Databases, *listed: Listed) -> Town:
    """A town with these resources only."""
    seeded = await database.new_city()
    town = Town(seeded.city, listed)
    await write(database, town)
    return town


CAR = {"class": "compact", "seats": 5, "drive": "electric", "range_km": 300}
PLUG = {"connectors": ["IEC_62196_T2"], "power_kw": 22, "operator": "Stadtwerke", "public_key": None}


def a_car(*claims: Period, car: Resource | None = None, at: Location = CENTER) -> Listed:
    station = Station(StationId(new_id()), "Am Ort", at)
    car = replace(car or a_resource(Service.FLEET), station=station)
    return Listed(car, CAR, TARIFFS[Service.FLEET].id, claims)


async def is_found(finder: SqlFinder, town: Town, period: Period, actor: Actor | None = None) -> bool:
    wanted = Wanted(town.city, actor or anybody(town.city), period, VehicleFilter(), Near(CENTER))
    found = await finder.free(wanted, period.start - hours(1))
    assert found is not None
    return bool(found.items)


async def test_back_to_back_never_overlaps(database: Databases, finder: SqlFinder) -> None:
    taken = Period(NOON, NOON + hours(1))
    town = await one(database, a_car(taken))
    around = {
        "until noon": Period(NOON - hours(1), NOON),
        "a moment into it": Period(NOON - hours(1), NOON + timedelta(microseconds=1)),
        "the same hour": taken,
        "inside": Period(NOON + minutes(15), NOON + minutes(45)),
        "a moment too early": Period(taken.end - timedelta(microseconds=1), taken.end + hours(1)),
        "from one": Period(taken.end, taken.end + hours(1)),
    }
    assert {name: await is_found(finder, town, period) for name, period in around.items()} == {
        "until noon": True,
        "a moment into it": False,
        "the same hour": False,
        "inside": False,
        "a moment too early": False,
        "from one": True,
    }


async def test_the_time_that_a_car_needs_around_a_trip_is_not_free(database: Databases, finder: SqlFinder) -> None:
    car = a_resource(Service.FLEET, buffer_before_s=600, buffer_after_s=900)
    town = await one(database, a_car(Period(NOON, NOON + hours(2)), car=car))
    ends = {late: await is_found(finder, town, Period(NOON - hours(3), NOON - minutes(late))) for late in (14, 15)}
    starts = {
        early: await is_found(finder, town, Period(NOON + hours(2) + minutes(early), NOON + hours(5)))
        for early in (9, 10)
    }
    assert (ends, starts) == ({14: False, 15: True}, {9: False, 10: True})


def local(start: str, end: str) -> Period:
    """Two local times with their offsets."""
    return Period(datetime.fromisoformat(start).astimezone(UTC), datetime.fromisoformat(end).astimezone(UTC))


async def test_in_the_night_with_two_two_o_clocks_the_second_is_free_when_the_first_is_taken(
    database: Databases, finder: SqlFinder
) -> None:
    """27 October 2030 in Berlin: at 03:00 the clock goes back to 02:00."""
    town = await one(database, a_car(local("2030-10-27T02:00+02:00", "2030-10-27T02:00+01:00")))
    asked = {
        "before": local("2030-10-27T01:00+02:00", "2030-10-27T02:00+02:00"),
        "the first": local("2030-10-27T02:00+02:00", "2030-10-27T02:30+02:00"),
        "from one to the other": local("2030-10-27T02:45+02:00", "2030-10-27T02:15+01:00"),
        "the second": local("2030-10-27T02:00+01:00", "2030-10-27T02:30+01:00"),
    }
    found = {name: await is_found(finder, town, period) for name, period in asked.items()}
    assert found == {"before": True, "the first": False, "from one to the other": False, "the second": True}


async def test_in_the_night_that_skips_an_hour_two_hours_by_the_clock_are_one(
    database: Databases, finder: SqlFinder
) -> None:
    """31 March 2030 in Berlin: at 02:00 the clock goes on to 03:00."""
    town = await one(database, a_car(local("2030-03-31T01:00+01:00", "2030-03-31T03:00+02:00")))
    asked = {
        "before": local("2030-03-31T00:00+01:00", "2030-03-31T01:00+01:00"),
        "across": local("2030-03-31T01:45+01:00", "2030-03-31T03:15+02:00"),
        "after": local("2030-03-31T03:00+02:00", "2030-03-31T04:00+02:00"),
    }
    found = {name: await is_found(finder, town, period) for name, period in asked.items()}
    assert found == {"before": True, "across": False, "after": True}


async def test_a_pool_s_car_is_seen_by_its_own_people_and_a_shared_one_by_all(
    database: Databases, finder: SqlFinder
) -> None:
    city = (await database.new_city()).city
    cars = {"pool": a_pool_car(), "shared": a_pool_car(shared=True), "free": a_resource(Service.FLEET)}
    at = {name: replace(car, id=new_id()) for name, car in cars.items()}
    town = Town(city, tuple(a_car(car=car) for car in at.values()))
    await write(database, town)
    viewers = {
        "anybody": anybody(city),
        "resident": an_actor(city=city),
        "driver of the library": an_actor("a", Role.DRIVER, city=city, pools=[LIBRARY]),
        "driver of the town hall": an_actor("b", Role.DRIVER, city=city, pools=[TOWN_HALL]),
        "driver of all": an_actor("c", Role.DRIVER, city=city),
        "operator": an_actor("d", Role.OPERATOR, city=city, pools=[TOWN_HALL]),
    }
    seen = {}
    for name, viewer in viewers.items():
        found = await finder.free(Wanted(city, viewer, Period(NOON, NOON + hours(1)), VehicleFilter()), NOW)
        assert found is not None
        seen[name] = {name for name, car in at.items() if car.id in {item.id for item in found.items}}
    everything, published = {"pool", "shared", "free"}, {"shared", "free"}
    assert seen == {
        "anybody": published,
        "resident": published,
        "driver of the library": published,
        "driver of the town hall": everything,
        "driver of all": everything,
        "operator": published,
    }


async def test_a_radius_ends_where_it_says_in_every_direction(database: Databases, finder: SqlFinder) -> None:
    """In the corners of the box around the circle, too."""
    metre = 1 / Plane(CENTER.lat).metres(Location(1, 0))[1]
    east = 1 / Plane(CENTER.lat).metres(Location(0, 1))[0]

    def at(north: float, eastward: float) -> Location:
        return Location(CENTER.lat + north * metre, CENTER.lon + eastward * east)

    places = {
        "north inside": at(1999.9, 0),
        "north outside": at(2000.1, 0),
        "east inside": at(0, 1999.9),
        "east outside": at(0, 2000.1),
        "south-west inside": at(-1414.1, -1414.1),
        "corner of the box": at(-1900, -1900),
    }
    cars = {name: a_car(car=a_resource(Service.FLEET, id=new_id()), at=place) for name, place in places.items()}
    town = await one(database, *cars.values())
    found = await finder.free(
        Wanted(town.city, anybody(town.city), Period(NOON, NOON + hours(1)), VehicleFilter(), Near(CENTER, 2000)), NOW
    )
    assert found is not None
    ids = {item.id for item in found.items}
    assert {name for name, car in cars.items() if car.resource.id in ids} == {
        "north inside",
        "east inside",
        "south-west inside",
    }


async def test_what_is_found_says_all_that_a_list_shows(database: Databases, finder: SqlFinder) -> None:
    car = a_car(car=a_pool_car(shared=True))
    town = await one(database, car)
    found = await finder.free(
        Wanted(town.city, anybody(town.city), Period(NOON, NOON + hours(1)), VehicleFilter(), Near(CENTER)), NOW
    )
    assert found is not None
    on_the_spot = [replace(item, distance_m=round(item.distance_m, 6)) for item in found.items]
    assert (found.time_zone, on_the_spot, found.tariffs) == (
        BERLIN,
        [
            FreeResource(
                id=car.resource.id,
                name="fleet 1",
                station=car.resource.station,
                distance_m=0.0,
                pool_id=TOWN_HALL,
                shared=True,
                tariff_id=TARIFFS[Service.FLEET].id,
                attributes=CAR,
            ),
        ],
        (Sold(TARIFFS[Service.FLEET]),),
    )


async def test_the_tariff_is_the_one_in_force_at_the_start_and_one_to_come_sells_nothing_before(
    database: Databases, finder: SqlFinder
) -> None:
    town = await one(database, a_car())
    later = replace(TARIFFS[Service.FLEET], version=2, valid_from=NOON, name="Ab Mittag")
    await publish(database, town, later)
    names = []
    for start in (NOON - minutes(15), NOON):
        wanted = Wanted(town.city, anybody(town.city), Period(start, start + hours(1)), VehicleFilter())
        found = await finder.free(wanted, NOW)
        assert found is not None
        names.append([sold.tariff.name for sold in found.tariffs])
    assert names == [["Carsharing Standard"], ["Ab Mittag"]]


async def test_a_period_that_the_terms_do_not_allow_finds_nothing(database: Databases, finder: SqlFinder) -> None:
    town = await one(database, a_car())
    lengths = {timedelta(seconds=s): False for s in (899, 900, 7 * 86_400, 7 * 86_400 + 1)}
    for length in lengths:
        lengths[length] = await is_found(finder, town, Period(NOON, NOON + length))
    ahead = {}
    for seconds in (0, 1):
        start = NOW + timedelta(days=90, seconds=seconds)
        wanted = Wanted(town.city, anybody(town.city), Period(start, start + hours(1)), VehicleFilter())
        found = await finder.free(wanted, NOW)
        ahead[seconds] = bool(found and found.items)
    assert (list(lengths.values()), ahead) == ([False, True, True, False], {0: True, 1: False})


async def test_an_unknown_city_is_told_from_an_empty_one(database: Databases, finder: SqlFinder) -> None:
    empty = await database.new_city()
    await write(database, Town(empty.city, (a_car(),)))
    nobody_s = Wanted(empty.city, anybody(empty.city), Period(NOON, NOON + hours(1)), BikeFilter())
    found = await finder.free(nobody_s, NOW)
    assert found is not None
    assert found.items == ()
    unknown = type(empty.city)("atlantis")
    assert await finder.free(replace(nobody_s, city=unknown), NOW) is None
    assert await finder.stations(StationsAsked(unknown, anybody(unknown)), NOW) is None


async def publish(database: Databases, town: Town, tariff: Tariff) -> None:
    """A second version of the fleet's tariff, under the same terms."""
    async with database.app.transactions.city(town.city) as connection:
        await connection.execute(
            text(
                "INSERT INTO tariffs SELECT city, id, 2, :valid_from, CAST(:tariff AS json), policy FROM tariffs"
                " WHERE city = :city AND id = :id AND version = 1"
            ),
            {
                "city": town.city,
                "id": tariff.id,
                "valid_from": tariff.valid_from,
                "tariff": msgspec.json.encode(tariff).decode(),
            },
        )
