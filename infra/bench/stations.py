"""`kommobil bench stations`: so many charging stations at one process of the central system, on this machine.

Each says every ten seconds how it is and what its meter shows of a running transaction, while orders go to stations one after the other,
and bookings of charge points come in over the API. Everything is on: fsync, row-level security, schemas, the log of messages, audit,
outbox with its worker. The stations are sockets of this process, so their memory and CPU are not the central system's. It is killed twice:
while the stations begin their transactions, and under load; at last every transaction is ended, and counted in the database.
"""

import asyncio
import os
import random
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import asyncpg
import msgspec
import psutil  # type: ignore[import-untyped]  # its stubs are a package that nothing else needs
from msgspec import Struct

from adapters.database.charging.station_orders import SqlStationOrders, place_order
from adapters.database.connections import Database, connect
from adapters.ocpp.simulated.crowd import Crowd, Plan
from domain.booking.resources import Service
from domain.charging.orders import OrderId, StationOrder, Unlock
from domain.charging.stations import ChargingStationId, SecurityProfile
from domain.identity import City
from infra.bench.city import BenchCity, BenchResource
from infra.bench.running import Connection, RunningApi, http_request, running_api
from infra.bench.scaffold import BenchDatabase, bench_database, cpu_of, postgres_settings, postmaster_of
from infra.bench.waiting import until
from infra.clock import now
from infra.ids import new_id
from infra.serving import ocpp_program
from infra.settings import Settings
from infra.supervision import LIFELINE

STATIONS = """
INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest)
SELECT $1::text, s.id, (SELECT p.id FROM stations p WHERE p.city = $1::text LIMIT 1), s.identity, 'basic', s.digest
FROM unnest($2::uuid[], $3::text[], $4::text[]) s (id, identity, digest)
"""
COUNTED = """
SELECT json_build_object('sessions', (SELECT count(*) FROM charging_sessions WHERE city = $1::text),
  'stations', (SELECT count(DISTINCT charging_station_id) FROM charging_sessions WHERE city = $1::text),
  'over', (SELECT count(*) FROM charging_sessions WHERE city = $1::text AND over_at IS NOT NULL),
  'messages', (SELECT count(*) FROM station_messages WHERE city = $1::text))::text
"""
# Each is told again every minute, as none of these stations stops: there may never be a moment in which nothing waits.
ANSWERED = (
    "SELECT count(DISTINCT charging_station_id) FROM station_orders WHERE city = $1::text AND answered_at IS NOT NULL"
)
OPEN = """
SELECT format('%s orders wait, %s of them for an answer', count(*), count(sent_at)) FROM station_orders
WHERE city = $1::text AND answered_at IS NULL AND expires_at > now()
"""
PEOPLE, CLIENTS, HOURS_AHEAD = 64, 8, 24 * 60
ORDER_EVERY_S = 0.1
TOKEN = "BENCH"  # noqa: S105 - a card that nobody knows: every start is answered all the same


class Counted(Struct, frozen=True):
    """In the database: sessions and their stations, those that are over, messages."""

    sessions: int
    stations: int
    over: int
    messages: int


class Figures(Struct, frozen=True):
    """Seconds until all stations were there, after a kill in their midst and after one under load; the process's largest memory in MiB; round trips of orders in
    milliseconds; messages and bookings a second; shares of a core; what was counted at last."""

    stations: int
    connected_s: float
    rss_mib: float
    orders: int
    order_p50_ms: float
    order_p99_ms: float
    messages_per_s: float
    refused: dict[str, int]
    bookings_per_s: float
    bookings: dict[int, int]
    central_cores: float
    postgres_cores: float
    reconnected_s: float
    counted: Counted


class Bench(Struct, frozen=True):
    database: BenchDatabase
    app: Database
    api: RunningApi
    city: City
    points: Sequence[BenchResource]
    stations: dict[str, ChargingStationId]
    folder: Path
    listener: socket.socket

    @asynccontextmanager
    async def central(self) -> AsyncIterator[int]:
        """One process of the central system, by its process id; killed at the end, as by `kill -9`."""
        settings = Settings(
            data=self.folder,
            database_url=self.database.owner.url,
            app_database_url=self.database.app.url if self.database.app.role is None else None,
            relay_database_url=self.database.relay.url if self.database.relay.role is None else None,
        )
        program = ocpp_program(settings, {SecurityProfile.BASIC: self.listener})
        lifeline, ours = os.pipe()
        process = subprocess.Popen(  # noqa: ASYNC220 - forking takes a moment, and nothing else runs yet
            list(program.command),
            env={**os.environ, **program.environment, LIFELINE: str(lifeline)},
            pass_fds=(*program.descriptors, lifeline),
        )
        os.close(lifeline)
        try:
            yield process.pid
        finally:
            process.kill()
            process.wait(10)
            os.close(ours)

    async def orders(self, dice: random.Random, seconds: float) -> list[float]:
        """Round trips, from the transaction that places an order to its answer in the database, in seconds."""
        books, took, until = SqlStationOrders(self.app, new_id), list[float](), time.monotonic() + seconds

        async def one(station: ChargingStationId) -> None:
            began, at = time.perf_counter(), now()
            order = StationOrder(OrderId(new_id()), station, Unlock(1), at, at + timedelta(minutes=1))
            async with self.app.transactions.city(self.city) as connection:
                await place_order(connection, self.city, order)
            while await books.find(self.city, order.id) is None:  # noqa: ASYNC110 - only the database knows
                await asyncio.sleep(0.005)
            took.append(time.perf_counter() - began)

        under_way = set[asyncio.Task[None]]()
        while time.monotonic() < until:
            under_way.add(asyncio.create_task(one(dice.choice(list(self.stations.values())))))
            await asyncio.sleep(ORDER_EVERY_S)
        await asyncio.gather(*under_way)
        return sorted(took)

    async def all_answered(self) -> None:
        """Every station has begun a transaction with a card that nobody knows, and is told to stop it: until each has answered."""
        connection = await asyncpg.connect(self.database.loader.url)

        async def answered() -> int:
            return int(await connection.fetchval(ANSWERED, self.city))

        async def told(most: int) -> str:
            return (
                f"{most} of {len(self.stations)} stations have answered, {await connection.fetchval(OPEN, self.city)}"
            )

        try:
            await until(answered, len(self.stations), told)
        finally:
            await connection.close()

    async def book(self, dice: random.Random, per_second: int, seconds: float) -> dict[int, int]:
        """Bookings at that pace; how they were answered."""
        tokens = [self.api.token(self.city, new_id()) for _ in range(PEOPLE)]
        first = now().replace(minute=0, second=0, microsecond=0)
        statuses: dict[int, int] = {}
        due = iter(range(int(per_second * seconds)))
        began = time.monotonic()

        async def client() -> None:
            async with Connection(self.api.host, self.api.port) as connection:
                for number in due:
                    await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
                    start = first + timedelta(hours=dice.randint(24, HOURS_AHEAD))
                    body = {"service": Service.CHARGING, "resource_id": dice.choice(self.points).id, "start": start}
                    body |= {"end": start + timedelta(hours=1), "options": {"connector": "IEC_62196_T2"}}
                    headers = {"Authorization": f"Bearer {dice.choice(tokens)}", "Idempotency-Key": new_id().hex}
                    path = f"/v1/{self.city}/bookings"
                    status, _ = await connection.ask(http_request("POST", path, headers, msgspec.json.encode(body)))
                    statuses[status] = statuses.get(status, 0) + 1

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return statuses

    async def counted(self) -> Counted:
        connection = await asyncpg.connect(self.database.loader.url)
        try:
            return msgspec.json.decode(await connection.fetchval(COUNTED, self.city), type=Counted)
        finally:
            await connection.close()


async def run(
    *,
    stations: int = 1000,
    seconds: int = 60,
    bookings: int = 50,
    processes: int = 1,
    say: Callable[[str], None] = print,
) -> Figures:
    """Measure, and print what is to be said of it. Raises Stalled where stations come, answer or end no more."""
    with tempfile.TemporaryDirectory(prefix="kommobil-bench-") as path:
        async with bench_database() as database:
            city = BenchCity()
            made = await city.open(database.loader, 2_000)
            points = tuple(resource for resource in made if resource.service is Service.CHARGING)
            keys = {f"BENCH-{number}": new_id().hex for number in range(stations)}
            ids = {identity: ChargingStationId(new_id()) for identity in keys}
            await _register(database, city.name, keys, ids)
            app = connect(database.app, hot=2, cold=6)
            with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
                listener.set_inheritable(True)
                try:
                    async with running_api(database, Path(path), processes, worker=True) as api:
                        bench = Bench(database, app, api, city.name, points, ids, Path(path), listener)
                        return await _measured(bench, keys, seconds, bookings, say)
                finally:
                    await app.close()


async def _measured(
    bench: Bench, keys: dict[str, str], seconds: int, per_second: int, say: Callable[[str], None]
) -> Figures:
    dice = random.Random(1)  # noqa: S311 - reproducible, no secret
    settings = await postgres_settings(bench.database.loader)
    say("  ".join(f"{name}={value}" for name, value in settings.items()))
    say("on: row-level security, schemas of every message, the log of messages, audit, outbox with its worker")
    postgres = await postmaster_of(bench.database.loader)
    url = f"ws://127.0.0.1:{bench.listener.getsockname()[1]}/ocpp/{bench.city}"
    crowd = Crowd(Plan(url, keys, TOKEN), now, dice)
    try:
        crowd.begin()
        async with bench.central():
            await _there(crowd, len(keys) // 2)
        crowd.there.clear()
        async with bench.central() as pid:
            connected = await _timed(lambda: _there(crowd, len(keys)))
            say(f"{len(keys)} stations were there after {connected:.1f} s, {_rss(pid):.0f} MiB")
            settled = await _timed(bench.all_answered)
            say(
                f"what they were told at once, each to stop a transaction of nobody's, was answered {settled:.1f} s later"
            )
            before, cpu = crowd.sent.total(), (cpu_of([pid]), cpu_of([postgres]))
            began = time.monotonic()
            took, statuses = await asyncio.gather(bench.orders(dice, seconds), bench.book(dice, per_second, seconds))
            lasted = time.monotonic() - began
            said = (crowd.sent.total() - before) / lasted
            cores = ((cpu_of([pid]) - cpu[0]) / lasted, (cpu_of([postgres]) - cpu[1]) / lasted)
            memory = _rss(pid)
        crowd.there.clear()
        async with bench.central():
            reconnected = await _timed(lambda: _there(crowd, len(keys)))
            crowd.end_transactions()
            await _all_in(crowd.ended, len(keys), "have ended their transactions")
            await asyncio.sleep(1)  # for the log, which is written a moment later
    finally:
        await crowd.stop()
    figures = Figures(
        stations=len(keys),
        connected_s=connected,
        rss_mib=memory,
        orders=len(took),
        order_p50_ms=_percentile(took, 0.5),
        order_p99_ms=_percentile(took, 0.99),
        messages_per_s=said,
        refused=dict(crowd.refused),
        bookings_per_s=sum(statuses.values()) / lasted,
        bookings=statuses,
        central_cores=cores[0],
        postgres_cores=cores[1],
        reconnected_s=reconnected,
        counted=await bench.counted(),
    )
    _tell(figures, say)
    return figures


def _tell(figures: Figures, say: Callable[[str], None]) -> None:
    say(
        f"{figures.messages_per_s:.0f} messages/s, {figures.bookings_per_s:.0f} bookings/s {figures.bookings}, {figures.rss_mib:.0f} MiB,"
        f" central system {figures.central_cores:.2f} cores, PostgreSQL {figures.postgres_cores:.2f}"
    )
    say(
        f"{figures.orders} orders: p50 {figures.order_p50_ms:.0f} ms, p99 {figures.order_p99_ms:.0f} ms from the transaction to the answer"
    )
    counted = figures.counted
    say(f"killed: all stations were back after {figures.reconnected_s:.1f} s")
    say(
        f"transactions: {counted.sessions} of {counted.stations} stations, {counted.over} over; {counted.messages} messages in the log;"
        f" errors {figures.refused or 'none'}"
    )


async def _register(
    database: BenchDatabase, city: City, keys: dict[str, str], ids: dict[str, ChargingStationId]
) -> None:
    connection = await asyncpg.connect(database.loader.url)
    try:
        digests = [sha256(key.encode()).hexdigest() for key in keys.values()]
        await connection.execute(STATIONS, city, [ids[identity] for identity in keys], list(keys), digests)
        await connection.execute("ANALYZE charging_stations")
    finally:
        await connection.close()


async def _there(crowd: Crowd, count: int) -> None:
    await _all_in(crowd.there, count, "are there")


async def _all_in(stations: set[str], wanted: int, doing: str) -> None:
    async def count() -> int:
        return len(stations)

    async def told(most: int) -> str:
        return f"{most} of {wanted} stations {doing}"

    await until(count, wanted, told, pause_s=0.05)


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    began = time.monotonic()
    await work()
    return time.monotonic() - began


def _rss(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Milliseconds."""
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]
