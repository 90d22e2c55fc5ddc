"""What follows from a session for its booking, in PostgreSQL: one transaction, in which the sessions stay as they are."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace
from adapters.database.booking.bookings import SqlLifeReader, unasked
from adapters.database.booking.changes import write_change, write_note
from adapters.database.booking.reservations import as_json, kind_of
from adapters.database.charging.meter_proofs import keep_proof, signed_of
from adapters.database.charging.sessions import POINTS_OF, session_json
from adapters.database.connections import Transactions, Within
from adapters.database.transacting import Transacting
from domain.booking.bookings import BookingId
from domain.booking.events import Changed
from domain.charging.metering.proofs import MeterProof
from domain.charging.sessions.calculations import Calculation
from domain.charging.sessions.points import Point
from domain.charging.sessions.sessions import Flag, Session, SessionId
from domain.identity import City
from services.charging.metering import SignatureCheck
from services.charging.sessions.billing import begin_booking, bill
from services.charging.sessions.ports import Account, BillingBooks, Signed

T = TypeVar("T")

OF_BOOKING = text(f"""
SELECT ({session_json("s")})::text, EXISTS (SELECT FROM charging_stations c WHERE c.city = s.city AND c.id = s.charging_station_id
  AND c.held_until > :now) AS reached FROM charging_sessions s
WHERE s.city = :city AND s.booking_id = (SELECT o.booking_id FROM charging_sessions o WHERE o.city = :city AND o.id = :id)
ORDER BY s.began_at, s.id FOR UPDATE
""")
BILLED = text("""
UPDATE charging_sessions SET billed_at = :now,
  flags = ARRAY(SELECT DISTINCT unnest(flags || CAST(:flags AS text[])) ORDER BY 1)
WHERE city = :city AND id = ANY (CAST(:ids AS uuid[])) AND state = 'completed' AND billed_at IS NULL
""")
LATER = text("""
UPDATE charging_sessions SET bill_at = :at WHERE city = :city AND id = ANY (CAST(:ids AS uuid[])) AND state = 'completed'
  AND billed_at IS NULL
""")
POINTS = text(f"""
SELECT s.id, {POINTS_OF.format(session="s")}::text AS points FROM charging_sessions s
WHERE s.city = :city AND s.booking_id = :booking_id
""")
KEEP = text("""
INSERT INTO charging_calculations (city, booking_id, session_id, made_at, calculation)
SELECT s.city, s.booking_id, s.id, :made_at, CAST(:calculation AS json) FROM charging_sessions s
WHERE s.city = :city AND s.booking_id = :booking_id ORDER BY s.began_at, s.id LIMIT 1
""")
_points = msgspec.json.Decoder(tuple[Point, ...])
_session = msgspec.json.Decoder(Session)


class SqlBillingBooks:
    def __init__(self, connection: AsyncConnection, city: City, new_id: Callable[[], UUID], now: datetime) -> None:
        self._connection = connection
        self._city = city
        self._new_id = new_id
        self._now = now

    async def account(self, session_id: SessionId) -> Account | None:
        scope = {"city": self._city, "id": session_id, "now": self._now}
        rows = (await self._connection.execute(OF_BOOKING, scope)).all()
        reached = all(row.reached for row in rows)
        sessions = tuple(_session.decode(row[0]) for row in rows)
        booking_id = sessions[0].booking_id if sessions else None
        if booking_id is None:
            return None
        life = await SqlLifeReader(Within(self._connection), self._city).life(BookingId(booking_id))
        if life is None or life.tariff.charging is None:
            return Account(life, sessions, reached=reached) if life is not None else None
        found = await self._connection.execute(POINTS, {"city": self._city, "booking_id": booking_id})
        points = {row.id: _points.decode(row.points) for row in found}
        return Account(life, sessions, tuple(points[each.id] for each in sessions), reached)

    async def change(self, change: Changed, by: Calculation | None = None) -> None:
        """Raises LostRace where the booking is another version by now."""
        if not await write_change(self._connection, self._city, change):
            raise LostRace
        if by is not None:
            kept = {
                "city": self._city,
                "booking_id": change.booking.id,
                "made_at": by.made_at,
                "calculation": as_json(by),
            }
            await self._connection.execute(KEEP, kept)
        call, about = unasked(self._city, "charge"), change.booking.id
        kind, now = kind_of(change), self._now
        await write_note(self._connection, call, kind, about, tell=True, new_id=self._new_id, now=now)

    async def billed(self, sessions: Sequence[SessionId], flag: Flag | None = None) -> None:
        flags = [flag.value] if flag is not None else []
        values = {"city": self._city, "ids": list(sessions), "flags": flags, "now": self._now}
        await self._connection.execute(BILLED, values)

    async def later(self, sessions: Sequence[SessionId], at: datetime) -> None:
        await self._connection.execute(LATER, {"city": self._city, "ids": list(sessions), "at": at})

    async def signed(self, sessions: Sequence[SessionId]) -> Sequence[Signed]:
        return await signed_of(self._connection, self._city, sessions)

    async def prove(self, signed: Signed, proof: MeterProof) -> bool:
        return await keep_proof(self._connection, self._city, signed, proof, self._now)


class SqlBills(Transacting):
    """What the worker does of sessions that began and that are over; each may be asked for twice."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        written: Callable[[], None],
        signatures: SignatureCheck,
    ) -> None:
        super().__init__(transactions, clock, new_id, written)
        self._signatures = signatures

    async def begin(self, city: City, session_id: SessionId) -> None:
        await self._open(city, lambda books, now: begin_booking(session_id, books=books, now=now))

    async def bill(self, city: City, session_id: SessionId) -> bool:
        """False where there was nothing to bill yet."""
        return await self._open(
            city, lambda books, now: bill(session_id, books=books, signatures=self._signatures, now=now)
        )

    async def _open(self, city: City, do: Callable[[BillingBooks, datetime], Awaitable[T]]) -> T:
        async def work(connection: AsyncConnection) -> T:
            now = self._clock()
            return await do(SqlBillingBooks(connection, city, self._new_id, now), now)

        return await self._done(city, work)
