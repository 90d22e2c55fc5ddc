"""Reading without writing: it may simply run again."""

from typing import Any

import asyncpg

from adapters.database.answering import BROKEN
from adapters.database.connections import Statements
from services.calls import Unavailable

ATTEMPTS = 2


async def read(statements: Statements, sql: str, *values: object) -> str | None:
    """The JSON text that one statement makes. Raises Unavailable where the database cannot answer now."""
    found: str | None = await read_value(statements, sql, *values)
    return found


async def read_value(statements: Statements, sql: str, *values: object) -> Any:
    """The one value, of whatever type it is. Raises Unavailable.

    A connection that broke is replaced once; that a server went away shows only when it is used.
    """
    for _ in range(ATTEMPTS):
        try:
            async with statements.session() as session:
                return await session.one(sql, *values)
        except (*BROKEN, asyncpg.PostgresConnectionError):
            continue
    raise Unavailable("the database does not answer")
