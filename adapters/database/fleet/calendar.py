"""A fleet's calendar: one statement, which writes the text of every lane itself.

There are thousands of bookings in it, so each is put together as text: as JSON values they cost twice as much, as rows
that a program takes up and writes again four times. Nothing of it is anybody's words but for names and reasons, which
`json_build_object` writes. The lanes come as pieces and are joined here: a text of all, grown, copied and sent, costs
PostgreSQL a fifth of its time for memory alone.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from adapters.database.connections import Statements
from adapters.database.fleet.reach import numbered
from adapters.database.reading import read_value
from domain.identity import Actor, City
from services.fleet.calendar import CalendarAsked, ShowCalendar, show_calendar
from services.fleet.keeping import Reach

INSTANT = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""

# What claims the vehicle while it stands, by all of its claims, which follow each other without a gap; what used it once
# that is over.
USES = """
SELECT b.id, b.starts::timestamp, b.ends::timestamp, b.state, b.payer, b.final_at IS NULL OR b.state = 'in_use' AS final,
  CASE WHEN c.claimed_from <> b.starts - v.before THEN c.claimed_from::timestamp END AS claimed_from,
  CASE WHEN c.claimed_until <> b.ends + v.after THEN c.claimed_until::timestamp END AS claimed_until
FROM (SELECT booking_id, min(claimed_from) AS claimed_from, max(claimed_until) AS claimed_until FROM claims
  WHERE city = $1::text AND resource_id = v.id AND booking_id IS NOT NULL GROUP BY booking_id
  HAVING min(claimed_from) < $3::timestamptz AND max(claimed_until) > $2::timestamptz) c
JOIN bookings b ON b.city = $1::text AND b.resource_id = v.id AND b.service = 'fleet'
  AND b.state IN ('held', 'confirmed', 'in_use') AND b.id = c.booking_id
WHERE b.state <> 'held' OR b.hold_expires_at > $8::timestamptz
UNION ALL
SELECT b.id, b.started_at::timestamp(0), greatest(b.finished_at, b.started_at + interval '1 second')::timestamp(0),
  'completed', b.payer, true, NULL, NULL
FROM bookings b WHERE b.city = $1::text AND b.resource_id = v.id AND b.service = 'fleet' AND b.state = 'completed'
  AND b.finished_at > $2::timestamptz AND b.started_at < $3::timestamptz
"""

# Times are PostgreSQL's own words for them, in UTC as the connection has it: quicker than `to_char` by half. Their blank is
# the only one in a booking.
BOOKING = """'{"id":"' || u.id || '","start":"' || u.starts || 'Z","end":"' || u.ends || 'Z","state":"' || u.state
  || CASE WHEN u.payer = 'cost_centre' THEN '' ELSE '","payer":"' || u.payer END
  || CASE WHEN u.claimed_from IS NULL THEN '' ELSE '","claimed_from":"' || u.claimed_from || 'Z' END
  || CASE WHEN u.claimed_until IS NULL THEN '' ELSE '","claimed_until":"' || u.claimed_until || 'Z' END
  || CASE WHEN u.final THEN '"}' ELSE '","final":false}' END"""

BOOKINGS = f"""
SELECT '[' || string_agg({BOOKING}, ',' ORDER BY u.starts, u.id) || ']' AS found FROM ({USES}) u
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
WHERE x.city = $1::text AND r.service = 'fleet' AND {numbered(4)} ORDER BY r.name, r.id
"""

# The city's zone, then each vehicle, its bookings and its blocks, each as JSON. The vehicles come in order already, so that
# what was made of them is not sorted any more.
LANES = f"""SELECT CASE WHEN set_config('kommobil.city', $1::text, true) <> '' THEN
  (SELECT ARRAY[[to_json(time_zone)::text, NULL, NULL]] FROM cities WHERE city = $1::text)
  || ARRAY(SELECT ARRAY[
      json_build_object('vehicle_id', v.id, 'name', v.name, 'kind', v.kind, 'class', v.class, 'pool_id', v.pool_id,
        'station_id', v.station_id, 'state', v.life, 'bookable', v.bookable,
        'usable_until', {INSTANT.format("v.usable_until")}, 'buffer_before_s', v.buffer_before_s,
        'buffer_after_s', v.buffer_after_s)::text,
      booked.found, blocked.found]
    FROM ({VEHICLES}) v CROSS JOIN LATERAL ({BOOKINGS}) booked CROSS JOIN LATERAL ({BLOCKS}) blocked
    WHERE v.life <> 'retired' OR booked.found IS NOT NULL OR blocked.found IS NOT NULL
    ORDER BY v.name, v.id) END"""


def _calendar(time_zone: str, lanes: Iterable[tuple[str, str | None, str | None]]) -> bytes:
    return f'{{"time_zone":{time_zone},"items":[{",".join(_lane(*pieces) for pieces in lanes)}],"next_cursor":null}}'.encode()


def _lane(vehicle: str, bookings: str | None, blocks: str | None) -> str:
    found = "[]" if bookings is None else bookings.replace(" ", "T")
    return f'{vehicle[:-1]},"bookings":{found},"blocks":{blocks or "[]"}}}'


class SqlCalendarBooks:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def lanes(self, city: City, within: Reach, asked: CalendarAsked, now: datetime) -> msgspec.Raw:
        """Raises Unavailable where the database cannot answer now."""
        reach = (within.everything, within.every_pool, list(within.pools))
        period = asked.period
        found = await read_value(self._statements, LANES, city, period.start, period.end, *reach, asked.pool_id, now)
        if found is None:
            raise RuntimeError("a token names a city that is there")
        (time_zone, *_), *lanes = found
        return msgspec.Raw(_calendar(time_zone, lanes))

    def bound(self, clock: Callable[[], datetime]) -> ShowCalendar:
        async def shown(actor: Actor, asked: CalendarAsked) -> msgspec.Raw:
            return await show_calendar(asked, books=self, actor=actor, now=clock())

        return shown
