"""Making room: for somebody at a desk, and for a booking whose own resource cannot be had any more. Each in one transaction,
with the moves of others that it takes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LapsedHolds, LostRace, through
from adapters.database.booking.blocked_time import give_back
from adapters.database.booking.changes import write_change, write_note
from adapters.database.booking.choosing import Wish, all_for
from adapters.database.booking.looking import DESKS, Looking, claims_of, equals, fitting, standing, unasked
from adapters.database.booking.problems import OUT_UNTIL, REPAIR_DAYS
from adapters.database.booking.reservations import kind_of
from adapters.database.connections import Statements, Transactions
from domain.booking.bookings import Booking, BookingId
from domain.booking.events import BookingMoved, BookingReassigned
from domain.booking.making_room import Places
from domain.booking.moving import move_to, reassign
from domain.booking.repairs import expected_out
from domain.booking.resources import ResourceId
from domain.identity import City
from services.calls import Call

# One after the other: two who look at once might each move whom the other leaves in place, and in the end nothing is free.
ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('room ' || :city, 0))")
# A statement of its own: what waits for a lock reads everything else as it was before.
LOCKED = text("SELECT 1 FROM bookings WHERE city = :city AND id = :id FOR UPDATE")
# The higher priority comes first, then who starts first.
OF_WITHDRAWN = f"""
SELECT b.id, b.starts, {OUT_UNTIL} AS out_until, {REPAIR_DAYS} AS repair_days FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
WHERE b.city = :city AND NOT r.in_service AND b.resource_id = {{of}}
  AND b.final_at IS NOT NULL AND b.state IN ('held', 'confirmed') ORDER BY b.priority DESC, b.starts, b.id
"""
FROM_BOOKED = text(OF_WITHDRAWN.format(of="(SELECT x.resource_id FROM bookings x WHERE x.city = :city AND x.id = :id)"))
FROM_VEHICLE = text(OF_WITHDRAWN.format(of=":id"))
WITHDRAWN = """
SELECT coalesce(json_agg(json_build_array(city, id)), '[]'::json)::text
FROM (SELECT city, id FROM resources WHERE withdrawn_by_problem ORDER BY random() LIMIT $1::int) out
"""

_withdrawn = msgspec.json.Decoder(tuple[tuple[City, ResourceId], ...])


class NotAlone(Exception):
    """Whoever holds a booking's row is to make room: that is to begin anew, alone from the start."""


async def alone(connection: AsyncConnection, city: City) -> None:
    """Until the transaction is over nobody else makes room in the city. Before any booking's row is locked: who makes room locks
    those that are to move, and would wait for the row of whoever waits here."""
    await connection.execute(ALONE, {"city": city})


async def moved_away(
    connection: AsyncConnection, call: Call[Any], booking_id: BookingId, new_id: Callable[[], UUID], now: datetime
) -> bool:
    """Give a booking by class one of its equals; False, and nothing has changed, where there is no way to. Whoever asks does
    so alone in the city.

    Raises LostRace and LapsedHolds.
    """
    await connection.execute(LOCKED, {"city": call.city, "id": booking_id})
    found = await standing(connection, call.city, [booking_id])
    if not found or not found[0].booking.is_provisional:
        return False
    wanted = await equals(connection, call.city, found[0])
    wanted.pop(found[0].resource.id, None)
    return await housed(connection, call, found[0].booking, wanted, new_id=new_id, now=now) is not None


async def housed(
    connection: AsyncConnection,
    call: Call[Any],
    booking: Booking,
    wanted: Places,
    *,
    new_id: Callable[[], UUID],
    now: datetime,
    outranking: bool = False,
) -> ResourceId | None:
    """Where the booking is now, of these places: the first of those that are free as they are, else one that others make free.
    What was final stays so at its new place, and its holder is told. Whoever asks does so alone in the city.

    One that is `outranking` others has only those of less priority make room, who may come to where it was.
    """
    looking = Looking(connection, call.city, booking.period, now, outranking=booking if outranking else None)
    room = await looking.find(wanted)
    if room is None:
        return None
    decide = move_to if booking.is_provisional else reassign
    event = decide(booking, room.at, wanted[room.at], now)
    if not isinstance(event, BookingMoved | BookingReassigned):
        return None
    if outranking:
        await looking.hold(room)
        await give_back(connection, call.city, booking.id, now)
    await looking.move(room, new_id)
    if not await write_change(connection, call.city, event):
        raise LostRace
    await write_note(connection, call, kind_of(event), booking.id, tell=True, new_id=new_id, now=now)
    return room.at


class SqlRooms:
    """Opened for nobody in particular, and again where somebody was quicker."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        expire_holds: Callable[[City, Sequence[UUID]], Awaitable[None]],
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id
        self._expire_holds = expire_holds
        # They wait for each other in the database; whoever waits there has a connection that others need.
        self._one_by_one = asyncio.Lock()

    async def make_room(self, city: City, wish: Wish) -> None:
        """Free a resource for the wish if that can be done. Raises LapsedHolds where holds that expired are in the way, and
        Unavailable where the database cannot do it now."""
        lapsed: list[LapsedHolds] = []

        async def once() -> None:
            now = self._clock()
            async with self._transactions.city(city) as connection:
                await alone(connection, city)
                looking = Looking(connection, city, wish.period, now)
                try:
                    room = await looking.find(await _wanted(connection, city, wish))
                except LapsedHolds as found:
                    lapsed.append(found)
                    return
                if room is not None:
                    await looking.move(room, self._new_id)

        async with self._one_by_one:
            await through(once)
        if lapsed:
            raise lapsed[0]

    async def leave_withdrawn(self, city: City, booking_id: BookingId) -> None:
        """Move whatever is provisional away from the booking's resource, if that is out of service, as far as it is expected to
        be then. Raises Unavailable where the database cannot do it now."""
        await self._leave(city, FROM_BOOKED, booking_id)

    async def leave_vehicle(self, city: City, vehicle_id: ResourceId) -> bool:
        """The same from a vehicle; whether anything was moved."""
        return await self._leave(city, FROM_VEHICLE, vehicle_id)

    async def _leave(self, city: City, sql: TextClause, of: UUID) -> bool:
        now, moved = self._clock(), False
        async with self._transactions.city(city) as connection:
            rows = (await connection.execute(sql, {"city": city, "id": of})).all()
        for each in [row.id for row in rows if row.starts < expected_out(row.out_until, now, row.repair_days)]:

            async def once(each: BookingId = each) -> bool:
                async with self._transactions.city(city) as connection:
                    await alone(connection, city)
                    return await moved_away(connection, unasked(city), each, self._new_id, self._clock())

            moved = await through(once, lambda ids: self._expire_holds(city, ids)) or moved
        return moved


async def withdrawn_vehicles(relay: Statements, limit: int) -> tuple[tuple[City, ResourceId], ...]:
    """What is out of service as something is wrong with it, in no order."""
    async with relay.session() as session:
        return _withdrawn.decode(await session.one(WITHDRAWN, limit))


async def _wanted(connection: AsyncConnection, city: City, wish: Wish) -> Places:
    if wish.named is not None:
        return {wish.named.id: wish.named.claim(wish.period)}
    if wish.request is None:
        return {}
    query = all_for(DESKS[wish.service], city, wish, wish.request)
    return claims_of(await fitting(connection, query), wish.period)
