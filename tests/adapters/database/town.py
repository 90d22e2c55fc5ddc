"""A town drawn at random, written to the database and kept in memory: what a search must find can be counted by hand."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import insert, text, update

from adapters.database import tables
from domain.booking.resources import Resource, ResourceId, Service, Station, StationId
from domain.identity import City, PoolId
from domain.periods import Period
from domain.places import Location, Plane
from domain.pricing.tariffs import TariffId
from infra.ids import new_id
from services.search.asking import BikeFilter, ChargePointFilter, VehicleFilter, Wanted
from tests.database import INSERT_RESOURCE, Databases
from tests.examples import MARKET_SQUARE, NOON, POLICIES, TARIFFS, TOWN_HALL, hours, minutes

CENTER = MARKET_SQUARE.location
LIBRARY = PoolId("library")
UNSOLD = TariffId("not-yet-published")
PLUGS = ("IEC_62196_T2", "IEC_62196_T2_COMBO", "CHADEMO")


class Listed(Struct, frozen=True):
    """A resource as the town has it; `attributes` as a search shows them."""

    resource: Resource
    attributes: dict[str, Any]
    tariff_id: TariffId | None
    claims: tuple[Period, ...] = ()
    code: str | None = None

    @property
    def is_sold(self) -> bool:
        return self.resource.bookable and self.resource.in_service and self.tariff_id != UNSOLD

    def is_free(self, period: Period) -> bool:
        wanted = self.resource.claim(period)
        usable = self.resource.usable_until is None or period.end <= self.resource.usable_until
        return usable and not any(claim.overlaps(wanted) for claim in self.claims)

    def metres_from(self, location: Location) -> float:
        plane = Plane(CENTER.lat)
        (x, y), (u, v) = plane.metres(self.resource.station.location), plane.metres(location)
        return float(((x - u) ** 2 + (y - v) ** 2) ** 0.5)


class Town(Struct, frozen=True):
    city: City
    listed: tuple[Listed, ...]

    def found(self, wanted: Wanted, now: datetime) -> list[ResourceId]:
        """What a search must find, by looking at every resource of the town."""
        policy = POLICIES[wanted.service]
        if not policy.min_duration_s <= wanted.period.length.total_seconds() <= policy.max_duration_s:
            return []
        if wanted.period.start > now + timedelta(seconds=policy.max_ahead_s):
            return []
        origin = wanted.near.location if wanted.near else CENTER
        fitting = [
            (listed.metres_from(origin), listed.resource.id)
            for listed in self.listed
            if listed.resource.service is wanted.service
            and listed.is_sold
            and listed.resource.is_open_to(wanted.actor)
            and matches(listed.attributes, wanted)
            and listed.is_free(wanted.period)
            and (wanted.near is None or listed.metres_from(origin) <= wanted.near.radius_m)
        ]
        return [resource_id for _, resource_id in sorted(fitting)[: wanted.limit]]


def matches(attributes: dict[str, Any], wanted: Wanted) -> bool:
    match wanted.filter:
        case ChargePointFilter(connector, power):
            return connector in {None, *attributes["connectors"]} and attributes["power_kw"] >= (power or 0)
        case VehicleFilter(vehicle_class, seats, drive, range_km):
            return (
                vehicle_class in {None, attributes["class"]}
                and attributes["seats"] >= (seats or 0)
                and drive in {None, attributes["drive"]}
                and attributes["range_km"] >= (range_km or 0)
            )
        case BikeFilter(bike_type, plan):
            return bike_type in {None, attributes["bike_type"]} and plan in {None, *attributes["plans"]}


def somewhere(dice: random.Random, spread: float = 0.05) -> Location:
    """Within about five kilometres of the center."""
    return Location(CENTER.lat + dice.uniform(-spread, spread), CENTER.lon + dice.uniform(-spread, spread))


def draw(dice: random.Random, city: City, size: int) -> Town:
    """Every resource has a station of its own, so that no two are equally far."""
    return Town(city, tuple(_listed(dice, n) for n in range(size)))


def _listed(dice: random.Random, n: int) -> Listed:
    service = dice.choice(list(Service))
    pool_id = dice.choice([None, None, TOWN_HALL, LIBRARY]) if service is Service.FLEET else None
    resource = Resource(
        id=ResourceId(new_id()),
        service=service,
        name=f"{service} {n}",
        station=Station(StationId(new_id()), f"Station {n:04}", somewhere(dice)),
        in_service=dice.random() < 0.9,
        bookable=dice.random() < 0.9,
        pool_id=pool_id,
        shared=pool_id is None or dice.random() < 0.3,
        buffer_before_s=dice.choice([0, 0, 600]),
        buffer_after_s=dice.choice([0, 900, 3600]),
        usable_until=dice.choice([None, None, None, NOON + hours(dice.choice([0, 2, 5]))]),
    )
    tariff_id = TARIFFS[service].id if dice.random() < 0.9 else UNSOLD
    return Listed(resource, _attributes(dice, service), tariff_id, tuple(_claims(dice)), code=f"DE*TST*E{n}")


def _attributes(dice: random.Random, service: Service) -> dict[str, Any]:
    match service:
        case Service.CHARGING:
            plugs = dice.sample(PLUGS, dice.randint(1, 2))
            power = dice.choice([11, 22, 150])
            return {"connectors": plugs, "power_kw": power, "operator": "Stadtwerke", "public_key": None}
        case Service.FLEET:
            return {
                "class": dice.choice(["small", "compact", "van"]),
                "seats": dice.choice([2, 4, 5, 9]),
                "drive": dice.choice(["electric", "petrol"]),
                "range_km": dice.choice([150, 400]),
            }
        case Service.BIKE_LEASING:
            plans = dice.choice([["monthly"], ["monthly", "job"], ["job"]])
            return {"bike_type": dice.choice(["city", "cargo"]), "plans": plans}


def _claims(dice: random.Random) -> list[Period]:
    """Some, from noon on, on quarters of an hour, often back to back."""
    claims, start = [], NOON
    for _ in range(dice.randrange(5)):
        start += minutes(15 * dice.choice([0, 0, 1, 4, 20]))
        end = start + minutes(15 * dice.randint(1, 24))
        claims.append(Period(start, end))
        start = end
    return claims


async def build(database: Databases, size: int, seed: int) -> Town:
    """Draw a town and write it."""
    seeded = await database.new_city()
    town = draw(random.Random(seed), seeded.city, size)
    await write(database, town)
    return town


async def write(database: Databases, town: Town) -> None:
    """Put the town's resources into its city, which has the example tariffs, in place of those that it has."""
    city = town.city
    async with database.app.transactions.city(city) as connection:
        for table in (
            tables.claims,
            tables.charge_points,
            tables.vehicles,
            tables.bikes,
            tables.resources,
            tables.stations,
        ):
            await connection.execute(table.delete().where(table.c.city == city))
        settings = {"center": msgspec.to_builtins(CENTER), "languages": ["de"]}
        await connection.execute(update(tables.cities).where(tables.cities.c.city == city).values(settings=settings))
        await connection.execute(insert(tables.pools).values(city=city, id=LIBRARY, name="Stadtbibliothek"))
        await _write_resources(connection, town)
        details = {
            service: [_details(city, x) for x in town.listed if x.resource.service is service] for service in Service
        }
        for service, table in DETAILS.items():
            if details[service]:
                await connection.execute(insert(table), details[service])
        claims = [_claim(city, listed, claim) for listed in town.listed for claim in listed.claims]
        if claims:
            await connection.execute(insert(tables.claims), claims)


DETAILS = {
    Service.CHARGING: tables.charge_points,
    Service.FLEET: tables.vehicles,
    Service.BIKE_LEASING: tables.bikes,
}


async def _write_resources(connection: Any, town: Town) -> None:
    stations = {listed.resource.station.id: listed.resource.station for listed in town.listed}
    await connection.execute(
        insert(tables.stations),
        [
            {"city": town.city, "id": s.id, "name": s.name, "address": "Am Markt 1"} | msgspec.to_builtins(s.location)
            for s in stations.values()
        ],
    )
    await connection.execute(
        text(
            INSERT_RESOURCE.text.replace("(city, id,", "(code, city, id,").replace(
                "(:city, :id,", "(:code, :city, :id,"
            )
        ),
        [_row(town.city, listed) for listed in town.listed],
    )


def _row(city: City, listed: Listed) -> dict[str, Any]:
    row = msgspec.structs.asdict(listed.resource)
    station: Station = row.pop("station")
    x, y = Plane(CENTER.lat).metres(station.location)
    mine = {"service": listed.resource.service.value, "station_id": station.id, "code": listed.code}
    return row | mine | {"city": city, "tariff_id": listed.tariff_id, "x": x, "y": y}


def _details(city: City, listed: Listed) -> dict[str, Any]:
    row: dict[str, Any] = {"city": city, "id": listed.resource.id} | listed.attributes
    if "power_kw" in row:
        row["power_kw"] = Decimal(row["power_kw"])
    return row


def _claim(city: City, listed: Listed, claim: Period) -> dict[str, Any]:
    return {
        "city": city,
        "resource_id": listed.resource.id,
        "claimed_from": claim.start,
        "claimed_until": claim.end,
        "kind": "maintenance",
    }


def any_period(dice: random.Random) -> Period:
    """Around the claims' times, on quarters of an hour: many begin or end where a claim ends or begins."""
    start = NOON + minutes(15 * dice.randint(-8, 60))
    return Period(start, start + hours(dice.choice([0.25, 0.5, 1, 2, 6, 24])))
