"""What every benchmark stands on: a PostgreSQL of its own, a city in it, and the CPU that processes took."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil  # type: ignore[import-untyped]  # its stubs are a package that nothing else needs
from msgspec import Struct

from adapters.database.connections import Address
from adapters.database.migrating import migrate
from infra.embedded import DataFolder, PostgresServer
from infra.ids import new_id

ROLES = ("kommobil_app", "kommobil_relay")
SHOWN_SETTINGS = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "max_connections",
)


class BenchDatabase(Struct, frozen=True):
    """One empty, migrated database, as each role finds it. `loader` is above row security, to fill it."""

    owner: Address
    app: Address
    relay: Address
    loader: Address


WAL_FILES = 64


@asynccontextmanager
async def bench_database(url: str | None = None) -> AsyncIterator[BenchDatabase]:
    """A database that ends with the benchmark.

    Without `url` it is an embedded PostgreSQL with the settings of the product (fsync on) in a temporary folder, and dies
    with a benchmark that is killed; its WAL files are there before, as where it has run for a while: making one holds up
    every commit, here for up to half a second. With `url`, the address of a superuser, it is a new database on that server: what is there
    already is not touched.
    """
    if url is None:
        with _embedded() as found:
            await migrate(found.owner)
            await _written_for_a_while(found.loader)
            yield found
        return
    async with _on_server(url) as found:
        await migrate(found.owner)
        yield found


async def _written_for_a_while(superuser: Address) -> None:
    """A gigabyte of WAL files that a checkpoint has kept to be written again."""
    connection = await asyncpg.connect(superuser.url)
    try:
        await connection.execute("ALTER SYSTEM SET min_wal_size = '1GB'")
        await connection.execute("SELECT pg_reload_conf()")
        for _ in range(WAL_FILES):
            await connection.execute("SELECT pg_logical_emit_message(false, 'bench', 'x')")
            await connection.execute("SELECT pg_switch_wal()")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


@contextmanager
def _embedded() -> Iterator[BenchDatabase]:
    with tempfile.TemporaryDirectory(prefix="kommobil-bench-", ignore_cleanup_errors=True) as path:
        folder = DataFolder(Path(path))
        with folder.owned(), PostgresServer(folder, say=lambda _: None, is_leashed=True) as urls:
            yield BenchDatabase(Address(urls.owner), Address(urls.app), Address(urls.relay), Address(urls.superuser))


@asynccontextmanager
async def _on_server(url: str) -> AsyncIterator[BenchDatabase]:
    name = f"kommobil_bench_{new_id().hex[-12:]}"
    server = await asyncpg.connect(url)
    try:
        for role in ROLES:
            if not await server.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await server.execute(f"CREATE ROLE {role} NOLOGIN")
        await server.execute(f"CREATE DATABASE {name}")
        ours = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        try:
            app, relay = (Address(ours, role) for role in ROLES)
            yield BenchDatabase(owner=Address(ours), app=app, relay=relay, loader=Address(ours))
        finally:
            await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await server.close()


async def postgres_settings(address: Address) -> dict[str, str]:
    """The server's settings that a number must be read with."""
    connection = await asyncpg.connect(address.url)
    try:
        return {name: await connection.fetchval("SELECT current_setting($1)", name) for name in SHOWN_SETTINGS}
    finally:
        await connection.close()


def cpu_of(pids: Iterable[int]) -> float:
    """Seconds of CPU, user and system, that the processes and all their living children have taken so far.

    Children that ended count with their parent, as the kernel adds them up. Read it before and after.
    """
    total = 0.0
    for pid in pids:
        family = [psutil.Process(pid)]
        family += family[0].children(recursive=True)
        for process in family:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


async def postmaster_of(address: Address) -> int:
    """The process that all backends of a server on this machine are children of."""
    connection = await asyncpg.connect(address.url)
    try:
        return int(psutil.Process(await connection.fetchval("SELECT pg_backend_pid()")).ppid())
    finally:
        await connection.close()
