"""Bringing the schema up to date while the product serves, one process at a time.

Each revision is a transaction of its own that waits for a lock no longer than the product's patience and is then tried
again, so nobody queues up behind it for long. What takes long is built in steps that block nobody
(`adapters/database/online.py`). Decision 0013 says what a revision may do.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec import Struct
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from adapters.database.answering import sqlstate
from adapters.database.connections import Address

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 7_561_001  # any number, as long as every kommobil on this database takes the same one

# Seconds.
CONNECT = 10.0
TURN = 600.0  # for another process that migrates
LOCKS = 120.0  # for locks that the product holds
PAUSE = 0.3
NOT_GIVEN = frozenset({"55P03", "40P01"})

# What was done to this schema, in order, so that an older program knows whether it may still work on it.
STEPS = """
DO $$
BEGIN
  IF to_regclass('schema_steps') IS NULL THEN
    CREATE TABLE schema_steps (number int NOT NULL, revision text NOT NULL, works_since text, done_at timestamptz NOT NULL);
    GRANT SELECT ON schema_steps TO kommobil_app, kommobil_relay;
  END IF;
END $$
"""
STEP = """
INSERT INTO schema_steps (number, revision, works_since, done_at)
SELECT coalesce(max(number), 0) + 1, :revision, :works_since, now() FROM schema_steps
HAVING NOT coalesce(bool_or(revision = :revision), false)
"""
# Whether the database has come from ours to what was found in it, and nothing that we use was taken away on the way.
STILL_FITS = text("""
SELECT coalesce(bool_or(later.revision = :found), false) AND bool_and(later.works_since IS NULL OR coalesce(since.number <= ours.number, false))
FROM schema_steps ours
JOIN schema_steps later ON later.number > ours.number
LEFT JOIN schema_steps since ON since.revision = later.works_since
WHERE ours.revision = :head
""")

Say = Callable[[str], None]


class Busy(Exception):
    """The schema could not be changed now: others held what it needs. Nothing was left half done; try again."""


class Standing(StrEnum):
    """The database's schema as this program sees it."""

    CURRENT = "current"
    NEWER = "newer"
    """A newer program has added to it; this one works on it as before."""
    BEHIND = "behind"
    BEYOND = "beyond"
    """A newer program has taken away what this one needs, or it is another schema altogether."""


class Migrated(Struct, frozen=True):
    """The revision before (None: an empty database) and now."""

    was: str | None
    now: str


def head(scripts: Path = SCRIPTS) -> str:
    """The revision that this code needs."""
    return str(ScriptDirectory(str(scripts)).get_current_head())


async def revision(connection: AsyncConnection) -> str | None:
    """The revision that the database has."""
    return await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())


async def standing(connection: AsyncConnection, scripts: Path = SCRIPTS) -> Standing:
    """Whether this program can work on the database; one short statement where the schema is the one it was made for."""
    directory = ScriptDirectory(str(scripts))
    ours, found = str(directory.get_current_head()), await revision(connection)
    if found == ours:
        return Standing.CURRENT
    if found is None or found in {script.revision for script in directory.walk_revisions()}:
        return Standing.BEHIND
    if not (await connection.execute(text("SELECT to_regclass('schema_steps') IS NOT NULL"))).scalar_one():
        return Standing.BEYOND
    fits = (await connection.execute(STILL_FITS, {"head": ours, "found": found})).scalar_one()
    return Standing.NEWER if fits else Standing.BEYOND


@asynccontextmanager
async def alone(address: Address, say: Say, patience: float = TURN) -> AsyncIterator[AsyncConnection]:
    """A connection of the owner's, outside of any transaction, while no other process migrates. Raises Busy.

    The address leads to PostgreSQL itself: the lock belongs to the session. It is asked for again and again, because
    whoever waited inside PostgreSQL would hold a snapshot, and an index that is built meanwhile waits for those.
    """

    async def connect() -> Any:
        return await asyncpg.connect(address.url, server_settings=address.server_settings, timeout=CONNECT)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            deadline, told = time.monotonic() + patience, False
            while not await _ours(connection):
                if time.monotonic() > deadline:
                    raise Busy("another process migrates this database and does not come to an end")
                if not told:
                    say("another process migrates this database; waiting for it")
                    told = True
                await asyncio.sleep(PAUSE)
            yield connection
    finally:
        await engine.dispose()  # and with the session goes the lock


async def _ours(connection: AsyncConnection) -> bool:
    given = (await connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK})).scalar_one()
    await connection.commit()
    return bool(given)


async def upgrade(connection: AsyncConnection, say: Say, scripts: Path = SCRIPTS, patience: float = LOCKS) -> Migrated:
    """Upgrade to `head()` on a connection from `alone`. Raises Busy where a lock was not to be had."""
    was = await revision(connection)
    await connection.rollback()
    deadline = time.monotonic() + patience
    while True:
        try:
            await connection.run_sync(_upgrade, scripts)
        except DBAPIError as error:
            await connection.rollback()
            if sqlstate(error) not in NOT_GIVEN:
                raise
            if time.monotonic() > deadline:
                raise Busy("a lock that the schema's change needs was not given; see `kommobil doctor`") from error
            say("a lock is not given; nobody is kept waiting, it is tried again")
            await asyncio.sleep(PAUSE * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
        else:
            return Migrated(was, head(scripts))


async def migrate(address: Address, say: Say = lambda _: None, scripts: Path = SCRIPTS) -> Migrated:
    """`alone` and `upgrade`, for a database whose roles are there already."""
    async with alone(address, say) as connection:
        return await upgrade(connection, say, scripts)


def _upgrade(connection: Connection, scripts: Path) -> None:
    _keep_steps(connection, scripts)
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["connection"] = connection
    config.attributes["on_version_apply"] = lambda *, ctx, step, **_: _note(
        ctx.connection, ctx.script.get_revision(step.up_revision_id)
    )
    command.upgrade(config, "head")


def _keep_steps(connection: Connection, scripts: Path) -> None:
    """Begin the list of steps; one that began before there was a list is made up for."""
    connection.exec_driver_sql(STEPS)
    found = MigrationContext.configure(connection).get_current_revision()
    directory = ScriptDirectory(str(scripts))
    known = {script.revision for script in directory.walk_revisions()}
    if found in known:
        for script in reversed(list(directory.iterate_revisions(found, "base"))):
            _note(connection, script)
    connection.commit()


def _note(connection: Connection, script: Any) -> None:
    """`works_since` of a contracting revision: the revision from which on programs do without what it takes away."""
    works_since = getattr(script.module, "works_since", None)
    connection.execute(text(STEP), {"revision": script.revision, "works_since": works_since})
