"""Bringing the schema up to date, one process at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 7_561_001  # any number, as long as every kommobil on this database takes the same one


def head() -> str:
    """The revision that this code needs."""
    return str(ScriptDirectory(str(SCRIPTS)).get_current_head())


async def revision(connection: AsyncConnection) -> str | None:
    """The revision that the database has."""
    return await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())


async def migrate(connection: AsyncConnection) -> None:
    """Upgrade to `head()` in the caller's transaction, as the owner; others wait until it is done."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
