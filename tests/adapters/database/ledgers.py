"""A ledger in a city of its own, and hands that may do what the app may not."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any

import asyncpg
from msgspec import Struct
from sqlalchemy import text

from adapters.database.ledger.journal import SqlLedgers
from adapters.database.ledger.seals import SqlSeals
from domain.identity import City
from domain.ledger.entries import Entry
from infra.ids import new_id
from services.ledger.ports import OpenLedger, Recorded
from services.ledger.verifying import Verdict, verify
from tests.database import Databases
from tests.domain.ledger.facts import AT

CLOSE = "INSERT INTO ledger_periods (city, month, closed_at, closed_by) VALUES (:city, :month, :at, :by)"


class Books(Struct, frozen=True):
    databases: Databases
    city: City
    now: datetime = AT

    @property
    def ledgers(self) -> SqlLedgers:
        return SqlLedgers(self.databases.app.statements, lambda: self.now, new_id)

    @property
    def seals(self) -> SqlSeals:
        return SqlSeals(self.databases.app.transactions)

    async def post(self, *entries: Entry) -> int:
        async def post(open_: OpenLedger) -> int:
            return await open_.journal.post(entries)

        return await self.ledgers.work(self.city, post)

    async def known(self, *sources: str) -> tuple[Recorded, ...]:
        async def known(open_: OpenLedger) -> tuple[Recorded, ...]:
            return await open_.journal.known(sources)

        return await self.ledgers.work(self.city, known)

    async def seal(self, at_most: int = 100) -> int:
        return await self.seals.seal(self.city, at_most, self.now)

    async def verified(self, noted: str | None = None) -> Verdict:
        return await verify(self.city, seals=self.seals, noted=noted)

    async def close(self, month: date, at: datetime) -> None:
        await self.write(CLOSE, month=month, at=at, by=new_id())

    async def write(self, sql: str, **values: object) -> None:
        async with self.databases.app.transactions.city(self.city) as connection:
            await connection.execute(text(sql), {"city": self.city} | values)

    async def rows(self, sql: str, **values: object) -> Sequence[tuple[Any, ...]]:
        return await self.databases.rows(self.city, sql, **values)


async def some_books(databases: Databases) -> Books:
    return Books(databases, (await databases.new_city()).city)


@asynccontextmanager
async def superuser(url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Hands that no trigger and no policy holds back."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        yield connection
    finally:
        await connection.close()
