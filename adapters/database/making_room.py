"""Making room for somebody at a desk: reading who could be elsewhere, and moving those who have to be, all in one
transaction."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LapsedHolds, LostRace, through
from adapters.database.booking_sheets import BOOKING, RESOURCE
from adapters.database.changes import write_change, write_note
from adapters.database.choosing import Fitting, Query, Wish, all_equal_to, all_for
from adapters.database.claiming import RELEASE
from adapters.database.connections import Transactions
from adapters.database.moving import DESKS, unasked
from adapters.database.reservations import kind_of
from domain.booking.bookings import Booking, BookingId
from domain.booking.events import BookingMoved
from domain.booking.making_room import Ask, Movable, Places, Room, Situation, Unasked, make_room
from domain.booking.moving import move_to
from domain.booking.resources import Resource, ResourceId
from domain.identity import City
from domain.periods import Period

AROUND = timedelta(days=14)
"""How far around the wish claims are read. Who claims beyond that stays where it is."""
MOST_ASKED = 200
"""Bookings whose other places are looked up for one wish; each costs a statement, and somebody waits."""

# One after the other: two who look at once might each move whom the other leaves in place, and in the end nothing is free.
ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('room ' || :city, 0))")
CLAIMS = text("""
SELECT c.resource_id, c.claimed_from, c.claimed_until, b.id AS booking_id,
  coalesce(b.state IN ('held', 'confirmed') AND b.final_at IS NOT NULL AND b.extension_expires_at IS NULL, false) AS movable,
  CASE WHEN b.state = 'held' THEN b.hold_expires_at END AS expires_at
FROM claims c LEFT JOIN bookings b ON b.city = c.city AND b.id = c.booking_id
WHERE c.city = :city AND c.resource_id = ANY (:ids) AND c.claimed_from < :until AND c.claimed_until > :since
ORDER BY c.resource_id, c.claimed_from
""")
STANDING = f"""
SELECT json_build_object('booking', {BOOKING}, 'resource', {RESOURCE})::text
FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
JOIN stations s ON s.city = r.city AND s.id = r.station_id
WHERE b.city = :city AND b.id = ANY (:ids) ORDER BY b.id"""
READ, LOCK = text(STANDING), text(f"{STANDING} FOR UPDATE OF b")


class _Standing(Struct, frozen=True):
    booking: Booking
    resource: Resource


class _Claimed(Struct):
    """What a booking claims of a resource, from its first claim there to its last."""

    at: ResourceId
    start: datetime
    end: datetime


_standing = msgspec.json.Decoder(_Standing)
_fitting = msgspec.json.Decoder(tuple[Fitting, ...])


class SqlRooms:
    """Opened for nobody in particular, and again where somebody was quicker."""

    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def make_room(self, city: City, wish: Wish) -> None:
        """Free a resource for the wish if that can be done. Raises LapsedHolds where holds that expired are in the way, and
        Unavailable where the database cannot do it now."""

        async def once() -> tuple[UUID, ...]:
            async with self._transactions.city(city) as connection:
                await connection.execute(ALONE, {"city": city})
                looking = _Looking(connection, city, wish, self._clock())
                if not (lapsed := await looking.begin()) and (room := await looking.find()) is not None:
                    await looking.move(room, self._new_id)
                return lapsed

        if lapsed := await through(once):
            raise LapsedHolds(lapsed)


class _Looking:
    """What is known so far, inside one transaction."""

    def __init__(self, connection: AsyncConnection, city: City, wish: Wish, now: datetime) -> None:
        self._connection = connection
        self._city = city
        self._wish = wish
        self._now = now
        self._window = wish.period.widened(AROUND, AROUND)
        self._wanted: Places = {}
        self._read: set[ResourceId] = set()
        self._fixed: dict[ResourceId, list[Period]] = {}
        self._claimed: dict[BookingId, _Claimed] = {}
        self._places: dict[BookingId, Places] = {}
        self._bookings: dict[BookingId, Booking] = {}

    async def begin(self) -> tuple[UUID, ...]:
        """Read what would do, and what is claimed there. Holds that expired and are in the way come back."""
        named, request, period = self._wish.named, self._wish.request, self._wish.period
        if named is not None:
            self._wanted = {named.id: named.claim(period)}
        elif request is not None:
            query = all_for(DESKS[self._wish.service], self._city, self._wish, request)
            self._wanted = await self._fitting(query, period)
        return await self._read_claims(self._wanted)

    async def find(self) -> Room | None:
        while len(self._places) <= MOST_ASKED:
            # It may take a while, and others want the loop.
            found = await asyncio.to_thread(make_room, self._situation())
            if not isinstance(found, Ask):
                return found if isinstance(found, Room) else None
            await self._ask(found.booking_ids)
        return None

    async def move(self, room: Room, new_id: Callable[[], UUID]) -> None:
        """Raises LostRace where one of them is not what it was, or the other resource was taken in the same moment."""
        locked = await self._standing(LOCK, room.moves)
        for each in locked:
            if each.booking.version != self._bookings[each.booking.id].version:
                raise LostRace
            # All are released before one is placed: some take each other's places.
            await self._connection.execute(RELEASE, {"city": self._city, "id": each.booking.id})
        for each in locked:
            at = room.moves[each.booking.id]
            event = move_to(each.booking, at, self._places[each.booking.id][at], self._now)
            if not isinstance(event, BookingMoved) or not await write_change(self._connection, self._city, event):
                raise LostRace
            await write_note(
                *(self._connection, unasked(self._city), kind_of(event), each.booking.id),
                tell=True,
                new_id=new_id,
                now=self._now,
            )

    def _situation(self) -> Situation:
        movable = [Movable(key, self._claimed[key].at, places) for key, places in self._places.items()]
        unasked = [
            Unasked(key, claimed.at, Period(claimed.start, claimed.end))
            for key, claimed in self._claimed.items()
            if key not in self._places
        ]
        return Situation(self._wanted, movable, unasked, self._fixed)

    async def _ask(self, booking_ids: Iterable[BookingId]) -> None:
        for each in await self._standing(READ, booking_ids):
            booking, claimed = each.booking, self._claimed[each.booking.id]
            query = all_equal_to(DESKS[booking.service], self._city, booking, each.resource)
            places = await self._fitting(query, Period(booking.start, booking.end))
            self._bookings[booking.id] = booking
            self._places[booking.id] = {**places, claimed.at: Period(claimed.start, claimed.end)}
            await self._read_claims(places)

    async def _standing(self, statement: Any, booking_ids: Iterable[BookingId]) -> list[_Standing]:
        scope = {"city": self._city, "ids": sorted(booking_ids)}
        return [_standing.decode(row) for row in (await self._connection.execute(statement, scope)).scalars()]

    async def _fitting(self, query: Query, period: Period) -> dict[ResourceId, Period]:
        sql, values = query
        found = (await self._connection.exec_driver_sql(sql, values)).scalar_one()
        return {each.id: each.claim(period) for each in _fitting.decode(found)}

    async def _read_claims(self, places: Mapping[ResourceId, Period]) -> tuple[UUID, ...]:
        """Of resources that were not read before; holds in the way of the wish that expired."""
        new = sorted(set(places) - self._read)
        scope = {"city": self._city, "ids": new, "since": self._window.start, "until": self._window.end}
        lapsed: set[UUID] = set()
        for row in (await self._connection.execute(CLAIMS, scope)).all() if new else ():
            period = Period(row.claimed_from, row.claimed_until)
            wanted = self._wanted.get(row.resource_id)
            if row.expires_at is not None and row.expires_at <= self._now and wanted and wanted.overlaps(period):
                lapsed.add(row.booking_id)
            self._keep(row.resource_id, row.booking_id, period, movable=row.movable)
        self._read |= set(new)
        return tuple(sorted(lapsed))

    def _keep(self, at: ResourceId, booking_id: BookingId | None, period: Period, *, movable: bool) -> None:
        inside = self._window.start <= period.start and period.end <= self._window.end
        if booking_id is None or not movable or not inside:
            self._fixed.setdefault(at, []).append(period)
        elif (known := self._claimed.get(booking_id)) is None:
            self._claimed[booking_id] = _Claimed(at, period.start, period.end)
        else:
            known.end = max(known.end, period.end)
