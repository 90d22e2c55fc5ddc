"""Opening the books of a fleet: one transaction in one city, and again where somebody was quicker."""

from collections.abc import Awaitable, Callable, Set
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Transactions
from adapters.database.operator import Sheet
from adapters.database.transacting import answered_in_city, in_city
from domain.identity import City
from services.calls import Answer, Call

T = TypeVar("T")


class SqlFleetDesk:
    """Opens the books of a fleet for one call, in one transaction, and again where somebody was quicker."""

    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def work(self, city: City, by: UUID, request_id: str, do: Callable[[Sheet], Awaitable[T]]) -> T:
        async def work(connection: AsyncConnection) -> T:
            return await do(Sheet(connection, city, by, request_id, self._clock(), self._new_id))

        return await in_city(self._transactions, city, work)

    async def answered(
        self, call: Call[Any], do: Callable[[Sheet], Awaitable[Any]], not_final: Set[StrEnum] = frozenset()
    ) -> Answer:
        """The same for a call with a key: what is asked again is answered as before, unless that is `not_final`."""

        async def work(connection: AsyncConnection, now: datetime) -> Any:
            return await do(Sheet(connection, call.city, call.actor.id, call.request_id, now, self._new_id))

        return await answered_in_city(self._transactions, call, work, self._clock, not_final)
