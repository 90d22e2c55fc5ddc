"""Logbooks in PostgreSQL: trips, and their versions, which are only added to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from adapters.database.booking.reading import BOOKING
from adapters.database.fleet.reach import IN_REACH, OF_THE_POOL, reach_values
from adapters.database.fleet.vehicles import today_in
from adapters.database.sheets import Sheet
from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.logbook import COMPLETION, NOT_YET, Before, Driven, Entry, Logged, Trip
from domain.fleet.reminding import asked_next
from domain.identity import Actor, PersonId, PoolId
from services.fleet.keeping import Reach, Today
from services.fleet.logbook import KnownTrip, TripsWanted

# A vehicle that nobody described is a motor vehicle, as where its key is given out.
DRIVEN = f"""
SELECT json_build_object('booking', {BOOKING}, 'pool_id', r.pool_id, 'plate', f.plate, 'station', s.name,
  'licensed', coalesce(v.kind IN ('car', 'van'), true))::text AS driven
FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
JOIN stations s ON s.city = r.city AND s.id = r.station_id
LEFT JOIN vehicles v ON v.city = r.city AND v.id = r.id
LEFT JOIN vehicle_files f ON f.city = r.city AND f.id = r.id
WHERE b.city = :city AND b.id = :id AND b.service = 'fleet'
"""
OPEN = """
INSERT INTO trips (city, id, vehicle_id, driver_id, plate, started_at, ended_at, start_place, end_place)
VALUES (:city, :id, :vehicle_id, :driver_id, :plate, :started_at, :ended_at, :start_place, :end_place) ON CONFLICT DO NOTHING
"""
REMIND = "INSERT INTO trips_to_complete (city, trip_id, remind_on) VALUES (:city, :trip_id, :day)"
COMPLETED = "DELETE FROM trips_to_complete WHERE city = :city AND trip_id = :trip_id"
KEEP = """
INSERT INTO trip_entries (city, trip_id, version, odometer_start, odometer_end, kind, destination, purpose, partner, route,
  reason, entered_by, entered_at)
VALUES (:city, :trip_id, :version, :odometer_start, :odometer_end, :kind, :destination, :purpose, :partner, :route, :reason,
  :entered_by, :entered_at)
"""
# The vehicle's pool is where it is now: whoever runs it has to answer for its logbook.
TRIPS = """
SELECT t.id, t.vehicle_id, r.pool_id, t.driver_id, t.plate, t.started_at, t.ended_at, t.start_place, t.end_place,
  r.name AS vehicle, b.options ->> 'destination' AS planned_destination, b.options ->> 'purpose' AS planned_purpose,
  e.entries, q.id AS before_id, q.odometer_end AS before_end,
  (SELECT coalesce(json_object_agg(p.id, coalesce(p.name, p.email)), '{}'::json) FROM persons p WHERE p.city = t.city
    AND p.id = ANY (e.people || t.driver_id) AND coalesce(p.name, p.email) IS NOT NULL) AS people
FROM trips t JOIN resources r ON r.city = t.city AND r.id = t.vehicle_id
JOIN bookings b ON b.city = t.city AND b.id = t.id
JOIN LATERAL (SELECT json_agg(json_build_object('version', e.version, 'odometer_start', e.odometer_start,
    'odometer_end', e.odometer_end, 'kind', e.kind, 'destination', e.destination, 'purpose', e.purpose, 'partner', e.partner,
    'route', e.route, 'reason', e.reason, 'entered_by', e.entered_by, 'entered_at', e.entered_at) ORDER BY e.version) AS entries,
  array_agg(e.entered_by) AS people, min(e.entered_at) FILTER (WHERE e.complete) AS completed_at,
  (array_agg(e.complete ORDER BY e.version DESC))[1] AS complete
  FROM trip_entries e WHERE e.city = t.city AND e.trip_id = t.id) e ON true
LEFT JOIN LATERAL (SELECT q.id, (SELECT n.odometer_end FROM trip_entries n WHERE n.city = q.city AND n.trip_id = q.id
    ORDER BY n.version DESC LIMIT 1) AS odometer_end
  FROM trips q WHERE q.city = t.city AND q.vehicle_id = t.vehicle_id AND (q.started_at, q.id) < (t.started_at, t.id)
  ORDER BY q.started_at DESC, q.id DESC LIMIT 1) q ON true
WHERE t.city = :city
"""
# As `state_of` has it, for whoever asks for one state alone.
STATE = """CASE WHEN NOT e.complete THEN CASE WHEN cast(:today AS date) > d.last_day THEN 'overdue' ELSE 'open' END
  WHEN (e.completed_at AT TIME ZONE cast(:zone AS text))::date > d.last_day THEN 'late' ELSE 'complete' END"""
PAGE = f"""{TRIPS}
  AND CASE WHEN :own THEN t.driver_id = cast(:reader AS uuid)
    ELSE {IN_REACH} END
  AND (cast(:vehicle_id AS uuid) IS NULL OR t.vehicle_id = :vehicle_id)
  AND (cast(:driver_id AS uuid) IS NULL OR t.driver_id = :driver_id)
  AND {OF_THE_POOL}
  AND t.ended_at > coalesce(cast(:since AS timestamptz), '-infinity') AND t.started_at < coalesce(cast(:until AS timestamptz), 'infinity')
  AND (cast(:at AS timestamptz) IS NULL OR (t.started_at, t.id) < (cast(:at AS timestamptz), cast(:after AS uuid)))
  AND (cardinality(cast(:states AS text[])) = 0 OR (SELECT {STATE}
    FROM (SELECT (t.ended_at AT TIME ZONE cast(:zone AS text))::date + cast(:days AS int) AS last_day) d) = ANY (:states))
"""
IN_ORDER = "ORDER BY t.started_at DESC, t.id DESC LIMIT :limit"
# Few are, of all that a city ever drove.
NOT_COMPLETE = "AND t.id = ANY (ARRAY(SELECT o.trip_id FROM trips_to_complete o WHERE o.city = :city))"
PAGES = {False: f"{PAGE} {IN_ORDER}", True: f"{PAGE} {NOT_COMPLETE} {IN_ORDER}"}
_driven = msgspec.json.Decoder(Driven)


class SqlLogbookBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def now(self) -> datetime:
        return self._sheet.now

    async def today(self) -> Today:
        return await today_in(self._sheet)

    async def driven(self, booking_id: BookingId) -> Driven | None:
        rows = await self._sheet.rows(DRIVEN, id=booking_id)
        return _driven.decode(rows[0].driven) if rows else None

    async def open(self, trip: Logged) -> None:
        row = msgspec.structs.asdict(trip.trip)
        del row["pool_id"]
        if await self._sheet.write(OPEN, **row):
            await self._write(trip.trip.id, trip.current)
            if trip.current.missing:
                today = await self.today()
                day = asked_next(trip, today.day, today.time_zone)
                await self._sheet.write(REMIND, trip_id=trip.trip.id, day=day)

    async def find(self, trip_id: BookingId, *, locked: bool = False) -> KnownTrip | None:
        if locked:
            # A statement of its own: what somebody else entered meanwhile is seen by the one after it.
            await self._sheet.rows(
                "SELECT 1 FROM bookings WHERE city = :city AND id = :id FOR NO KEY UPDATE", id=trip_id
            )
        rows = await self._sheet.rows(f"{TRIPS} AND t.id = :id", id=trip_id)
        return _known(rows[0], await self.today()) if rows else None

    async def page(self, reader: Actor, within: Reach, wanted: TripsWanted) -> Sequence[KnownTrip]:
        today, after = await self.today(), wanted.after
        rows = await self._sheet.rows(
            PAGES[bool(wanted.states) and wanted.states <= NOT_YET],
            own=wanted.own,
            reader=reader.id,
            vehicle_id=wanted.vehicle_id,
            driver_id=wanted.driver_id,
            since=wanted.since,
            until=wanted.until,
            at=after.started_at if after else None,
            after=after.id if after else None,
            states=[each.value for each in wanted.states],
            **reach_values(within, wanted.pool_id),
            today=today.day,
            zone=today.time_zone,
            days=COMPLETION.days,
            limit=wanted.limit,
        )
        return [_known(row, today) for row in rows]

    async def keep(self, trip_id: BookingId, entry: Entry) -> None:
        await self._write(trip_id, entry)
        if not entry.missing:
            await self._sheet.write(COMPLETED, trip_id=trip_id)
        await self._sheet.note("fleet.trip_entered", trip_id)

    async def _write(self, trip_id: BookingId, entry: Entry) -> None:
        row = msgspec.structs.asdict(entry) | {"kind": entry.kind.value if entry.kind else None}
        await self._sheet.write(KEEP, trip_id=trip_id, **row)


def _known(row: Any, today: Today) -> KnownTrip:
    trip = Trip(
        BookingId(row.id),
        ResourceId(row.vehicle_id),
        PoolId(row.pool_id) if row.pool_id else None,
        PersonId(row.driver_id),
        row.plate,
        row.started_at,
        row.ended_at,
        row.start_place,
        row.end_place,
    )
    logged = Logged(
        trip,
        msgspec.convert(row.entries, tuple[Entry, ...]),
        Before(BookingId(row.before_id), row.before_end) if row.before_id else None,
        row.planned_destination,
        row.planned_purpose,
    )
    return KnownTrip(logged, row.vehicle, msgspec.convert(row.people, dict[PersonId, str]), today)
