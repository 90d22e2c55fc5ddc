"""Reading without writing: it may simply run again."""

import asyncpg

from adapters.database.answering import BUSY, sqlstate
from adapters.database.connections import Statements
from services.calls import Unavailable

ATTEMPTS = 2


async def read(statements: Statements, sql: str, *values: object) -> str | None:
    """The JSON text that one statement makes. Raises Unavailable where the database cannot answer now.

    A connection that broke is replaced once; that a server went away shows only when it is used.
    """
    for _ in range(ATTEMPTS):
        try:
            async with statements.session() as session:
                found: str | None = await session.one(sql, *values)
                return found
        except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError):
            continue
        except asyncpg.PostgresError as error:
            if sqlstate(error) in BUSY:
                raise Unavailable("the database is busy") from error
            raise
    raise Unavailable("the database does not answer")
