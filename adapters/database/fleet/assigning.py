"""Giving bookings by class their vehicle: the booking's row is locked, what the pool has to do is read beside it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace, through
from adapters.database.booking.changes import write_change, write_note
from adapters.database.booking.making_room import NotAlone, alone, housed
from adapters.database.booking.reading import BOOKING, RESOURCE
from adapters.database.booking.reservations import as_json, kind_of
from adapters.database.connections import Transactions
from adapters.database.transacting import answered_in_city
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.events import NotPossible
from domain.booking.making_room import Places
from domain.booking.resources import Resource, ResourceId, Service, StationId
from domain.fleet.assignment.priorities import PrioritySet, SetPriority
from domain.fleet.assignment.settling import ReassignVehicle, Settled, rules_for
from domain.fleet.assignment.trips import Candidate, Charge, Use
from domain.fleet.charge import Battery
from domain.fleet.vehicles import Drive, VehicleKind
from domain.identity import SYSTEM, Actor, City, PoolId, Role
from domain.periods import Period
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.assigning import (
    Assigned,
    Assignment,
    AssignmentDesk,
    Prioritising,
    Reassigning,
    assign_vehicle,
    find_assignment,
    prioritise,
    reassign_vehicle,
    rebook,
    rebook_waiting,
)

T = TypeVar("T")
# How far around a trip the other uses of a vehicle bear on it: its charge before, and what it has to do afterwards.
BEFORE, AFTER = timedelta(days=3), timedelta(days=3)

STANDS = text(f"""
SELECT json_build_object('booking', {BOOKING}, 'resource', {RESOURCE}, 'time_zone', y.time_zone, 'assigned', b.assigned,
  'priority_reason', b.priority_reason)::text
FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
JOIN stations s ON s.city = r.city AND s.id = r.station_id JOIN cities y ON y.city = b.city
WHERE b.city = :city AND b.id = :id
""")
# A statement of its own: what waits for a lock reads everything else as it was before, and a booking that was moved not at all.
LOCKED = text("SELECT 1 FROM bookings WHERE city = :city AND id = :id FOR UPDATE")

# The charge is known where it was read when the vehicle was last brought back.
VEHICLES = text("""
SELECT json_build_object('id', r.id, 'name', r.name, 'kind', x.kind, 'vehicle_class', x.class, 'drive', x.drive,
  'seats', x.seats, 'range_km', x.range_km, 'station_id', r.station_id, 'pool_id', r.pool_id, 'shared', r.shared,
  'in_service', r.in_service AND r.bookable AND x.life = 'in_service'
    AND coalesce(r.usable_until >= CAST(:ends AS timestamptz), true),
  'buffer_before_s', r.buffer_before_s, 'buffer_after_s', r.buffer_after_s, 'load_kg', x.load_kg,
  'battery_kwh', x.battery_kwh, 'consumption', x.consumption, 'charging_kw', x.charging_kw,
  'soc', last.soc, 'read_at', last.finished_at, 'uses', (
    SELECT coalesce(json_agg(json_build_object('booking_id', c.booking_id, 'claimed_from', c.claimed_from,
      'claimed_until', c.claimed_until, 'starts', b.starts, 'ends', b.ends, 'km', b.options ->> 'distance_km')
      ORDER BY c.claimed_from), '[]'::json)
    FROM (SELECT k.booking_id, min(k.claimed_from) AS claimed_from, max(k.claimed_until) AS claimed_until FROM claims k
      WHERE k.city = :city AND k.resource_id = r.id AND k.booking_id IS DISTINCT FROM CAST(:id AS uuid)
        AND k.claimed_from < CAST(:until AS timestamptz) AND k.claimed_until > CAST(:since AS timestamptz)
      GROUP BY k.booking_id, CASE WHEN k.booking_id IS NULL THEN k.claimed_from END) c
    LEFT JOIN bookings b ON b.city = :city AND b.id = c.booking_id))::text
FROM resources r JOIN vehicles x ON x.city = r.city AND x.id = r.id
LEFT JOIN LATERAL (SELECT (b.finish_readings ->> 'soc')::numeric AS soc, b.finished_at FROM bookings b
  WHERE b.city = :city AND b.resource_id = r.id AND b.starts < CAST(:starts AS timestamptz) AND b.state = 'completed'
  ORDER BY b.starts DESC LIMIT 1) last ON true
WHERE r.city = :city AND r.service = 'fleet' AND r.pool_id IS NOT DISTINCT FROM CAST(:pool_id AS text)
  AND r.tariff_id = CAST(:tariff_id AS text)
  AND (CAST(:station_id AS uuid) IS NULL OR r.station_id = CAST(:station_id AS uuid) OR r.id = CAST(:wanted AS uuid))
ORDER BY r.name, r.id
""")
BEYOND = text("""
SELECT b.id FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
WHERE b.city = :city AND b.resource_id = :id AND b.ends > r.usable_until AND b.state IN ('held', 'confirmed') ORDER BY b.priority DESC, b.starts, b.id
""")
KEEP = text("UPDATE bookings SET assigned = CAST(:assigned AS json) WHERE city = :city AND id = :id")


RANK = text("UPDATE bookings SET priority = :priority, priority_reason = :reason WHERE city = :city AND id = :id")


class _Stands(Struct, frozen=True):
    booking: Booking
    resource: Resource
    time_zone: str
    assigned: Assigned | None
    priority_reason: str | None


class _Use(Struct, frozen=True):
    booking_id: BookingId | None
    claimed_from: datetime
    claimed_until: datetime
    starts: datetime | None
    ends: datetime | None
    km: Decimal | None


class _Vehicle(Struct, frozen=True):
    id: ResourceId
    name: str
    kind: VehicleKind
    vehicle_class: str
    drive: Drive
    seats: int
    range_km: int
    station_id: StationId
    pool_id: PoolId | None
    in_service: bool
    shared: bool
    buffer_before_s: int
    buffer_after_s: int
    load_kg: int | None
    battery_kwh: Decimal | None
    consumption: Decimal | None
    charging_kw: Decimal | None
    soc: Decimal | None
    read_at: datetime | None
    uses: tuple[_Use, ...]


_stands = msgspec.json.Decoder(_Stands)
_vehicle = msgspec.json.Decoder(_Vehicle, strict=False)


class SqlAssignmentBooks:
    """Open for one booking, in the caller's transaction; `locked` where something may be written. Whoever has it housed is alone in the
    city from the start, `is_alone` says so to whoever cannot know before."""

    def __init__(
        self,
        connection: AsyncConnection,
        call: Call[Any],
        new_id: Callable[[], UUID],
        *,
        locked: bool,
        is_alone: bool = False,
    ) -> None:
        self._connection = connection
        self._call = call
        self._new_id = new_id
        self._locked = locked
        self._is_alone = is_alone

    async def desk(self, booking_id: BookingId, vehicle_id: ResourceId | None = None) -> AssignmentDesk | None:
        scope = {"city": self._call.city, "id": booking_id}
        if self._locked:
            await self._connection.execute(LOCKED, scope)
        found = (await self._connection.execute(STANDS, scope)).scalar_one_or_none()
        if found is None:
            return None
        stands = _stands.decode(found)
        booking = stands.booking
        is_open = booking.service is Service.FLEET and booking.state in {State.HELD, State.CONFIRMED}
        vehicles = await self._vehicles(stands, vehicle_id) if is_open else ()
        return AssignmentDesk(
            booking, stands.resource, stands.time_zone, stands.assigned, stands.priority_reason, vehicles
        )

    async def _vehicles(self, stands: _Stands, wanted: ResourceId | None) -> tuple[Candidate, ...]:
        booking = stands.booking
        request = booking.request
        found = await self._connection.execute(
            VEHICLES,
            {
                "city": self._call.city,
                "id": booking.id,
                "starts": booking.start,
                "ends": booking.end,
                "since": booking.start - BEFORE,
                "until": booking.end + AFTER,
                "pool_id": stands.resource.pool_id,
                "tariff_id": booking.tariff_id,
                "station_id": request.station_id if request is not None else None,
                "wanted": wanted,
            },
        )
        charging_kw = rules_for(booking).policy.charging_kw
        return tuple(_candidate(_vehicle.decode(row), charging_kw) for row in found.scalars())

    async def house(self, booking: Booking, wanted: Places, now: datetime) -> ResourceId | None:
        return await housed(self._connection, self._call, booking, wanted, new_id=self._new_id, now=now)

    async def outrank(self, booking: Booking, wanted: Places, now: datetime) -> ResourceId | None:
        if not self._is_alone:
            raise NotAlone
        return await housed(
            self._connection, self._call, booking, wanted, new_id=self._new_id, now=now, outranking=True
        )

    async def set_priority(self, event: PrioritySet, at: datetime) -> None:
        city = self._call.city
        said = {"city": city, "id": event.booking_id, "priority": event.priority, "reason": event.reason}
        await self._connection.execute(RANK, said)
        action = f"booking.priority_set:{event.priority}"
        await write_note(
            self._connection, self._call, action, event.booking_id, tell=False, new_id=self._new_id, now=at
        )

    async def record(self, settled: Settled, at: datetime) -> None:
        city, change = self._call.city, settled.change
        booking_id = settled.explained.booking_id
        if change is not None:
            if not await write_change(self._connection, city, change):
                raise LostRace
            await write_note(
                self._connection, self._call, kind_of(change), booking_id, tell=True, new_id=self._new_id, now=at
            )
        assigned = as_json(Assigned(settled.explained, at, settled.note))
        await self._connection.execute(KEEP, {"city": city, "id": booking_id, "assigned": assigned})


def _candidate(row: _Vehicle, charging_kw: Decimal) -> Candidate:
    battery = charge = None
    if row.drive in {Drive.ELECTRIC, Drive.ELECTRIC_ASSIST} and row.battery_kwh and row.consumption:
        battery = Battery(row.battery_kwh, row.consumption, row.charging_kw or charging_kw)
        if row.soc is not None and row.read_at is not None:
            charge = Charge(row.soc / 100, row.read_at)
    return Candidate(
        id=row.id,
        name=row.name,
        kind=row.kind,
        vehicle_class=row.vehicle_class,
        drive=row.drive,
        seats=row.seats,
        range_km=row.range_km,
        station_id=row.station_id,
        pool_id=row.pool_id,
        in_service=row.in_service,
        shared=row.shared,
        buffer_before_s=row.buffer_before_s,
        buffer_after_s=row.buffer_after_s,
        load_kg=row.load_kg,
        battery=battery,
        charge=charge,
        uses=tuple(map(_use, row.uses)),
    )


def _use(row: _Use) -> Use:
    claimed = Period(row.claimed_from, row.claimed_until)
    period = Period(row.starts, row.ends) if row.starts is not None and row.ends is not None else claimed
    return Use(period, claimed, row.booking_id, row.km)


class SqlAssigner:
    """Each booking in a transaction of its own, tried again where it lost a race."""

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

    async def settle(self, city: City, booking_id: BookingId) -> None:
        """Raises Unavailable where the database cannot do it now."""
        actor = Actor(SYSTEM, city, frozenset({Role.OPERATOR}))

        async def work(books: SqlAssignmentBooks) -> None:
            await assign_vehicle(booking_id, books=books, now=self._clock())

        try:
            await self._in_city(_by_itself(actor), work, locked=True)
        except NotAlone:  # seldom: nobody has to leave for most bookings
            await self._in_city(_by_itself(actor), work, locked=True, is_alone=True)

    async def rebook_from(self, city: City, vehicle_id: ResourceId) -> None:
        """Give what stands on the vehicle beyond its papers another one. Raises Unavailable."""
        actor = Actor(SYSTEM, city, frozenset({Role.OPERATOR}))
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(BEYOND, {"city": city, "id": vehicle_id})).scalars().all()
        for booking_id in found:

            async def work(books: SqlAssignmentBooks, booking_id: BookingId = booking_id) -> None:
                await rebook(booking_id, books=books, now=self._clock())

            await self._in_city(_by_itself(actor), work, locked=True, is_alone=True)

    async def rebook_waiting(self, city: City, booking_id: BookingId) -> None:
        """Whoever waits for a vehicle that is late gets another one, if she asked for a class. Raises Unavailable."""
        actor = Actor(SYSTEM, city, frozenset({Role.OPERATOR}))

        async def work(books: SqlAssignmentBooks) -> None:
            await rebook_waiting(booking_id, books=books, now=self._clock())

        await self._in_city(_by_itself(actor), work, locked=True, is_alone=True)

    async def find(self, actor: Actor, booking_id: BookingId) -> Assignment | Refusal[NotPossible]:
        async def work(books: SqlAssignmentBooks) -> Assignment | Refusal[NotPossible]:
            return await find_assignment(booking_id, books=books, actor=actor, now=self._clock())

        return await self._in_city(_by_itself(actor), work, locked=False)

    async def reassign(self, call: Call[Reassigning], command: ReassignVehicle) -> Answer:
        async def work(connection: AsyncConnection, now: datetime) -> Reassigning:
            books = SqlAssignmentBooks(connection, call, self._new_id, locked=True)
            return await reassign_vehicle(command, books=books, actor=call.actor, now=now)

        return await answered_in_city(self._transactions, call, work, self._clock)

    async def prioritise(self, call: Call[Prioritising], command: SetPriority) -> Answer:
        async def work(connection: AsyncConnection, now: datetime) -> Prioritising:
            books = SqlAssignmentBooks(connection, call, self._new_id, locked=True)
            return await prioritise(command, books=books, actor=call.actor, now=now)

        return await answered_in_city(self._transactions, call, work, self._clock)

    async def _in_city(
        self,
        call: Call[Any],
        work: Callable[[SqlAssignmentBooks], Awaitable[T]],
        *,
        locked: bool,
        is_alone: bool = False,
    ) -> T:
        async def once() -> T:
            async with self._transactions.city(call.city) as connection:
                if is_alone:
                    await alone(connection, call.city)
                books = SqlAssignmentBooks(connection, call, self._new_id, locked=locked, is_alone=is_alone)
                return await work(books)

        return await through(once, lambda ids: self._expire_holds(call.city, ids))


def _by_itself(actor: Actor) -> Call[Any]:
    return Call(actor.city, actor, "assignVehicle", "", "", "assign", "", _unasked)


def _unasked(_outcome: object) -> Answer:
    return Answer(204, "", "")
