"""Legal holds by people who call, each in a transaction with its answer."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Transactions
from adapters.database.retention.deleting import ALONE
from adapters.database.retention.holds import SqlHolds
from adapters.database.sheets import Sheet
from adapters.database.transacting import answered_in_city
from services.calls import Answer, Call
from services.retention.ports import Holds


class SqlHoldBooks:
    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def answered(self, call: Call[Any], do: Callable[[Holds], Awaitable[Any]]) -> Answer:
        async def work(connection: AsyncConnection, now: datetime) -> Any:
            sheet = Sheet(connection, call.city, call.actor.id, call.request_id, now, self._new_id)
            await sheet.rows(ALONE)
            return await do(SqlHolds(sheet))

        return await answered_in_city(self._transactions, call, work, self._clock)
