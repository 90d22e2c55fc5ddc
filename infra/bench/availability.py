"""`kommobil bench availability`: the search over HTTP beside its bare statement, with few bookings and with many.

Two databases on one server hold the same city, one with 100,000 and one with 1,000,000 bookings, each behind API
processes of its own. Every question is put to all four in turn, so that whatever disturbs the machine disturbs all.
"""

import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import asyncpg
import msgspec
from msgspec import Struct

from adapters.database.booking.availability import question
from adapters.database.connections import HOT, Address
from domain.booking.resources import Service
from domain.identity import City
from domain.periods import Period
from infra.bench.city import LIVE_SHARE, SHARES, BenchCity
from infra.bench.running import Connection, RunningApi, http_request, load, running_api
from infra.bench.scaffold import BenchDatabase, bench_database, cpu_of, postgres_settings, postmaster_of
from infra.clock import now
from services.search.asking import BikeFilter, ChargePointFilter, Filter, Near, VehicleFilter, Wanted, anybody

WARM_UP = 200
CLIENTS = 8
LENGTHS = {
    Service.CHARGING: timedelta(hours=2),
    Service.FLEET: timedelta(hours=4),
    Service.BIKE_LEASING: timedelta(days=90),
}
DAYS_AHEAD = 7
RADII_M = {500: 10, 2_000: 80, 50_000: 10}
FILTERED = 0.2
PLAIN: dict[Service, Filter] = {
    Service.CHARGING: ChargePointFilter(),
    Service.FLEET: VehicleFilter(),
    Service.BIKE_LEASING: BikeFilter(),
}
CHOOSY: dict[Service, Filter] = {
    Service.CHARGING: ChargePointFilter(min_power_kw=Decimal(50)),
    Service.FLEET: VehicleFilter(drive="electric", seats=5),
    Service.BIKE_LEASING: BikeFilter(bike_type="cargo"),
}
MIX = (
    f"questions: {', '.join(f'{share} % {service}' for service, share in SHARES.items())}; "
    f"radius {', '.join(f'{share} % {metres} m' for metres, share in RADII_M.items())}; {FILTERED:.0%} with a filter; "
    f"start within {DAYS_AHEAD} days; nearest 20"
)
Ask = Callable[[Wanted], Awaitable[int]]


class Side(Struct, frozen=True):
    """One way to ask, and the seconds that its answers took."""

    name: str
    ask: Ask
    took: list[float] = msgspec.field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.took)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def latency(self) -> "Latency":
        return Latency(f"{' '.join(self.name.split())} bookings", self.percentile(0.5), self.percentile(0.99))


class Latency(Struct, frozen=True):
    """Of one way to ask; milliseconds."""

    name: str
    p50_ms: float
    p99_ms: float


class Searches(Struct, frozen=True):
    """Many at a time, over the larger of the two; CPU in milliseconds, PostgreSQL's None where it runs elsewhere."""

    per_second: float
    server_ms: float
    postgres_ms: float | None
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]


class Figures(Struct, frozen=True):
    settings: dict[str, str]
    sides: tuple[Latency, ...]
    load: Searches


async def run(
    *,
    resources: int = 100_000,
    bookings: tuple[int, int] = (100_000, 1_000_000),
    queries: int = 2000,
    processes: int = 1,
    url: str | None = None,
    say: Callable[[str], None] = print,
) -> Figures:
    """Measure and print. `url` is the address of a superuser on a PostgreSQL to use instead of an embedded one."""
    city = BenchCity()
    async with AsyncExitStack() as stack:
        few = await stack.enter_async_context(bench_database(url))
        many = await stack.enter_async_context(bench_database(url or few.loader.url))
        for database, count in ((few, bookings[0]), (many, bookings[1])):
            await _fill(city, database, resources, count, say)
        settings = await postgres_settings(few.loader)
        say("  ".join(f"{name}={value}" for name, value in settings.items()))
        say(MIX)
        sides: list[Side] = []
        for database, count in ((few, bookings[0]), (many, bookings[1])):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kommobil-bench-")))
            api = await stack.enter_async_context(running_api(database, folder, processes, worker=False))
            connection = await stack.enter_async_context(Connection(api.host, api.port))
            bare = await asyncpg.connect(database.app.url, server_settings=database.app.server_settings | HOT)
            stack.push_async_callback(bare.close)
            sides += [Side(f"SQL,  {count:9,}", _by_sql(bare)), Side(f"HTTP, {count:9,}", _by_http(connection))]
        await _compare(sides, city, queries, say)
        load = await _load(api, city, queries, await _postgres_here(many.loader, url), say)
        return Figures(settings, tuple(side.latency for side in sides), load)


async def _fill(
    city: BenchCity, database: BenchDatabase, resources: int, bookings: int, say: Callable[[str], None]
) -> None:
    began = time.monotonic()
    made = await city.open(database.loader, resources)
    hour = now().replace(minute=0, second=0, microsecond=0)
    live = await city.fill(database.loader, made, bookings, hour)
    say(
        f"{resources:,} resources on {city.side_m / 1000:.0f} x {city.side_m / 1000:.0f} km, {bookings:,} bookings, "
        f"{live:,} of them ({LIVE_SHARE:.0%}) ahead and holding claims: {time.monotonic() - began:.0f} s to write"
    )


async def _compare(sides: Sequence[Side], city: BenchCity, queries: int, say: Callable[[str], None]) -> None:
    dice = city.dice_for("questions")
    for wanted in _questions(city, dice, WARM_UP):
        for side in sides:
            await side.ask(wanted)
    found = 0
    for wanted in _questions(city, dice, queries):
        for side in dice.sample(sides, len(sides)):
            began = time.perf_counter()
            items = await side.ask(wanted)
            side.took.append(time.perf_counter() - began)
        found += items
    for side in sides:
        say(f"{side.name} bookings: p50 {side.percentile(0.5):.2f} ms, p99 {side.percentile(0.99):.2f} ms")
    sql_few, http_few, sql_many, http_many = sides
    say(f"one at a time, {queries:,} questions each in random order, {found / queries:.1f} items an answer")
    for sql, http in ((sql_few, http_few), (sql_many, http_many)):
        ratio = http.percentile(0.99) / sql.percentile(0.99)
        say(f"{http.name} bookings: p99 is {ratio:.2f} times the bare statement's (goal: at most 3)")
    for fewer, more in ((sql_few, sql_many), (http_few, http_many)):
        growth = more.percentile(0.5) / fewer.percentile(0.5)
        say(f"{more.name.partition(',')[0]}: p50 grows {growth:.2f} times with the bookings (goal: at most 1.25)")


async def _load(
    api: RunningApi, city: BenchCity, queries: int, postgres: int | None, say: Callable[[str], None]
) -> Searches:
    """Throughput and CPU for one search, over the larger of the two."""
    pids = [postgres] if postgres is not None else []
    requests = [_request(wanted) for wanted in _questions(city, city.dice_for("load"), queries)]
    server, database = cpu_of(api.pids), cpu_of(pids)
    met = await load(api, requests, CLIENTS)
    server_ms = 1000 * (cpu_of(api.pids) - server) / met.asked
    postgres_ms = 1000 * (cpu_of(pids) - database) / met.asked if pids else None
    there = "(elsewhere)" if postgres_ms is None else f"{postgres_ms:.2f} ms"
    say(
        f"{CLIENTS} clients: {met.asked / met.seconds:.0f} searches/s, server {server_ms:.2f} ms + PostgreSQL {there} "
        f"CPU each, p50 {met.percentile(0.5):.1f} ms, p99 {met.percentile(0.99):.1f} ms, statuses {met.statuses}"
    )
    p50, p99 = met.percentile(0.5), met.percentile(0.99)
    return Searches(met.asked / met.seconds, server_ms, postgres_ms, p50, p99, met.statuses)


async def _postgres_here(loader: Address, url: str | None) -> int | None:
    """The server's process, where it is one of this machine's."""
    return await postmaster_of(loader) if url is None else None


def _questions(city: BenchCity, dice: random.Random, count: int) -> list[Wanted]:
    return [_wanted(city, dice) for _ in range(count)]


def _wanted(city: BenchCity, dice: random.Random) -> Wanted:
    service = dice.choices(list(SHARES), list(SHARES.values()))[0]
    radius = dice.choices(list(RADII_M), list(RADII_M.values()))[0]
    quarter = now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    start = quarter + timedelta(minutes=15 * dice.randrange(DAYS_AHEAD * 96))
    asked = CHOOSY if dice.random() < FILTERED else PLAIN
    near = Near(city.somewhere(dice), radius)
    return Wanted(city.name, anybody(City(city.name)), Period(start, start + LENGTHS[service]), asked[service], near)


def _by_sql(connection: "asyncpg.Connection[Any]") -> Ask:
    prepared: dict[str, Any] = {}

    async def ask(wanted: Wanted) -> int:
        sql, values = question(wanted, now())
        statement = prepared.get(sql)
        if statement is None:
            statement = prepared[sql] = await connection.prepare(sql)
        found: str = await statement.fetchval(*values)
        return found.count('"distance_m"')

    return ask


def _by_http(connection: Connection) -> Ask:
    async def ask(wanted: Wanted) -> int:
        status, body = await connection.ask(_request(wanted))
        if status != 200:
            raise RuntimeError(f"{status}: {body.decode()}")
        return body.count(b'"distance_m"')

    return ask


def _request(wanted: Wanted) -> bytes:
    """As a resident's app asks, without a token."""
    asked: dict[str, object] = {
        "service": wanted.service.value,
        "start": _stamp(wanted.period.start),
        "end": _stamp(wanted.period.end),
    }
    if wanted.near is not None:
        place = wanted.near.location
        asked |= {"near": f"{place.lat},{place.lon}", "radius_m": wanted.near.radius_m}
    given = msgspec.structs.asdict(wanted.filter)
    asked |= {name.removeprefix("vehicle_"): value for name, value in given.items() if value is not None}
    return http_request("GET", f"/v1/{wanted.city}/availability?{urlencode(asked)}", {})


def _stamp(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
