"""`kommobil bench bookings`: POST /bookings over HTTP beside pgbench, which writes the same rows under the same role.

Everything is on: fsync, row-level security, the exclusion constraint, the audit trail with callers, the outbox with its
worker, the stored answers. Both write into the same database, in turn, in one run.
"""

import asyncio
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from adapters.database.booking.reservations import RECORD
from adapters.database.connections import Address
from domain.booking.resources import Service
from infra.bench.city import DOCUMENTS, BenchCity, BenchResource
from infra.bench.pgbench import Drawn, Limit, constants, measure, script
from infra.bench.running import Load, RunningApi, http_request, load, running_api
from infra.bench.scaffold import BenchDatabase, bench_database, cpu_of, postgres_settings, postmaster_of
from infra.clock import now
from infra.ids import new_id

HOURS_AHEAD = 24 * 60
PEOPLE = 64
CLIENTS = 16
DRAINED_WITHIN_S = 120.0
STATISTICS_LAG_S = 11.0  # an idle backend reports what it did after 10 s at the latest
WRITTEN = ("bookings", "claims", "answers", "audit", "callers", "outbox")
# Resources for pgbench: it cannot draw a UUID from a list, so theirs are numbers.
NUMBERED = """
INSERT INTO resources (city, id, service, station_id, name, tariff_id, bookable, position)
SELECT city, lpad(to_hex(row_number() OVER ()), 32, '0')::uuid, service, station_id, name, tariff_id, true, position
FROM resources WHERE service = 'charging'
"""


class Round(Struct, frozen=True):
    """One run of ours: what the clients met, and the CPU for one request in milliseconds, server and PostgreSQL apart."""

    load: Load
    server_ms: float
    postgres_ms: float

    @property
    def per_second(self) -> float:
        return self.load.asked / self.load.seconds

    @property
    def met(self) -> "Met":
        p50, p99 = self.load.percentile(0.5), self.load.percentile(0.99)
        return Met(self.per_second, self.server_ms, self.postgres_ms, p50, p99)


class Met(Struct, frozen=True):
    """A round in figures: requests a second, CPU and latencies in milliseconds."""

    per_second: float
    server_ms: float
    postgres_ms: float
    p50_ms: float
    p99_ms: float


class Figures(Struct, frozen=True):
    """What was measured. `cpu_ratio` is ours at its cheapest over pgbench's, `throughput_ratio` likewise at their fastest."""

    settings: dict[str, str]
    statuses: dict[int, int]
    written: dict[str, int]
    rounds: tuple[Met, ...]
    limits: tuple[Limit, ...]
    cpu_ratio: float
    throughput_ratio: float


class Bench(Struct, frozen=True):
    database: BenchDatabase
    api: RunningApi
    city: BenchCity
    resources: tuple[BenchResource, ...]
    postgres: int
    folder: Path

    async def ours(self, requests: Sequence[bytes]) -> Round:
        server, postgres = cpu_of(self.api.pids), cpu_of([self.postgres])
        met = await load(self.api, requests, CLIENTS)
        return Round(
            met,
            1000 * (cpu_of(self.api.pids) - server) / met.asked,
            1000 * (cpu_of([self.postgres]) - postgres) / met.asked,
        )

    @contextmanager
    def worker_halted(self) -> Iterator[None]:
        """PostgreSQL alone: the worker's clearing of the outbox belongs to ours, not to the limit."""
        for pid in self.api.worker_pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in self.api.worker_pids:
                os.kill(pid, signal.SIGCONT)

    def limit(self, clients: int, seconds: int, sample: "Sample") -> Limit:
        values = sample.values(self.city.name)
        ranges = dict.fromkeys(("i1", "i2", "i3", "i4", "i5", "i6", "i7"), (1, 9_000_000_000_000_000_000))
        file = self.folder / "bookings.sql"
        file.write_text(script(RECORD, values, ranges | {"r": (1, len(self.resources)), "h": (24, HOURS_AHEAD)}))
        url = self.database.app.url
        return measure(url, file, constants(values), clients=clients, seconds=seconds, postgres=self.postgres)

    def requests(self, dice: random.Random, count: int) -> list[bytes]:
        tokens = [self.api.token(self.city.name, new_id()) for _ in range(PEOPLE)]
        first = now().replace(minute=0, second=0, microsecond=0)

        def one() -> bytes:
            start = first + timedelta(hours=dice.randint(24, HOURS_AHEAD))
            body = {
                "service": Service.CHARGING,
                "resource_id": dice.choice(self.resources).id,
                "start": start,
                "end": start + timedelta(hours=1),
                "options": {"connector": "IEC_62196_T2"},
            }
            headers = {"Authorization": f"Bearer {dice.choice(tokens)}", "Idempotency-Key": new_id().hex}
            return http_request("POST", f"/v1/{self.city.name}/bookings", headers, msgspec.json.encode(body))

        return [one() for _ in range(count)]


# A charge point without limits, windows, approval, request or shared power.
NOTHING_ASKED = (32, 33, 34, 35, 36, 37, 38, 40, 41, 42, 43, 44, 45)


class Sample(Struct, frozen=True):
    """A stored answer of a real request, and when pgbench's bookings begin: its rows are as long as ours."""

    answer: str
    first: datetime

    def values(self, city: str) -> dict[int, object | Drawn]:
        """The parameters of RECORD, by number."""
        quote, terms = DOCUMENTS[Service.CHARGING]
        first = int(self.first.timestamp())
        begins = Drawn(f"to_timestamp({first} + :h::int * 3600)")
        ends = Drawn(f"to_timestamp({first + 3600} + :h::int * 3600)")
        person = UUID(int=1)
        ids = {2: _drawn_id("i1", "i2"), 20: _drawn_id("i3", "i4"), 22: _drawn_id("i5", "i6")}
        return ids | {
            1: city,
            3: "charging",
            4: Drawn("lpad(to_hex(:r::int), 32, '0')"),
            5: begins,
            6: ends,
            7: begins,
            8: ends,
            9: person,
            10: person,
            11: "held",
            12: "self",
            13: '{"connector":"IEC_62196_T2"}',
            14: quote,
            15: terms,
            16: "charging-standard",
            17: 1,
            18: Drawn("now() + interval '10 minutes'"),
            19: Drawn("now()"),
            21: "charging.charge_point_reserved",
            23: new_id(),
            24: "127.0.0.1",
            25: "createBooking",
            26: Drawn("to_hex(:i7::bigint)"),
            27: "f" * 64,
            28: 201,
            29: "application/json",
            30: self.answer,
            31: "charging.charge_point_reserved",
            **dict.fromkeys(NOTHING_ASKED, Drawn("NULL")),
            39: Drawn("false"),
        }


def _drawn_id(high: str, low: str) -> Drawn:
    return Drawn(f"lpad(to_hex(:{high}::bigint), 16, '0') || lpad(to_hex(:{low}::bigint), 16, '0')")


async def run(
    *, requests: int = 6000, seconds: int = 6, rounds: int = 2, processes: int = 2, say: Callable[[str], None] = print
) -> Figures:
    """Measure in turn and print, ours beside the limit."""
    with tempfile.TemporaryDirectory(prefix="kommobil-bench-") as path:
        folder = Path(path)
        async with bench_database() as database:
            city = BenchCity()
            made = await city.open(database.loader, 10_000)
            points = tuple(resource for resource in made if resource.service is Service.CHARGING)
            await _asked(database.loader, NUMBERED)
            async with running_api(database, folder, processes, worker=True) as api:
                postgres = await postmaster_of(database.loader)
                bench = Bench(database, api, city, points, postgres, folder)
                return await _measured(bench, requests=requests, seconds=seconds, rounds=rounds, say=say)


async def _measured(bench: Bench, *, requests: int, seconds: int, rounds: int, say: Callable[[str], None]) -> Figures:
    dice = random.Random(bench.city.seed)  # noqa: S311 - reproducible, no secret
    await bench.ours(bench.requests(dice, 500))  # so that statements are prepared and tokens known
    (answer,) = await _asked(bench.database.loader, "SELECT body FROM answers WHERE status = 201 LIMIT 1")
    sample = Sample(str(answer), now().replace(minute=0, second=0, microsecond=0))
    before = await _rows(bench)
    ours: list[Round] = []
    limits: list[Limit] = []
    for _ in range(rounds):
        ours.append(await bench.ours(bench.requests(dice, requests)))
        if not limits:
            after = await _rows(bench)
        await _drained(bench)
        with bench.worker_halted():
            limits.append(bench.limit(8, seconds, sample))
            limits.append(bench.limit(16, seconds, sample))
        await _drained(bench)
    settings = await postgres_settings(bench.database.loader)
    say("  ".join(f"{name}={value}" for name, value in settings.items()))
    say(
        f"on: row-level security, exclusion constraint, audit, callers, outbox with its worker, answers; {CLIENTS} clients"
    )
    written = {table: after[table] - before[table] for table in WRITTEN}
    told = ", ".join(f"{count} {table}" for table, count in written.items())
    say(f"written by the first {ours[0].load.asked} requests ({ours[0].load.statuses}): {told}")
    for met in ours:
        _say_round(met.met, say)
    for limit in limits:
        say(f"pgbench, {limit.clients:2} clients: {limit.per_second:6.0f}/s, PostgreSQL {limit.cpu_ms:.3f} ms CPU each")
    best = max(limits, key=lambda limit: limit.per_second)
    cheapest = min(limit.cpu_ms for limit in limits)
    mine = min(ours, key=lambda met: met.server_ms + met.postgres_ms)
    cpu = (mine.server_ms + mine.postgres_ms) / cheapest
    say(f"CPU per booking: {cpu:.2f} times pgbench's cheapest (goal: at most 4, better 3)")
    fastest = max(met.per_second for met in ours)
    say(f"throughput: {100 * fastest / best.per_second:.0f} % of pgbench's best (aim: 35 %)")
    return Figures(
        settings,
        ours[0].load.statuses,
        written,
        tuple(met.met for met in ours),
        tuple(limits),
        cpu,
        fastest / best.per_second,
    )


def _say_round(met: Met, say: Callable[[str], None]) -> None:
    say(
        f"POST /bookings:       {met.per_second:6.0f}/s, server {met.server_ms:.3f} ms + PostgreSQL {met.postgres_ms:.3f} ms"
        f" CPU each, p50 {met.p50_ms:.1f} ms, p99 {met.p99_ms:.1f} ms"
    )


async def _drained(bench: Bench) -> None:
    """Wait until the worker has caught up, so that no round pays for another's rows."""
    deadline = time.monotonic() + DRAINED_WITHIN_S
    while time.monotonic() < deadline:
        (waiting,) = await _asked(
            bench.database.loader, "SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL"
        )
        if not waiting:
            return
        await asyncio.sleep(0.2)
    raise TimeoutError("the worker did not catch up")


async def _rows(bench: Bench) -> dict[str, int]:
    """Rows ever inserted, by table: the relay takes finished outbox rows away again."""
    await asyncio.sleep(STATISTICS_LAG_S)
    counts = ", ".join(f"(SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = '{table}')" for table in WRITTEN)
    found = await _asked(bench.database.loader, f"SELECT {counts}")
    return dict(zip(WRITTEN, map(int, found), strict=True))


async def _asked(address: Address, sql: str) -> tuple[Any, ...]:
    connection = await asyncpg.connect(address.url)
    try:
        return tuple(await connection.fetchrow(sql) or ())
    finally:
        await connection.close()
