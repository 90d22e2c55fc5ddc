"""A fleet's calendar in one statement, which writes the answer itself.

There are thousands of bookings in it, so each is put together as text: as JSON values they cost twice as much, as rows
that a program takes up and writes again four times. Nothing of it is anybody's words but for names and reasons, which
`json_build_object` writes. What a booking's part of the text has of blanks stands between a date and a time, and what it
has of offsets is UTC's, so two replacements for each lane make RFC 3339 of PostgreSQL's notation.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from adapters.database.booking_sheets import IN_CITY
from adapters.database.connections import Statements
from adapters.database.fleet_reach import numbered
from adapters.database.reading import read
from domain.identity import Actor, City
from services.fleet.calendar import CalendarAsked, ShowCalendar, show_calendar
from services.fleet.keeping import Reach

INSTANT = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""

# What claims the vehicle while it stands, by all of its claims, which follow each other without a gap; what used it once
# that is over.
USES = """
SELECT b.id, b.starts, b.ends, b.state, b.payer, b.final_at IS NULL OR b.state = 'in_use' AS final,
  CASE WHEN c.claimed_from <> b.starts - v.before THEN c.claimed_from END AS claimed_from,
  CASE WHEN c.claimed_until <> b.ends + v.after THEN c.claimed_until END AS claimed_until
FROM (SELECT booking_id, min(claimed_from) AS claimed_from, max(claimed_until) AS claimed_until FROM claims
  WHERE city = $1::text AND resource_id = v.id AND booking_id IS NOT NULL GROUP BY booking_id
  HAVING min(claimed_from) < $3::timestamptz AND max(claimed_until) > $2::timestamptz) c
JOIN bookings b ON b.city = $1::text AND b.resource_id = v.id AND b.service = 'fleet'
  AND b.state IN ('held', 'confirmed', 'in_use') AND b.id = c.booking_id
WHERE b.state <> 'held' OR b.hold_expires_at > $8::timestamptz
UNION ALL
SELECT b.id, b.started_at::timestamptz(0), greatest(b.finished_at, b.started_at + interval '1 second')::timestamptz(0),
  'completed', b.payer, true, NULL, NULL
FROM bookings b WHERE b.city = $1::text AND b.resource_id = v.id AND b.service = 'fleet' AND b.state = 'completed'
  AND b.finished_at > $2::timestamptz AND b.started_at < $3::timestamptz
"""

BOOKING = """'{"id":"' || u.id || '","start":"' || u.starts || '","end":"' || u.ends || '","state":"' || u.state
  || CASE WHEN u.payer = 'cost_centre' THEN '' ELSE '","payer":"' || u.payer END
  || CASE WHEN u.claimed_from IS NULL THEN '' ELSE '","claimed_from":"' || u.claimed_from END
  || CASE WHEN u.claimed_until IS NULL THEN '' ELSE '","claimed_until":"' || u.claimed_until END
  || CASE WHEN u.final THEN '"}' ELSE '","final":false}' END"""

BOOKINGS = f"""
SELECT replace(replace('[' || string_agg({BOOKING}, ',' ORDER BY u.starts, u.id) || ']', '+00"', 'Z"'), ' ', 'T') AS found
FROM ({USES}) u
"""

BLOCKS = f"""
SELECT json_agg(json_build_object('id', k.id, 'kind', k.kind, 'start', {INSTANT.format("k.starts")},
  'end', {INSTANT.format("k.ends")}, 'reason', k.reason) ORDER BY k.starts, k.ends, k.id)::text AS found
FROM (
  SELECT id, 'block' AS kind, starts, least(ends, lifted_at) AS ends, reason FROM blocks
  WHERE city = $1::text AND resource_id = v.id AND ends > $2::timestamptz AND starts < $3::timestamptz
    AND least(ends, lifted_at) > greatest(starts, $2::timestamptz)
  UNION ALL
  SELECT NULL, 'turnaround', claimed_from, claimed_until, NULL FROM claims
  WHERE city = $1::text AND resource_id = v.id AND claimed_from < $3::timestamptz AND claimed_until > $2::timestamptz
    AND kind = 'buffer') k
"""

VEHICLES = f"""
SELECT r.id, r.name, r.pool_id, r.station_id, r.bookable AND r.in_service AS bookable, r.usable_until,
  r.buffer_before_s, r.buffer_after_s, make_interval(secs => r.buffer_before_s) AS before,
  make_interval(secs => r.buffer_after_s) AS after, x.kind, x.class, x.life
FROM vehicles x JOIN resources r ON r.city = x.city AND r.id = x.id
WHERE x.city = $1::text AND r.service = 'fleet' AND {numbered(4)}
"""

LANES = IN_CITY.format(
    query=f"""SELECT '{{"time_zone":' || to_json(y.time_zone) || ',"items":[' || coalesce((
  SELECT string_agg(left(json_build_object('vehicle_id', v.id, 'name', v.name, 'kind', v.kind, 'class', v.class,
      'pool_id', v.pool_id, 'station_id', v.station_id, 'state', v.life, 'bookable', v.bookable,
      'usable_until', {INSTANT.format("v.usable_until")}, 'buffer_before_s', v.buffer_before_s,
      'buffer_after_s', v.buffer_after_s)::text, -1)
    || ',"bookings":' || coalesce(booked.found, '[]') || ',"blocks":' || coalesce(blocked.found, '[]') || '}}',
    ',' ORDER BY v.name, v.id)
  FROM ({VEHICLES}) v CROSS JOIN LATERAL ({BOOKINGS}) booked CROSS JOIN LATERAL ({BLOCKS}) blocked
  WHERE v.life <> 'retired' OR booked.found IS NOT NULL OR blocked.found IS NOT NULL), '') || '],"next_cursor":null}}'
FROM cities y WHERE y.city = $1::text"""
)


class SqlCalendarBooks:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def lanes(self, city: City, within: Reach, asked: CalendarAsked, now: datetime) -> msgspec.Raw:
        """Raises Unavailable where the database cannot answer now."""
        reach = (within.everything, within.every_pool, list(within.pools))
        period = asked.period
        found = await read(self._statements, LANES, city, period.start, period.end, *reach, asked.pool_id, now)
        if found is None:
            raise RuntimeError("a token names a city that is there")
        return msgspec.Raw(found.encode())

    def bound(self, clock: Callable[[], datetime]) -> ShowCalendar:
        async def shown(actor: Actor, asked: CalendarAsked) -> msgspec.Raw:
            return await show_calendar(asked, books=self, actor=actor, now=clock())

        return shown
