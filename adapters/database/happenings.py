"""What happened to a city's bookings, waitlists and charging tickets and in its fleet, read from its audit trail in the order in which transactions came into sight.

Ids are made before the commit, so a later id may be seen earlier. What is shown therefore ends before the oldest
transaction that is still under way (`pg_snapshot_xmin`): whatever it writes comes after all that was shown.
"""

from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from adapters.database.booking.reading import IN_CITY
from adapters.database.connections import Statements
from domain.bike_leasing.reservations import BikeLeased
from domain.booking.events import AlreadyThere
from domain.booking.resources import ResourceId
from domain.charging.reservations import ChargePointReserved
from domain.fleet.reservations import VehicleReserved
from domain.identity import City, PoolId
from services.live.ports import (
    BookingSeen,
    EntrySeen,
    FleetBooking,
    FleetHappening,
    Happening,
    Mark,
    Stretch,
    TicketSeen,
)

NOTHING = UUID(int=0)

HERE = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"

HOLDS = IN_CITY.format(
    query="SELECT to_json(EXISTS (SELECT FROM audit WHERE city = $1::text AND id = $2::uuid AND xid = $3::text::xid8))"
)

CREATED = ", ".join(f"'{event.__struct_config__.tag}'" for event in (VehicleReserved, ChargePointReserved, BikeLeased))
# Written where an answer is kept of what was so already: nobody is told that nothing happened.
ALREADY_THERE = str(AlreadyThere.__struct_config__.tag)
LOOKED = """'looked_at', count(*),
    'passed', (array_agg(json_build_array(a.xid::text, a.id) ORDER BY a.xid DESC, a.id DESC))[1]"""
TOLD = "'transaction', a.xid::text, 'entry', a.id, 'at', a.at, 'kind', a.action"
ENTRIES = """(SELECT xid, id, at, action, subject_id FROM audit
        WHERE city = $1::text AND (xid, id) > ($2::text::xid8, $3::uuid) AND xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xid, id LIMIT $4::int) a"""
BOOKING = """json_build_object('id', b.id, 'service', b.service, 'state', b.state, 'version', b.version,
        'start', b.starts, 'end', b.ends, 'holder_id', b.holder_id, 'pool_id', r.pool_id)"""
ENTRY = """json_build_object('id', e.id, 'service', e.service, 'state', e.state, 'start', e.starts, 'end', e.ends,
        'offer', CASE WHEN e.offer IS NOT NULL THEN json_build_object('resource_id', e.offer -> 'resource_id',
          'told_from', e.offer -> 'term' -> 'told_from', 'until', e.offer -> 'term' -> 'until') END,
        'booking_id', e.booking_id, 'holder_id', e.holder_id, 'pool_id', coalesce(r.pool_id, e.pool_id))"""
TICKET = """json_build_object('id', t.id, 'charging_station_id', t.charging_station_id, 'evse', t.evse, 'kind', t.kind,
        'severity', t.severity, 'state', t.state, 'version', t.version)"""
AFTER = IN_CITY.format(
    query=f"""SELECT json_build_object({LOOKED},
    'found', coalesce(json_agg(json_build_object({TOLD},
      'booking', CASE WHEN b.id IS NOT NULL THEN {BOOKING} END, 'waitlist_entry', CASE WHEN e.id IS NOT NULL THEN {ENTRY} END,
      'ticket', CASE WHEN t.id IS NOT NULL THEN {TICKET} END)
      ORDER BY a.xid, a.id) FILTER (WHERE b.id IS NOT NULL OR e.id IS NOT NULL OR t.id IS NOT NULL), '[]'::json))
  FROM {ENTRIES}
  LEFT JOIN bookings b ON b.city = $1::text AND b.id = a.subject_id
    AND (a.action LIKE 'booking.%' OR a.action LIKE 'payment.%' OR a.action IN ({CREATED})) AND a.action <> '{ALREADY_THERE}'
  LEFT JOIN waitlist_entries e ON e.city = $1::text AND e.id = a.subject_id AND a.action LIKE 'waitlist.%'
  LEFT JOIN charging_tickets t ON t.city = $1::text AND t.id = a.subject_id AND a.action LIKE 'charging.ticket\\_%'
  LEFT JOIN resources r ON r.city = $1::text
    AND r.id = coalesce(b.resource_id, cast(e.offer ->> 'resource_id' AS uuid), e.resource_id)"""
)
# What is about a vehicle names it, a block of it or a booking of it; a trip has its booking's id.
AFTER_IN_FLEET = IN_CITY.format(
    query=f"""SELECT json_build_object({LOOKED},
    'found', coalesce(json_agg(json_build_object({TOLD}, 'vehicle_id', r.id, 'pool_id', r.pool_id,
      'booking', CASE WHEN b.id IS NOT NULL THEN json_build_object('id', b.id, 'state', b.state, 'version', b.version,
        'start', b.starts, 'end', b.ends) END)
      ORDER BY a.xid, a.id) FILTER (WHERE r.id IS NOT NULL), '[]'::json))
  FROM {ENTRIES}
  LEFT JOIN bookings b ON b.city = $1::text AND b.id = a.subject_id
  LEFT JOIN blocks k ON k.city = $1::text AND k.id = a.subject_id
  LEFT JOIN resources r ON r.city = $1::text AND r.id = coalesce(b.resource_id, k.resource_id, a.subject_id)
    AND r.service = 'fleet' AND a.action LIKE ANY (ARRAY['booking.%', 'fleet.%', 'resource.%', 'key.%'])
    AND a.action <> '{ALREADY_THERE}'"""
)


class _Found(Struct, frozen=True):
    transaction: str
    entry: UUID
    at: datetime
    kind: str
    booking: BookingSeen | None
    waitlist_entry: EntrySeen | None
    ticket: TicketSeen | None


class _InFleet(Struct, frozen=True):
    transaction: str
    entry: UUID
    at: datetime
    kind: str
    vehicle_id: ResourceId
    pool_id: PoolId | None
    booking: FleetBooking | None


F = TypeVar("F")


class _Stretch(Struct, Generic[F], frozen=True):
    looked_at: int
    passed: tuple[str, UUID] | None
    found: tuple[F, ...]

    def reached(self, mark: Mark) -> Mark:
        return Mark(int(self.passed[0]), self.passed[1]) if self.passed else mark


_stretch = msgspec.json.Decoder(_Stretch[_Found])
_in_fleet = msgspec.json.Decoder(_Stretch[_InFleet])


class SqlMarks:
    """Where a log is, whatever is read of it."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def here(self, city: City) -> Mark:  # noqa: ARG002 - transactions are counted for all cities together
        async with self._statements.session() as session:
            return Mark(int(await session.one(HERE)), NOTHING)

    async def holds(self, city: City, mark: Mark) -> bool:
        if mark.entry == NOTHING:
            return True
        async with self._statements.session() as session:
            return bool(msgspec.json.decode(await session.one(HOLDS, city, mark.entry, str(mark.transaction))))

    async def _read(self, statement: str, city: City, mark: Mark, limit: int) -> Any:
        async with self._statements.session() as session:
            return await session.one(statement, city, str(mark.transaction), mark.entry, limit)


class SqlLog(SqlMarks):
    """What happened to bookings, to whoever waits for one, and to tickets."""

    async def after(self, city: City, mark: Mark, limit: int) -> Stretch[Happening]:
        found = _stretch.decode(await self._read(AFTER, city, mark, limit))
        happenings = tuple(
            Happening(Mark(int(each.transaction), each.entry), each.at, each.kind, about)
            for each in found.found
            if (about := each.booking or each.waitlist_entry or each.ticket) is not None
        )
        return Stretch(happenings, found.reached(mark), found.looked_at == limit)


class SqlFleetLog(SqlMarks):
    """What happened to vehicles, and to bookings of them."""

    async def after(self, city: City, mark: Mark, limit: int) -> Stretch[FleetHappening]:
        found = _in_fleet.decode(await self._read(AFTER_IN_FLEET, city, mark, limit))
        happenings = tuple(
            FleetHappening(
                Mark(int(each.transaction), each.entry),
                each.at,
                each.kind,
                each.vehicle_id,
                each.pool_id,
                each.booking,
            )
            for each in found.found
        )
        return Stretch(happenings, found.reached(mark), found.looked_at == limit)
