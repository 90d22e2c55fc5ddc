"""A synthetic city for benchmarks: resources scattered over a square, and bookings that lie behind and ahead.

Everything is drawn from a seeded generator: the same arguments make the same city. Rows are written by COPY as a role
above row security, with the foreign keys' triggers off, since they are true by construction; all other constraints
(also the one that keeps claims apart) are checked as ever.
"""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from adapters.database.connections import Address
from domain.booking.resources import Service
from domain.booking.terms import Deal, PolicyStep, TermsPolicy, frozen_terms
from domain.cities.settings import CitySettings
from domain.identity import City
from domain.periods import Period
from domain.places import Location, Plane
from domain.pricing.quotes import Usage, price
from domain.pricing.tariffs import Tariff, TariffId, TimePrice, TimeUnit

ZONE = "Europe/Berlin"
CENTER = Location(52.2646, 10.5236)
METRES_PER_DEGREE = 111_195.0
RESOURCES_PER_STATION = 4
SHARES = {Service.CHARGING: 40, Service.FLEET: 30, Service.BIKE_LEASING: 30}
LIVE_SHARE = 0.2

PUBLISHED = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
POLICY = TermsPolicy(
    version="bench",
    hold_s=600,
    free_cancel_before_s=86_400,
    steps=(PolicyStep(before_start_s=3600, fee_percent=50),),
    no_show_fee_percent=100,
    start_before_s=900,
    min_duration_s=900,
    max_duration_s=400 * 86_400,
    max_ahead_s=365 * 86_400,
)


def _tariff(name: str, time: TimePrice, energy: str | None = None, distance: str | None = None) -> Tariff:
    return Tariff(
        id=TariffId(name),
        version=1,
        valid_from=PUBLISHED,
        name=name,
        currency="EUR",
        vat_rate=Decimal("0.19"),
        time=time,
        energy=Decimal(energy) if energy else None,
        distance=Decimal(distance) if distance else None,
    )


TARIFFS = {
    Service.CHARGING: _tariff("charging-standard", TimePrice(TimeUnit.HOUR, Decimal("2.40"), Decimal(12)), "0.4850"),
    Service.FLEET: _tariff("fleet-standard", TimePrice(TimeUnit.HOUR, Decimal(5), Decimal(45)), distance="0.30"),
    Service.BIKE_LEASING: _tariff("bike-standard", TimePrice(TimeUnit.MONTH, Decimal(29))),
}


class Habit(Struct, frozen=True):
    """How long a use lasts and how long a resource then waits for the next one, in hours."""

    shortest: float
    longest: float
    mean_gap: float
    buffer_after_s: int

    @property
    def per_hour(self) -> float:
        return 1 / ((self.shortest + self.longest) / 2 + self.mean_gap)


HABITS = {
    Service.CHARGING: Habit(1, 8, 30, 0),
    Service.FLEET: Habit(1, 10, 40, 900),
    Service.BIKE_LEASING: Habit(30 * 24, 90 * 24, 20 * 24, 86_400),
}


class BenchResource(Struct, frozen=True):
    id: UUID
    service: Service


class BenchCity(Struct, frozen=True):
    """A city that is `side_m` wide and high, with its center in the middle, and resources of the services by `shares`."""

    name: City = City("benchtown")
    side_m: float = 20_000
    seed: int = 1
    shares: Mapping[Service, int] = msgspec.field(default_factory=lambda: SHARES)

    def dice_for(self, purpose: str) -> random.Random:
        """A generator of its own for every purpose: more of one thing does not change the others."""
        return random.Random(f"{self.seed} {self.name} {purpose}")  # noqa: S311 - a reproducible city, no secret

    def somewhere(self, dice: random.Random) -> Location:
        """A place in the city, each as likely as the other."""
        half = self.side_m / 2 / METRES_PER_DEGREE
        x_metres, _ = Plane(CENTER.lat).metres(Location(0, 1))
        return Location(
            CENTER.lat + dice.uniform(-half, half),
            CENTER.lon + dice.uniform(-half, half) * METRES_PER_DEGREE / x_metres,
        )

    async def open(self, loader: Address, resources: int, *, stripe_account: str | None = None) -> list[BenchResource]:
        """Write the city, its tariffs, stations and resources, all of them bookable by everybody."""
        dice = self.dice_for("resources")
        connection = await loading(loader)
        try:
            await self._publish(connection, stripe_account)
            stations = list(self._stations(dice, -(-resources // RESOURCES_PER_STATION)))
            await copied(connection, "stations", "city id name address lat lon", stations)
            made = list(self._resources(dice, resources))
            columns = "city id service station_id name code tariff_id bookable buffer_after_s position"
            rows = [self._row(resource, n, stations) for n, resource in enumerate(made)]
            await copied(connection, "resources", columns, rows)
            await self._describe(connection, dice, made)
            await connection.execute("VACUUM ANALYZE")
        finally:
            await connection.close()
        return made

    async def fill(self, loader: Address, resources: Sequence[BenchResource], bookings: int, now: datetime) -> int:
        """Write so many bookings, a fifth of them live; answers how many claims these hold.

        The others ended before `now`: they have no claims any more. A resource has as many as its HABITS say: a bike is
        leased once while a charger is used dozens of times. They follow each other with gaps, forwards or backwards
        from `now`.
        """
        live = round(bookings * LIVE_SHARE)
        dice = self.dice_for("bookings")
        often = [HABITS[resource.service].per_hour for resource in resources]
        places = dice.choices(range(len(resources)), often, k=bookings)
        ahead, behind = [now] * len(resources), [now] * len(resources)
        spans = itertools.chain(
            self._ahead(dice, resources, places[:live], ahead), self._behind(dice, resources, places[live:], behind)
        )
        # Ids in the order of their making, as the product's are: random ones would scatter over the index.
        written = [(UUID(int=n << 64 | dice.getrandbits(64)), *span) for n, span in enumerate(spans, 1)]
        connection = await loading(loader)
        try:
            await copied(connection, "bookings", BOOKING_COLUMNS, (self._booking(span, now) for span in written))
            await copied(connection, "claims", CLAIM_COLUMNS, (self._claim(span) for span in written[:live]))
            await connection.execute("VACUUM ANALYZE bookings")
            await connection.execute("VACUUM ANALYZE claims")
        finally:
            await connection.close()
        return live

    async def clear(self, loader: Address) -> None:
        """Take all bookings and claims away again."""
        connection = await loading(loader)
        try:
            await connection.execute("TRUNCATE bookings, claims, payments")
        finally:
            await connection.close()

    async def _publish(self, connection: "asyncpg.Connection[Any]", stripe_account: str | None) -> None:
        await connection.execute(
            "INSERT INTO cities (city, name, time_zone, settings, stripe_account, updated_at) VALUES ($1, $1, $2, $3, $4, $5)",
            *(self.name, ZONE, msgspec.json.encode(_settings(self.name)).decode(), stripe_account, PUBLISHED),
        )
        policy = msgspec.json.encode(POLICY).decode()
        for tariff in TARIFFS.values():
            await connection.execute(
                "INSERT INTO tariffs (city, id, version, valid_from, tariff, policy) VALUES ($1, $2, 1, $3, $4, $5)",
                *(self.name, tariff.id, PUBLISHED, msgspec.json.encode(tariff).decode(), policy),
            )

    def _stations(self, dice: random.Random, count: int) -> Iterator[tuple[Any, ...]]:
        for n in range(count):
            place = self.somewhere(dice)
            yield self.name, _id(dice), f"Station {n}", f"Straße {n}", place.lat, place.lon

    def _resources(self, dice: random.Random, count: int) -> Iterator[BenchResource]:
        for service in dice.choices(list(self.shares), weights=list(self.shares.values()), k=count):
            yield BenchResource(_id(dice), service)

    def _row(self, resource: BenchResource, n: int, stations: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
        _, station_id, _, _, lat, lon = stations[n // RESOURCES_PER_STATION]
        place = asyncpg.Point(*Plane(CENTER.lat).metres(Location(lat, lon)))
        buffer = HABITS[resource.service].buffer_after_s
        tariff_id, name = TARIFFS[resource.service].id, f"{resource.service} {n}"
        return (
            *(self.name, resource.id, resource.service.value, station_id, name, f"DE*BEN*E{n}"),
            *(tariff_id, True, buffer, place),
        )

    async def _describe(
        self, connection: "asyncpg.Connection[Any]", dice: random.Random, resources: Sequence[BenchResource]
    ) -> None:
        ids = {service: [r.id for r in resources if r.service is service] for service in Service}
        plugs = (["IEC_62196_T2"], Decimal(22)), (["IEC_62196_T2", "IEC_62196_T2_COMBO"], Decimal(150))
        points = [(self.name, i, *dice.choices(plugs, (80, 20))[0], "Stadtwerke") for i in ids[Service.CHARGING]]
        cars = [(self.name, i, *dice.choice(CARS)) for i in ids[Service.FLEET]]
        bikes = [(self.name, i, dice.choice(("city", "cargo")), ["monthly"]) for i in ids[Service.BIKE_LEASING]]
        await copied(connection, "charge_points", "city id connectors power_kw operator", points)
        await copied(connection, "vehicles", "city id class seats drive range_km", cars)
        await copied(connection, "bikes", "city id bike_type plans", bikes)

    def _ahead(
        self, dice: random.Random, resources: Sequence[BenchResource], places: Sequence[int], free_from: list[datetime]
    ) -> "Iterator[Span]":
        for place in places:
            habit = HABITS[resources[place].service]
            start = free_from[place] + HOUR * dice.expovariate(1 / habit.mean_gap)
            end = start + HOUR * dice.uniform(habit.shortest, habit.longest)
            free_from[place] = end + timedelta(seconds=habit.buffer_after_s)
            yield resources[place], start, end, "confirmed"

    def _behind(
        self, dice: random.Random, resources: Sequence[BenchResource], places: Sequence[int], free_until: list[datetime]
    ) -> "Iterator[Span]":
        for place in places:
            habit = HABITS[resources[place].service]
            end = (
                free_until[place]
                - HOUR * dice.expovariate(1 / habit.mean_gap)
                - timedelta(seconds=habit.buffer_after_s)
            )
            start = end - HOUR * dice.uniform(habit.shortest, habit.longest)
            free_until[place] = start
            yield resources[place], start, end, "completed"

    def _booking(self, span: "Written", now: datetime) -> tuple[Any, ...]:
        booking_id, resource, start, end, state = span
        tariff = TARIFFS[resource.service]
        quote, terms = DOCUMENTS[resource.service]
        made = min(start, now) - DAY
        return (
            *(self.name, booking_id, resource.service.value, resource.id, HOLDER, HOLDER, start, end, state, "self"),
            *("{}", quote, terms, tariff.id, 1, made, made),
        )

    def _claim(self, span: "Written") -> tuple[Any, ...]:
        booking_id, resource, start, end, _ = span
        until = end + timedelta(seconds=HABITS[resource.service].buffer_after_s)
        return self.name, resource.id, booking_id, start, until, "booking"


Span = tuple[BenchResource, datetime, datetime, str]
Written = tuple[UUID, BenchResource, datetime, datetime, str]
CARS = (("small", 4, "electric", 250), ("compact", 5, "electric", 380), ("van", 9, "diesel", 800))
HOLDER = UUID(int=1)
BOOKING_COLUMNS = (
    "city id service resource_id holder_id booked_by starts ends state payer options quote terms"
    " tariff_id tariff_version made_at updated_at"
)
CLAIM_COLUMNS = "city resource_id booking_id claimed_from claimed_until kind"


def _documents(service: Service) -> tuple[str, str]:
    """A quote and terms as a booking keeps them: as long as real ones."""
    period = Period(PUBLISHED, PUBLISHED + HOUR * HABITS[service].longest)
    quote = price(TARIFFS[service], Usage(period, ZONE))
    terms = frozen_terms(POLICY, period, quote, PUBLISHED, Deal(ZONE, "NI", TARIFFS[service].vat_rate, consumer=True))
    return msgspec.json.encode(quote).decode(), msgspec.json.encode(terms).decode()


DOCUMENTS = {service: _documents(service) for service in Service}


def _settings(name: str) -> CitySettings:
    return CitySettings(
        name=name,
        legal_entity=f"Stadt {name}",
        address="Platz 1, 38100 Okerstadt",
        vat_id="DE999999995",
        iban="DE70999999990000003810",
        creditor_id="DE98ZZZ09999999999",
        leitweg_id="04011000-1234512345-06",
        time_zone=ZONE,
        state="NI",
        postcodes=("38100",),
        languages=("de", "en"),
        imprint=f"Stadt {name}, Platz 1",
        terms={"general": "2026-01", "privacy": "2025-07"},
        center=CENTER,
    )


def _id(dice: random.Random) -> UUID:
    return UUID(int=dice.getrandbits(128))


async def loading(loader: Address) -> "asyncpg.Connection[Any]":
    return await asyncpg.connect(loader.url, server_settings={"session_replication_role": "replica", "timezone": "UTC"})


async def copied(connection: "asyncpg.Connection[Any]", table: str, columns: str, rows: Any) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=columns.split())
