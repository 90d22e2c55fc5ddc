"""Stopping a charge without an account, in PostgreSQL: the booking's row is locked, as whoever looks after its plug does."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace
from adapters.database.booking.changes import write_change, write_note
from adapters.database.booking.reservations import kind_of
from adapters.database.charging.ad_hoc import SqlAdHocBooks
from adapters.database.charging.plugs import SqlPlugBooks
from domain.booking.bookings import BookingId
from domain.booking.events import Changed
from domain.charging.ad_hoc.steps import AdHocFacts, End
from domain.charging.plugs.reservations import Facts
from domain.charging.plugs.steps import Spare
from domain.charging.sessions.sessions import SessionEnded
from services.calls import Call

WAITS = text("""
SELECT id FROM charging_sessions WHERE city = :city AND booking_id = :booking AND state = 'completed' AND billed_at IS NULL LIMIT 1
""")


class SqlLeavingBooks:
    def __init__(
        self,
        connection: AsyncConnection,
        call: Call[Any],
        new_id: Callable[[], UUID],
        random_bytes: Callable[[int], bytes],
        now: datetime,
    ) -> None:
        self._connection = connection
        self._call = call
        self._new_id = new_id
        self._now = now
        self._plugs = SqlPlugBooks(connection, call.city, new_id, random_bytes, now)
        self._ad_hoc = SqlAdHocBooks(connection, call.city, new_id)
        self._known: tuple[Facts, Spare] | None = None

    async def facts(self, booking_id: BookingId) -> AdHocFacts | None:
        facts = await self._plugs.facts(booking_id)
        if facts is None:
            return None
        self._known = facts, await self._plugs.spare(facts)
        return await self._ad_hoc.known(*self._known)

    async def change(self, change: Changed) -> None:
        """Raises LostRace where the booking is another version by now."""
        if not await write_change(self._connection, self._call.city, change):
            raise LostRace
        await self._note(kind_of(change), change.booking.id)
        scope = {"city": self._call.city, "booking": change.booking.id}
        for (session_id,) in (await self._connection.execute(WAITS, scope)).all():
            await self._note(kind_of(SessionEnded(session_id)), session_id)

    async def order(self, step: End, now: datetime) -> None:
        if self._known is not None:
            await self._ad_hoc.order(*self._known, step, now)

    async def _note(self, kind: str, about: UUID) -> None:
        new_id, now = self._new_id, self._now
        await write_note(self._connection, self._call, kind, about, tell=True, new_id=new_id, now=now)
