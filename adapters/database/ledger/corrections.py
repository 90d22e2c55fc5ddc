"""Corrections of the ledger by hand, each in a transaction with its answer."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.changes import write_note
from adapters.database.connections import Transactions, Within
from adapters.database.ledger.journal import SqlJournal
from adapters.database.ledger.reading import entry_of
from adapters.database.transacting import answered_in_city
from domain.ledger.entries import EntryId
from services.calls import Answer, Call
from services.ledger.correcting import Corrections
from services.ledger.ports import Recorded


class SqlCorrections:
    def __init__(self, connection: AsyncConnection, call: Call[Any], now: datetime, new_id: Callable[[], UUID]) -> None:
        self._connection = connection
        self._call = call
        self._now = now
        self._new_id = new_id
        self._journal = SqlJournal(Within(connection), call.city, now, new_id)

    @property
    def journal(self) -> SqlJournal:
        return self._journal

    async def entry(self, entry_id: EntryId) -> Recorded | None:
        return await entry_of(self._connection, self._call.city, entry_id)

    async def note(self, action: str, entry_id: EntryId) -> None:
        await write_note(self._connection, self._call, action, entry_id, tell=False, new_id=self._new_id, now=self._now)


class SqlCorrectionBooks:
    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def answered(self, call: Call[Any], do: Callable[[Corrections], Awaitable[Any]]) -> Answer:
        async def work(connection: AsyncConnection, now: datetime) -> Any:
            return await do(SqlCorrections(connection, call, now, self._new_id))

        return await answered_in_city(self._transactions, call, work, self._clock)
