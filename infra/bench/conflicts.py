"""`kommobil bench conflicts`: many clients want the same few resources at the same few hours.

Three ways in one run: POST /bookings over HTTP; its record statement alone (`ON CONFLICT DO NOTHING`); and the same
statement with a plain INSERT, which is told of a conflict by an error. Nobody cancels, so each round begins with hours that
no other round has used.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from adapters.database.booking.reservations import RECORD
from adapters.database.connections import LIMITS, Address
from domain.booking.resources import Service
from infra.bench.city import DOCUMENTS, BenchCity, BenchResource
from infra.bench.running import Load, RunningApi, http_request, load, running_api
from infra.bench.scaffold import bench_database, postgres_settings
from infra.clock import now
from infra.ids import new_id

CLIENTS = 32
RESOURCES = 20
HOUR = timedelta(hours=1)
PLAIN = RECORD.replace(" ON CONFLICT DO NOTHING", "", 1)
STATISTICS_LAG_S = 1.5


class Outcome(Struct, frozen=True):
    """What one way met: attempts, how many got the resource, and the slowest hundredth's latency in milliseconds."""

    name: str
    attempts: int
    given: int
    seconds: float
    p99_ms: float
    deadlocks: int


class Figures(Struct, frozen=True):
    settings: dict[str, str]
    outcomes: tuple[Outcome, ...]


class Fight(Struct, frozen=True):
    """Who fights for what: `attempts` at the hours of one round, several at each."""

    city: BenchCity
    resources: tuple[BenchResource, ...]
    first: datetime
    attempts: int

    def wishes(self, round_number: int) -> list[tuple[BenchResource, datetime]]:
        dice = random.Random(f"{self.city.seed} {round_number}")  # noqa: S311 - reproducible, no secret
        hours = max(1, self.attempts // (4 * len(self.resources)))
        begin = self.first + HOUR * hours * round_number
        return [(dice.choice(self.resources), begin + HOUR * dice.randrange(hours)) for _ in range(self.attempts)]


async def run(
    *, attempts: int = 4000, rounds: int = 2, processes: int = 2, say: Callable[[str], None] = print
) -> Figures:
    """Measure in turn and print."""
    with tempfile.TemporaryDirectory(prefix="kommobil-bench-") as path:
        async with bench_database() as database:
            city = BenchCity()
            made = await city.open(database.loader, 500)
            points = tuple(resource for resource in made if resource.service is Service.CHARGING)[:RESOURCES]
            fight = Fight(city, points, now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1), attempts)
            async with running_api(database, Path(path), processes, worker=True) as api:
                return await _measured(fight, api, database.app, database.loader, rounds=rounds, say=say)


async def _measured(
    fight: Fight, api: RunningApi, app: Address, loader: Address, *, rounds: int, say: Callable[[str], None]
) -> Figures:
    settings = await postgres_settings(loader)
    outcomes: list[Outcome] = []
    say("  ".join(f"{name}={value}" for name, value in settings.items()))
    say(f"{CLIENTS} clients, {len(fight.resources)} resources, four attempts at each hour; everything on")
    for turn in range(rounds):
        ways: dict[str, Callable[[int], Awaitable[Load]]] = {
            "HTTP": lambda n: load(api, _requests(fight, api, n), CLIENTS),
            "one statement, DO NOTHING": lambda n: _statements(fight, app, RECORD, n),
            "one statement, plain INSERT": lambda n: _statements(fight, app, PLAIN, n),
        }
        for number, (name, fought) in enumerate(ways.items()):
            outcome = await _counted(name, loader, fought, turn * len(ways) + number)
            outcomes.append(outcome)
            say(
                f"{name:28} {outcome.attempts / outcome.seconds:6.0f} attempts/s, {outcome.given / outcome.seconds:5.0f}"
                f" given/s, p99 {outcome.p99_ms:6.1f} ms, {outcome.deadlocks} deadlocks"
            )
    return Figures(settings, tuple(outcomes))


async def _counted(name: str, loader: Address, fought: Callable[[int], Awaitable[Load]], number: int) -> Outcome:
    before = await _deadlocks(loader)
    met = await fought(number)
    given = met.statuses.get(201, 0)
    return Outcome(name, met.asked, given, met.seconds, met.percentile(0.99), await _deadlocks(loader) - before)


async def _deadlocks(loader: Address) -> int:
    await asyncio.sleep(STATISTICS_LAG_S)
    connection = await asyncpg.connect(loader.url)
    try:
        return int(
            await connection.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        )
    finally:
        await connection.close()


def _requests(fight: Fight, api: RunningApi, number: int) -> list[bytes]:
    token = api.token(fight.city.name, new_id())

    def one(resource: BenchResource, start: datetime) -> bytes:
        body = {"service": "charging", "resource_id": resource.id, "start": start, "end": start + HOUR}
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id().hex}
        return http_request("POST", f"/v1/{fight.city.name}/bookings", headers, msgspec.json.encode(body))

    return [one(*wish) for wish in fight.wishes(number)]


async def _statements(fight: Fight, app: Address, sql: str, number: int) -> Load:
    """The bare statement on as many connections as there are clients; 201 for given, 409 for taken."""
    waiting = iter(fight.wishes(number))
    latencies: list[float] = []
    statuses = {201: 0, 409: 0}

    async def client() -> None:
        connection = await asyncpg.connect(app.url, server_settings=LIMITS)
        try:
            statement = await connection.prepare(sql)
            for resource, start in waiting:
                began = time.perf_counter()
                try:
                    given = bool(await statement.fetchval(*_values(fight, resource, start)))
                except (asyncpg.ExclusionViolationError, asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
                    given = False
                latencies.append(time.perf_counter() - began)
                statuses[201 if given else 409] += 1
        finally:
            await connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return Load(statuses, sorted(latencies), time.perf_counter() - began)


def _values(fight: Fight, resource: BenchResource, start: datetime) -> tuple[Any, ...]:
    """The parameters of RECORD, in order."""
    quote, terms = DOCUMENTS[Service.CHARGING]
    end, person, at = start + HOUR, UUID(int=1), now()
    return (
        *(fight.city.name, new_id(), "charging", resource.id, start, end, start, end, person, person, "held", "self"),
        *("{}", quote, terms, "charging-standard", 1, at + HOUR, at),
        *(new_id(), "charging.charge_point_reserved", new_id(), "bench", "127.0.0.1"),
        *("createBooking", new_id().hex, "f" * 64, 201, "application/json", "{}"),
        *("charging.charge_point_reserved", *(None,) * 7, False, None),
    )
