"""Looking at the bookings from outside, as the database's superuser and with statements of the tests' own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from domain.identity import City

EVERY_S = 0.2

Sql: TypeAlias = "asyncpg.Connection[Any]"

# Of the bookings themselves, not of the claims that are to keep them apart. One statement is one snapshot.
OVERLAPS = """
WITH live AS MATERIALIZED (
  SELECT id, resource_id, starts, ends FROM bookings WHERE city = $1 AND state IN ('held', 'confirmed', 'in_use'))
SELECT a.id, b.id FROM live a JOIN live b
  ON b.resource_id = a.resource_id AND b.id > a.id AND b.starts < a.ends AND a.starts < b.ends
"""
# Each session's count arrives there a second or so after the fact; PostgreSQL's log is the faster witness.
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@asynccontextmanager
async def superuser(url: str) -> AsyncIterator[Sql]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


class Observer:
    """Collects every pair of live bookings of one city that hold the same resource at the same time."""

    def __init__(self, connection: Sql, city: City) -> None:
        self._connection = connection
        self._city = city
        self.looks = 0
        self.overlaps: set[tuple[UUID, UUID]] = set()

    async def look(self) -> None:
        found = await self._connection.fetch(OVERLAPS, self._city)
        self.looks += 1
        self.overlaps.update((row[0], row[1]) for row in found)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look every 0.2 seconds meanwhile, and once more at the end."""

        async def watch() -> None:
            while True:
                await self.look()
                await asyncio.sleep(EVERY_S)

        eyes = asyncio.create_task(watch())
        try:
            yield
        finally:
            eyes.cancel()
            await asyncio.gather(eyes, return_exceptions=True)
        await self.look()


async def constraints_of_claims(connection: Sql) -> dict[str, str]:
    """The two that keep claims apart, with their definitions: the exclusion, and the key, which holds the start."""
    found = await connection.fetch(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'claims'::regclass AND contype IN ('x', 'p')"
    )
    return {row[0]: row[1] for row in found}


@asynccontextmanager
async def nothing_keeps_claims_apart(connection: Sql, city: City) -> AsyncIterator[None]:
    """Without these constraints meanwhile; afterwards they stand again, and the city's claims are gone."""
    constraints = await constraints_of_claims(connection)
    assert set(constraints) == {"one_claim_at_a_time", "claims_pkey"}
    for name in constraints:
        await connection.execute(f"ALTER TABLE claims DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        await connection.execute("DELETE FROM claims WHERE city = $1", city)
        for name, definition in constraints.items():
            await connection.execute(f"ALTER TABLE claims ADD CONSTRAINT {name} {definition}")
