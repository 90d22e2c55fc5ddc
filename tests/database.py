"""A migrated database with one pool of connections per role, and cities in it that no other test knows."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import insert, text

from adapters.database import tables
from adapters.database.answering import through
from adapters.database.connections import Address, Database, connect
from adapters.database.migrating import migrate
from adapters.database.payments.books import payment_row
from domain.booking.bookings import Booking
from domain.booking.resources import Resource, ResourceId, Service, Station, StationId
from domain.identity import City
from domain.payments.payments import Payment
from domain.places import Plane
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from tests.examples import (
    BERLIN,
    MARKET_SQUARE,
    POLICIES,
    TARIFFS,
    TOWN_HALL,
    a_pool_car,
    a_resource,
)

_numbers = itertools.count(1)

INSERT_RESOURCE = text("""
INSERT INTO resources (city, id, service, station_id, name, pool_id, shared, in_service, bookable, tariff_id,
                       buffer_before_s, buffer_after_s, usable_until, position)
VALUES (:city, :id, :service, :station_id, :name, :pool_id, :shared, :in_service, :bookable, :tariff_id,
        :buffer_before_s, :buffer_after_s, :usable_until, point(:x, :y))
""")


class SeededCity(Struct, frozen=True):
    """A city of its own for one test, with the example tariffs and two resources of each service at one station.

    Of the cars, the second belongs to the town hall's pool and is not shared.
    """

    city: City
    station: Station
    charge_points: tuple[Resource, Resource]
    cars: tuple[Resource, Resource]
    bikes: tuple[Resource, Resource]


class Databases(Struct, frozen=True):
    """The same database as the owner, as the app and as the relay. Close them in the loop that used them."""

    owner: Database
    app: Database
    relay: Database

    async def new_city(self) -> SeededCity:
        """Open a city that no other test knows."""
        city = City(f"testville-{next(_numbers)}-{new_id().hex[-12:]}")
        station = Station(StationId(new_id()), MARKET_SQUARE.name, MARKET_SQUARE.location)

        def two(first: Resource, second: Resource) -> tuple[Resource, Resource]:
            mine = {"station": station}
            return (
                msgspec.structs.replace(first, id=ResourceId(new_id()), **mine),
                msgspec.structs.replace(second, id=ResourceId(new_id()), **mine),
            )

        seeded = SeededCity(
            city=city,
            station=station,
            charge_points=two(a_resource(), a_resource(name="charging 2")),
            cars=two(a_resource(Service.FLEET), a_pool_car(name="fleet 2")),
            bikes=two(a_resource(Service.BIKE_LEASING), a_resource(Service.BIKE_LEASING, name="bike_leasing 2")),
        )
        # With this a test's connections are made; on a busy machine one may take longer than the product waits for it.
        await through(lambda: _seed(self.app, seeded))
        return seeded

    async def place(self, city: City, booking: Booking, resource: Resource, *payments: Payment) -> None:
        """Write a booking as it stands, with the claim of a live one and with its payments."""
        async with self.app.transactions.city(city) as connection:
            await connection.execute(insert(tables.bookings).values(**_booking_row(city, booking)))
            if booking.is_live:
                claimed = resource.claim(booking.period)
                await connection.execute(
                    insert(tables.claims).values(
                        city=city,
                        resource_id=resource.id,
                        booking_id=booking.id,
                        claimed_from=claimed.start,
                        claimed_until=claimed.end,
                        kind="booking",
                    )
                )
            for payment in payments:
                await connection.execute(insert(tables.payments).values(**payment_row(city, payment)))

    async def pay(self, city: City, payment: Payment) -> None:
        """Write a payment as it stands."""
        async with self.app.transactions.city(city) as connection:
            await connection.execute(insert(tables.payments).values(**payment_row(city, payment)))

    async def rows(self, city: City, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """What the app sees of one city, for tests that look behind the ports; not even the owner sees more."""
        async with self.app.transactions.city(city) as connection:
            found = await connection.execute(text(sql), {"city": city} | values)
            return [tuple(row) for row in found]


@asynccontextmanager
async def migrated(urls: DatabaseUrls) -> AsyncIterator[Databases]:
    """Migrate as the owner, then open one Database per role."""
    databases = Databases(
        owner=connect(Address(urls.owner)), app=connect(Address(urls.app)), relay=connect(Address(urls.relay))
    )
    await migrate(Address(urls.owner))
    try:
        yield databases
    finally:
        for database in (databases.owner, databases.app, databases.relay):
            await database.close()


async def _seed(app: Database, seeded: SeededCity) -> None:
    station, city = seeded.station, seeded.city
    async with app.transactions.city(city) as connection:
        await connection.execute(
            insert(tables.cities).values(
                city=city,
                name=city.title(),
                time_zone=BERLIN,
                settings={"languages": ["de", "en"], "center": {"lat": 52.2638, "lon": 10.518}},
                stripe_account=f"acct_{city}",
                version=1,
                updated_at=next(iter(TARIFFS.values())).valid_from,
            )
        )
        await connection.execute(
            insert(tables.stations).values(
                city=city,
                id=station.id,
                name=station.name,
                address="Altstadtmarkt 1",
                lat=station.location.lat,
                lon=station.location.lon,
            )
        )
        await connection.execute(insert(tables.pools).values(city=city, id=TOWN_HALL, name="Rathaus"))
        for service, tariff in TARIFFS.items():
            await connection.execute(
                insert(tables.tariffs).values(
                    city=city,
                    id=tariff.id,
                    version=tariff.version,
                    valid_from=tariff.valid_from,
                    tariff=msgspec.to_builtins(tariff),
                    policy=msgspec.to_builtins(POLICIES[service]),
                )
            )
        x, y = Plane(station.location.lat).metres(station.location)
        for resource in (*seeded.charge_points, *seeded.cars, *seeded.bikes):
            columns = msgspec.structs.asdict(resource) | {"service": resource.service.value}
            del columns["station"]
            await connection.execute(
                INSERT_RESOURCE,
                columns
                | {"city": city, "station_id": station.id, "tariff_id": TARIFFS[resource.service].id, "x": x, "y": y},
            )
        for point in seeded.charge_points:
            await connection.execute(
                insert(tables.charge_points).values(
                    city=city, id=point.id, connectors=["IEC_62196_T2"], power_kw=22, operator="Stadtwerke"
                )
            )
        for car in seeded.cars:
            values = {"city": city, "id": car.id, "class": "compact", "seats": 5, "drive": "electric", "range_km": 300}
            await connection.execute(insert(tables.vehicles).values(values))
        for bike in seeded.bikes:
            await connection.execute(
                insert(tables.bikes).values(city=city, id=bike.id, bike_type="city", plans=["monthly"])
            )


def _booking_row(city: City, booking: Booking) -> dict[str, Any]:
    row = {name: value for name, value in msgspec.structs.asdict(booking).items() if value is not None}
    row.pop("hampered")  # is read off the problems and the blocks
    row.pop("kept_waiting")  # is read off what the booking before it did
    row.pop("blocked_until", None)  # off the blocks
    row.pop("not_drivable")  # off the damages
    row.pop("out_until", None)  # likewise
    for name in {
        "quote",
        "terms",
        "fee",
        "start_readings",
        "finish_readings",
        "extension",
        "approval",
        "request",
    } & row.keys():
        row[name] = msgspec.json.decode(msgspec.json.encode(row[name]))
    if booking.waiting is not None:
        row["extension_expires_at"] = booking.waiting.expires_at
    if booking.asked is not None:
        row |= {"approval_due_at": booking.asked.due_at, "approval_step_at": booking.asked.next_step_at}
    row["no_show_from"] = booking.terms.no_show_from
    row |= {"city": city, "starts": row.pop("start"), "ends": row.pop("end")}
    row["options"] = msgspec.json.decode(booking.options)
    return row
