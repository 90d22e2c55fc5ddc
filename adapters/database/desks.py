"""A desk: one transaction in one city in which something is read, decided and written down, with the news of it.

What is done there unasked is done until it is through; what a call asks for is answered once for its key.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import answered_once, nothing_lapses, through
from adapters.database.changes import NOTE, answered_before, write_answer
from adapters.database.connections import Transactions
from domain.identity import SYSTEM, City, PersonId
from services.calls import Answer, Call

T = TypeVar("T")

UNASKED = "settlement"  # the request, in the audit trail, of what nobody asked for
LOCK = text("SELECT 1 FROM bookings WHERE city = :city AND id = :id FOR UPDATE")


class OpenDesk(Struct, frozen=True):
    """Open for one piece of work; `by` is who does it, `now` when it was begun."""

    connection: AsyncConnection
    city: City
    by: PersonId
    request_id: str
    address: str
    now: datetime
    new_id: Callable[[], UUID]

    async def lock(self, booking_id: UUID) -> None:
        """Nobody else gets at the booking's money until the transaction is over. What is to be seen as it is by then is read
        by a statement of its own: one that had to wait for the lock would have read what was before it."""
        await self.connection.execute(LOCK, {"city": self.city, "id": booking_id})

    async def note(self, action: str, subject_id: UUID) -> None:
        """Leave a line in the audit trail, and tell whoever acts on it."""
        said = {"action": action, "subject_id": subject_id, "actor_id": self.by, "request_id": self.request_id}
        ids = {"outbox_id": self.new_id(), "audit_id": self.new_id()}
        more = {"city": self.city, "address": self.address, "tell": True, "now": self.now}
        await self.connection.execute(NOTE, said | ids | more)


class Desks:
    """`written` is called after each piece of work, to wake whoever reads the outbox."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        written: Callable[[], None],
    ) -> None:
        self.transactions = transactions
        self._clock = clock
        self._new_id = new_id
        self._written = written

    async def work(self, city: City, do: Callable[[OpenDesk], Awaitable[T]]) -> T:
        """Do it, and again from the start where somebody was quicker. Raises Unavailable."""

        async def once() -> T:
            async with self.transactions.city(city) as connection:
                return await do(self._open(connection, city, SYSTEM, UNASKED))

        done = await through(once)
        self._written()
        return done

    async def answered(self, call: Call[Any], do: Callable[[OpenDesk], Awaitable[Any]]) -> Answer:
        """The same for a call: its outcome is answered, and the answer kept in the same transaction. Raises Unavailable."""

        async def once() -> Answer:
            async with self.transactions.city(call.city) as connection:
                await answered_before(connection, call)
                desk = self._open(connection, call.city, call.actor.id, call.request_id, call.address)
                answer = call.answer(await do(desk))
                if answer.is_kept:
                    await write_answer(connection, call, answer, desk.now)
                return answer

        answer = await answered_once(call, once, nothing_lapses)
        self._written()
        return answer

    def _open(
        self, connection: AsyncConnection, city: City, by: PersonId, request_id: str, address: str = ""
    ) -> OpenDesk:
        return OpenDesk(connection, city, by, request_id, address, self._clock(), self._new_id)
