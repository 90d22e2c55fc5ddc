"""Legal holds by people who call, each in a transaction with its answer."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.database.answering import answered_once, nothing_lapses
from adapters.database.changes import answered_before, write_answer
from adapters.database.connections import Transactions
from adapters.database.holds import SqlHolds
from adapters.database.operator import Sheet
from adapters.database.retention import ALONE
from services.calls import Answer, Call
from services.retention.ports import Holds


class SqlHoldBooks:
    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def answered(self, call: Call[Any], do: Callable[[Holds], Awaitable[Any]]) -> Answer:
        async def once() -> Answer:
            now = self._clock()
            async with self._transactions.city(call.city) as connection:
                await answered_before(connection, call)
                sheet = Sheet(connection, call.city, call.actor.id, call.request_id, now, self._new_id)
                await sheet.rows(ALONE)
                answer = call.answer(await do(SqlHolds(sheet)))
                if call.key and answer.status < 300:
                    await write_answer(connection, call, answer, now)
                return answer

        return await answered_once(call, once, nothing_lapses)
