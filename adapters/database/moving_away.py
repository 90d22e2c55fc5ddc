"""A city's rows for moving away: every table that the app may read, within the city's walls, in one snapshot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

import asyncpg

from adapters.database.connections import Address
from domain.identity import City

Form: TypeAlias = Literal["csv", "jsonl"]

TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'city'
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND has_table_privilege(c.oid, 'SELECT')
ORDER BY c.relname
"""
LIMITS = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "timezone": "UTC"}
CONNECT_S = 10.0

# As CSV whose marks occur in no JSON, because the text format would double every backslash.
RAW: dict[str, Any] = {"format": "csv", "delimiter": "\x02", "quote": "\x01"}


class CityExport:
    """Open in one transaction that sees the city as it was at its beginning."""

    def __init__(self, connection: "asyncpg.Connection[Any]", city: City) -> None:
        self._connection = connection
        self._city = city

    async def tables(self) -> list[str]:
        return [row[0] for row in await self._connection.fetch(TABLES)]

    async def write(self, table: str, file: Path, form: Form) -> int:
        """Stream the table's rows into the file; how many there were."""
        options: dict[str, Any] = {"format": "csv", "header": True} if form == "csv" else RAW
        what = "*" if form == "csv" else "row_to_json(t)"
        done = await self._connection.copy_from_query(
            f'SELECT {what} FROM "{table}" t WHERE t.city = $1', self._city, output=file, **options
        )
        return int(done.removeprefix("COPY "))


@asynccontextmanager
async def city_export(address: Address, city: City) -> AsyncIterator[CityExport]:
    """As the app's role, so that not even a mistake here shows another city's rows."""
    settings = address.server_settings | LIMITS
    connection = await asyncpg.connect(address.url, server_settings=settings, timeout=CONNECT_S)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute("SELECT set_config('kommobil.city', $1, true)", city)
            yield CityExport(connection, city)
    finally:
        await connection.close()
