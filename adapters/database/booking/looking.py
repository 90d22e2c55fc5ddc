"""Looking for room inside one transaction: who could be elsewhere, and moving those who have to be."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LapsedHolds, LostRace
from adapters.database.bike_leasing.store import BIKE
from adapters.database.booking.blocked_time import give_back
from adapters.database.booking.changes import write_change, write_note
from adapters.database.booking.choosing import Fitting, Query, all_equal_to
from adapters.database.booking.reading import BOOKING, RESOURCE
from adapters.database.booking.reservations import kind_of
from adapters.database.charging.power_moves import powered
from adapters.database.charging.store import CHARGE_POINT
from adapters.database.fleet.store import VEHICLE
from domain.booking.bookings import Booking, BookingId
from domain.booking.events import BookingMoved
from domain.booking.making_room import Ask, Movable, Places, Room, Situation, Unasked, make_room
from domain.booking.moving import move_to
from domain.booking.resources import Resource, ResourceId, Service
from domain.identity import SYSTEM, Actor, City, Role
from domain.periods import Period
from services.calls import Answer, Call

DESKS = {Service.CHARGING: CHARGE_POINT, Service.FLEET: VEHICLE, Service.BIKE_LEASING: BIKE}
AROUND = timedelta(days=14)
"""How far around the wish claims are read. Who claims beyond that stays where it is."""
MOST_ASKED = 1000
"""Bookings whose other places are looked at for one wish: somebody waits."""

# What a block stands over has to leave for its own sake, and is looked after by whoever made the block.
CLAIMS = text("""
SELECT c.resource_id, c.claimed_from, c.claimed_until, b.id AS booking_id, b.priority,
  coalesce(b.state IN ('held', 'confirmed') AND b.final_at IS NOT NULL AND b.extension_expires_at IS NULL, false)
    AND NOT EXISTS (SELECT FROM blocks k WHERE k.city = c.city AND k.resource_id = c.resource_id AND k.lifted_at IS NULL
      AND k.ends > c.claimed_from AND k.starts < c.claimed_until) AS movable,
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


class Standing(Struct, frozen=True):
    booking: Booking
    resource: Resource


class _Claimed(Struct):
    """What a booking claims of a resource, from its first claim there to its last."""

    at: ResourceId
    start: datetime
    end: datetime


_standing = msgspec.json.Decoder(Standing)
_fitting = msgspec.json.Decoder(tuple[Fitting, ...])


async def standing(
    connection: AsyncConnection, city: City, booking_ids: Iterable[BookingId], *, locked: bool = False
) -> list[Standing]:
    found = await connection.execute(LOCK if locked else READ, {"city": city, "ids": sorted(booking_ids)})
    return [_standing.decode(row) for row in found.scalars()]


async def equals(connection: AsyncConnection, city: City, each: Standing) -> dict[ResourceId, Period]:
    """Where a booking by class could be as well, taken or not, its own included where that could be booked now."""
    query = all_equal_to(DESKS[each.booking.service], city, each.booking, each.resource)
    places = claims_of(await fitting(connection, query), each.booking.period)
    charges = each.booking.service is Service.CHARGING
    return await powered(connection, city, each.resource.id, places) if charges else places


async def fitting(connection: AsyncConnection, query: Query) -> tuple[Fitting, ...]:
    """Whatever fits, at some time."""
    sql, values = query
    return _fitting.decode((await connection.exec_driver_sql(sql, values)).scalar_one())


def claims_of(fitting: Iterable[Fitting], period: Period) -> dict[ResourceId, Period]:
    """What a use for the period would claim of each that may be used then."""
    return {each.id: each.claim(period) for each in fitting if each.may_be_used(period)}


class Looking:
    """What is known so far. For the one that is `outranking` others those of as much priority stay, and its own place is free."""

    def __init__(
        self,
        connection: AsyncConnection,
        city: City,
        period: Period,
        now: datetime,
        *,
        outranking: Booking | None = None,
    ) -> None:
        self._connection = connection
        self._city = city
        self._now = now
        self._outranking = outranking
        self._window = period.widened(AROUND, AROUND)
        self._wanted: Places = {}
        self._read: set[ResourceId] = set()
        self._fixed: dict[ResourceId, list[Period]] = {}
        self._claimed: dict[BookingId, _Claimed] = {}
        self._places: dict[BookingId, Places] = {}
        self._bookings: dict[BookingId, Booking] = {}
        self._fitting: dict[Query, tuple[Fitting, ...]] = {}

    async def find(self, wanted: Places) -> Room | None:
        """Room at one of these. Raises LapsedHolds where holds that expired are in the way."""
        self._wanted = wanted
        if lapsed := await self._read_claims(wanted):
            raise LapsedHolds(lapsed)
        while True:
            # It may take a while, and others want the loop.
            found = await asyncio.to_thread(make_room, self._situation())
            if not isinstance(found, Ask):
                return found if isinstance(found, Room) else None
            if len(self._places) + len(found.booking_ids) > MOST_ASKED:
                return None
            await self._ask(found.booking_ids)

    async def hold(self, room: Room) -> list[Standing]:
        """Keep those who are to move as they are. Their rows come before any claims. Raises LostRace where one of them is not what it was."""
        locked = await standing(self._connection, self._city, room.moves, locked=True)
        if len(locked) != len(room.moves):  # who was moved while we waited for her row is not found any more
            raise LostRace
        first = self._outranking
        for each in (one.booking for one in locked):
            if each.version != self._bookings[each.id].version:
                raise LostRace
            if first is not None and each.priority >= first.priority:  # which leaves the version as it is
                raise LostRace
        return locked

    async def move(self, room: Room, new_id: Callable[[], UUID]) -> None:
        """Raises LostRace as `hold` does, or where the other resource was taken in the same moment."""
        locked = await self.hold(room)
        for each in locked:  # all are released before one is placed: some take each other's places
            await give_back(self._connection, self._city, each.booking.id, self._now)
        for each in locked:
            at = room.moves[each.booking.id]
            event = move_to(each.booking, at, self._places[each.booking.id][at], self._now)
            if not isinstance(event, BookingMoved) or not await write_change(self._connection, self._city, event):
                raise LostRace
            call, kind = unasked(self._city), kind_of(event)
            await write_note(self._connection, call, kind, each.booking.id, tell=True, new_id=new_id, now=self._now)

    def _situation(self) -> Situation:
        movable = [Movable(key, self._claimed[key].at, places) for key, places in self._places.items()]
        unasked = [
            Unasked(key, claimed.at, Period(claimed.start, claimed.end))
            for key, claimed in self._claimed.items()
            if key not in self._places
        ]
        return Situation(self._wanted, movable, unasked, self._fixed)

    async def _ask(self, booking_ids: Iterable[BookingId]) -> None:
        for each in await standing(self._connection, self._city, booking_ids):
            booking, claimed = each.booking, self._claimed[each.booking.id]
            places = claims_of(await self._equals(each), booking.period)
            if booking.service is Service.CHARGING:
                places = await powered(self._connection, self._city, each.resource.id, places)
            self._bookings[booking.id] = booking
            self._places[booking.id] = {**places, claimed.at: Period(claimed.start, claimed.end)}
            await self._read_claims(places)

    async def _equals(self, each: Standing) -> tuple[Fitting, ...]:
        """Many have asked for the same."""
        sql, values = all_equal_to(DESKS[each.booking.service], self._city, each.booking, each.resource)
        key = sql, tuple(tuple(value) if isinstance(value, list) else value for value in values)
        if key not in self._fitting:
            self._fitting[key] = await fitting(self._connection, (sql, values))
        return self._fitting[key]

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
            first = self._outranking
            if first is not None and row.movable and row.booking_id == first.id:
                continue  # without a block over it, which would take what is given back
            movable = row.movable and (first is None or row.priority < first.priority)
            self._keep(row.resource_id, row.booking_id, period, movable=movable)
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


def unasked(city: City) -> Call[Any]:
    """The call under which a booking is moved that nobody asked to be."""
    return Call(city, Actor(SYSTEM, city, frozenset({Role.OPERATOR})), "move", "", "", "move", "", _nothing_to_say)


def _nothing_to_say(_outcome: object) -> Answer:
    return Answer(204, "", "")
