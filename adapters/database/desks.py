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

from adapters.database.booking.changes import NOTE
from adapters.database.connections import Transactions
from adapters.database.transacting import Transacting
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


class Desks(Transacting):
    @property
    def transactions(self) -> Transactions:
        return self._transactions

    async def work(self, city: City, do: Callable[[OpenDesk], Awaitable[T]]) -> T:
        """Do it, and again from the start where somebody was quicker. Raises Unavailable."""

        async def work(connection: AsyncConnection) -> T:
            return await do(self._open(connection, city, SYSTEM, UNASKED))

        return await self._done(city, work)

    async def answered(self, call: Call[Any], do: Callable[[OpenDesk], Awaitable[Any]]) -> Answer:
        """The same for a call: its outcome is answered, and the answer kept in the same transaction. Raises Unavailable."""

        async def work(connection: AsyncConnection, _: datetime) -> Any:
            return await do(self._open(connection, call.city, call.actor.id, call.request_id, call.address))

        return await self._answered(call, work)

    def _open(
        self, connection: AsyncConnection, city: City, by: PersonId, request_id: str, address: str = ""
    ) -> OpenDesk:
        return OpenDesk(connection, city, by, request_id, address, self._clock(), self._new_id)
