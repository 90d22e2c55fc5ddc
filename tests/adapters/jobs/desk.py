"""An outbox to work at: what a test writes into it, a clock that is moved by hand, and what became of the entries."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import insert, select, update

from adapters.database import tables
from adapters.database.outbox import SqlOutbox
from domain.identity import City
from infra.ids import new_id
from services.jobs.ports import Entry
from tests.database import Databases


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for what another task or process brings about. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is no event: the effect itself is looked at
            await asyncio.sleep(0.005)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


class Effect:
    """An effect that happens once per entry, however often it is asked for; it fails while it is told to."""

    def __init__(self) -> None:
        self.asked: Counter[UUID] = Counter()
        self.happened: set[UUID] = set()
        self.fail_with: Exception | None = None

    async def __call__(self, entry: Entry) -> None:
        self.asked[entry.id] += 1
        if self.fail_with is not None:
            raise self.fail_with
        self.happened.add(entry.id)

    def has_happened(self, times: int) -> bool:
        return len(self.happened) >= times


class Row(Struct, frozen=True):
    """An entry as it stands in the table; `state` is open, done or dead."""

    state: str
    attempts: int
    failure: str | None
    due_at: datetime


class Desk:
    """The outbox of one database, empty at first, and one city that writes into it."""

    def __init__(self, database: Databases, city: City, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.city = city
        self.clock = clock
        self.outbox = SqlOutbox(database.relay.statements)

    async def write(self, kind: str, count: int = 1) -> list[UUID]:
        """What use cases write beside their changes; the ids."""
        now = self.clock()
        ids = [new_id() for _ in range(count)]
        rows: list[dict[str, Any]] = [
            {"city": self.city, "id": id_, "kind": kind, "subject_id": new_id(), "written_at": now, "due_at": now}
            for id_ in ids
        ]
        async with self.database.app.transactions.city(self.city) as connection:
            await connection.execute(insert(tables.outbox), rows)
        return ids

    async def write_one(self, kind: str) -> UUID:
        return (await self.write(kind))[0]

    async def rows(self) -> dict[UUID, Row]:
        """Every entry that is still in the table."""
        async with self.database.app.transactions.city(self.city) as connection:
            found = await connection.execute(select(tables.outbox))
            return {
                row.id: Row(
                    "dead" if row.dead_at else "done" if row.done_at else "open",
                    row.attempts,
                    row.failure,
                    row.due_at,
                )
                for row in found
            }

    async def lapse_leases(self) -> None:
        """As if the time had passed for which claimed entries are kept from others."""
        async with self.database.app.transactions.city(self.city) as connection:
            await connection.execute(update(tables.outbox).values(due_at=tables.outbox.c.written_at))

    async def states(self, ids: Sequence[UUID]) -> Counter[str]:
        """How many of the entries are open, done, dead or gone."""
        rows = await self.rows()
        return Counter(rows[id_].state if id_ in rows else "gone" for id_ in ids)
