"""`kommobil bench calendar`: the lanes of a whole fleet over four weeks, over HTTP beside the bare statement.

The bookings are written by the loader as the product would have left them: half of the weeks lie behind, with uses that
are over, half ahead, with claims; before them lies a year of which nothing is shown. What runs is what serves: fsync,
row-level security, audit and outbox are on, though whoever looks at a calendar writes nothing.
"""

import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
from msgspec import Struct

from adapters.database.connections import HOT, Address
from adapters.database.fleet.calendar import LANES
from domain.booking.resources import Service
from domain.identity import Role
from infra.bench.city import (
    BOOKING_COLUMNS,
    CLAIM_COLUMNS,
    DOCUMENTS,
    HABITS,
    HOLDER,
    TARIFFS,
    BenchCity,
    BenchResource,
    copied,
    loading,
)
from infra.bench.running import Connection, http_request, running_api
from infra.bench.scaffold import bench_database, cpu_of, postgres_settings, postmaster_of
from infra.clock import now
from infra.ids import new_id

GOAL_MS, GOAL_BYTES = 60.0, 400_000
WARM_UP = 10
YEAR = timedelta(days=365)
QUARTER = timedelta(minutes=15)
RESIDENTS = 0.2  # of the bookings
BY_CLASS = 0.5  # of those ahead
BUFFER = timedelta(seconds=HABITS[Service.FLEET].buffer_after_s)
LONGEST = 40  # quarters


class Way(Struct, frozen=True):
    """One way to ask for the same lanes: milliseconds, and bytes of the body as it was sent."""

    name: str
    p50_ms: float
    p99_ms: float
    size: int


class Figures(Struct, frozen=True):
    """CPU of one compressed calendar in milliseconds; PostgreSQL's None where it runs elsewhere."""

    settings: dict[str, str]
    vehicles: int
    bookings: int
    ways: tuple[Way, ...]
    server_ms: float
    postgres_ms: float | None


class Side(Struct, frozen=True):
    name: str
    ask: Callable[[], Awaitable[bytes]]
    took: list[float]
    sizes: set[int]

    def way(self) -> Way:
        ordered = sorted(self.took)
        p50, p99 = (1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.99))
        return Way(self.name, p50, p99, max(self.sizes))


async def run(
    *,
    vehicles: int = 300,
    bookings: int = 10_000,
    days: int = 28,
    queries: int = 200,
    processes: int = 1,
    url: str | None = None,
    say: Callable[[str], None] = print,
) -> Figures:
    """Measure and print. `url` is the address of a superuser on a PostgreSQL to use instead of an embedded one."""
    city = BenchCity(shares={Service.FLEET: 1})
    hour = now().replace(minute=0, second=0, microsecond=0)
    since, until = hour - timedelta(days=days) / 2, hour + timedelta(days=days) / 2
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(bench_database(url))
        resources = await city.open(database.loader, vehicles)
        before = await _fill(city, database.loader, resources, bookings, (since, hour, until))
        settings = await postgres_settings(database.loader)
        say("  ".join(f"{name}={value}" for name, value in settings.items()))
        say("on: row-level security, audit, callers, outbox, limits; one question at a time over loopback")
        say(f"{vehicles:,} vehicles, {bookings:,} bookings within {days} days, {before:,} in the year before")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kommobil-bench-")))
        api = await stack.enter_async_context(running_api(database, folder, processes, worker=False))
        connection = await stack.enter_async_context(Connection(api.host, api.port))
        bare = await asyncpg.connect(database.app.url, server_settings=database.app.server_settings | HOT)
        stack.push_async_callback(bare.close)
        path = f"/v1/{city.name}/fleet/calendar?{urlencode({'from': _stamp(since), 'to': _stamp(until)})}"
        signed_in = {"Authorization": f"Bearer {api.token(city.name, new_id(), Role.OPERATOR)}"}

        async def asked(**more: str) -> bytes:
            status, body = await connection.ask(http_request("GET", path, signed_in | more))
            if status != 200:
                raise RuntimeError(f"{status}: {body.decode(errors='replace')[:500]}")
            return body

        async def packed() -> bytes:
            return await asked(**{"Accept-Encoding": "gzip"})

        statement = await bare.prepare(LANES)

        async def read() -> bytes:
            found = await statement.fetchval(city.name, since, until, True, False, [], None, now())
            return b"".join(piece.encode() for pieces in found for piece in pieces if piece is not None)

        sides = [
            Side("HTTP, gzip", packed, [], set()),
            Side("HTTP, plain", asked, [], set()),
            Side("SQL", read, [], set()),
        ]
        found = (await asked()).count(b'"id":')
        if found != bookings:
            raise RuntimeError(f"{found} bookings in the calendar instead of {bookings}")
        await _compare(sides, queries, city.dice_for("order"))
        pids = [await postmaster_of(database.loader)] if url is None else []
        server, postgres = cpu_of(api.pids), cpu_of(pids)
        for _ in range(queries):
            await packed()
        server_ms = 1000 * (cpu_of(api.pids) - server) / queries
        postgres_ms = 1000 * (cpu_of(pids) - postgres) / queries if pids else None
    ways = tuple(side.way() for side in sides)
    for way in ways:
        say(f"{way.name:11}  p50 {way.p50_ms:.1f} ms, p99 {way.p99_ms:.1f} ms, {way.size / 1000:,.0f} kB")
    there = "(elsewhere)" if postgres_ms is None else f"{postgres_ms:.1f} ms"
    say(f"CPU of one, with gzip: server {server_ms:.1f} ms, PostgreSQL {there}")
    say(f"goals for HTTP, gzip: p99 at most {GOAL_MS:.0f} ms, at most {GOAL_BYTES / 1000:.0f} kB")
    return Figures(settings, vehicles, bookings, ways, server_ms, postgres_ms)


async def _compare(sides: Sequence[Side], queries: int, dice: random.Random) -> None:
    """In random order, so that whatever disturbs the machine disturbs all."""
    for _ in range(WARM_UP):
        for side in sides:
            await side.ask()
    for _ in range(queries):
        for side in dice.sample(sides, len(sides)):
            began = time.perf_counter()
            body = await side.ask()
            side.took.append(time.perf_counter() - began)
            side.sizes.add(len(body))


class Use(Struct, frozen=True):
    """A booking as the loader writes it; it was made some days before its start."""

    id: UUID
    vehicle: BenchResource
    start: datetime
    end: datetime
    is_over: bool


async def _fill(
    city: BenchCity,
    loader: Address,
    vehicles: Sequence[BenchResource],
    bookings: int,
    times: tuple[datetime, datetime, datetime],
) -> int:
    """Half of the bookings between the first two times, half between the last two; and a year before them at the same rate,
    whose number is answered."""
    since, hour, until = times
    dice = city.dice_for("calendar")
    earlier = round(bookings * (YEAR / (until - since)))
    over = [
        *_uses(dice, vehicles, earlier, (since - YEAR, since), is_over=True),
        *_uses(dice, vehicles, bookings // 2, (since, hour), is_over=True),
    ]
    ahead = list(_uses(dice, vehicles, bookings - bookings // 2, (hour, until), is_over=False))
    connection = await loading(loader)
    try:
        columns = f"{BOOKING_COLUMNS} started_at finished_at final_at"
        await copied(connection, "bookings", columns, (_booking(city, use, dice) for use in (*over, *ahead)))
        claims = [(city.name, use.vehicle.id, use.id, use.start, use.end + BUFFER, "booking") for use in ahead]
        await copied(connection, "claims", CLAIM_COLUMNS, claims)
        await connection.execute("VACUUM (ANALYZE) bookings, claims")
    finally:
        await connection.close()
    return earlier


def _uses(
    dice: random.Random,
    vehicles: Sequence[BenchResource],
    count: int,
    within: tuple[datetime, datetime],
    *,
    is_over: bool,
) -> Iterator[Use]:
    """As many for each vehicle, one after the other, by quarters of an hour."""
    since, until = within
    quarters = (until - since) // QUARTER
    for n, vehicle in enumerate(vehicles):
        times = count // len(vehicles) + (n < count % len(vehicles))
        for k in range(times):
            first, behind = k * quarters // times, (k + 1) * quarters // times - BUFFER // QUARTER
            length = dice.randint(1, min(behind - first, LONGEST))
            start = since + QUARTER * dice.randint(first, behind - length)
            made_ms = int((start - timedelta(days=14 * dice.random())).timestamp() * 1000)
            use_id = UUID(int=made_ms << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 2 << 62 | dice.getrandbits(62))
            yield Use(use_id, vehicle, start, start + QUARTER * length, is_over)


def _booking(city: BenchCity, use: Use, dice: random.Random) -> tuple[Any, ...]:
    quote, terms = DOCUMENTS[Service.FLEET]
    state, payer = "completed" if use.is_over else "confirmed", "self" if dice.random() < RESIDENTS else "cost_centre"
    used = (use.start, use.end - (use.end - use.start) * dice.uniform(0, 0.5)) if use.is_over else (None, None)
    final_at = use.start - timedelta(minutes=30) if not use.is_over and dice.random() < BY_CLASS else None
    return (
        *(
            city.name,
            use.id,
            "fleet",
            use.vehicle.id,
            HOLDER,
            HOLDER,
            use.start,
            use.end,
            state,
            payer,
            "{}",
            quote,
            terms,
        ),
        *(TARIFFS[Service.FLEET].id, 1, use.start, use.start, *used, final_at),
    )


def _stamp(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
