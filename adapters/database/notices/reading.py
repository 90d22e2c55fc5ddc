"""What a message says, read in one statement as the app's role."""

import msgspec

from adapters.database.booking.reading import BOOKING, IN_CITY, PAYMENTS, WHERE_IT_STANDS
from adapters.database.booking.waitlist_reading import ENTRY, WHERE_IT_WAITS
from adapters.database.connections import Statements
from adapters.database.payments.dunning import CASE
from domain.booking.bookings import BookingId
from domain.booking.waiting import WaitlistEntryId
from domain.identity import City, PersonId
from domain.sign_in.codes import CodeId
from services.notices.ports import BookingNotice, CodeNotice, WaitlistNotice

WAITS = """EXISTS (SELECT FROM bookings o WHERE o.city = b.city AND o.delays = b.id AND o.resource_id = b.resource_id
  AND o.state = 'in_use')"""
BLOCKED = """EXISTS (SELECT FROM blocks k WHERE k.city = b.city AND k.resource_id = b.resource_id AND k.lifted_at IS NULL
  AND k.ends > b.starts AND k.starts < b.ends)"""
# The last claim that starts before the time is over, with buffers, ends before it begins: then it is free.
INSTEAD = """(SELECT coalesce(json_agg(e.name ORDER BY e.name), '[]'::json) FROM (
    SELECT v.name FROM resources v WHERE v.city = b.city AND v.station_id = r.station_id AND v.service = r.service
      AND v.id <> r.id AND v.tariff_id = r.tariff_id AND v.pool_id IS NOT DISTINCT FROM r.pool_id
      AND v.in_service AND v.bookable AND coalesce(v.usable_until >= b.ends, true)
      AND coalesce((SELECT c.claimed_until FROM claims c WHERE c.city = v.city AND c.resource_id = v.id
        AND c.claimed_from < b.ends + make_interval(secs => v.buffer_after_s) ORDER BY c.claimed_from DESC LIMIT 1),
        '-infinity') <= b.starts - make_interval(secs => v.buffer_before_s)
    ORDER BY v.name LIMIT 3) e)"""
PLACE = """json_build_object('resource', {resource}.name, 'station', {station}.name, 'address', {station}.address,
    'location', json_build_object('lat', {station}.lat, 'lon', {station}.lon))"""
SERIES = f"""(SELECT coalesce(json_agg(json_build_object('booking_id', o.id, 'version', o.version, 'updated_at', o.updated_at,
    'state', o.state, 'start', o.starts, 'end', o.ends, 'fee', o.fee, 'place', {PLACE.format(resource="v", station="t")},
    'pool_id', v.pool_id, 'approval', o.approval, 'final_at', o.final_at) ORDER BY n.number), '[]'::json)
  FROM series_bookings m JOIN series_bookings n ON n.city = m.city AND n.series_id = m.series_id
    JOIN bookings o ON o.city = n.city AND o.id = n.booking_id JOIN resources v ON v.city = o.city AND v.id = o.resource_id
    JOIN stations t ON t.city = v.city AND t.id = v.station_id
  WHERE m.city = b.city AND m.booking_id = b.id AND o.holder_id = b.holder_id)"""

NOTICE = IN_CITY.format(
    query=f"""SELECT json_build_object(
    'city', b.city, 'settings', y.settings, 'holder', json_build_object('email', h.email, 'language', h.language),
    'place', {PLACE.format(resource="r", station="s")},
    'booking', {BOOKING}, 'payments', {PAYMENTS},
    'switched_off', to_json(h.notices_off), 'waits_for_return', {WAITS}, 'instead', CASE WHEN b.reason_code = 'no_plug' OR {WAITS} OR {BLOCKED} THEN {INSTEAD} ELSE '[]'::json END,
    'series', CASE WHEN b.service = 'fleet' THEN {SERIES} ELSE '[]'::json END,
    'dunning', (SELECT {CASE} FROM dunning_cases k WHERE k.city = b.city AND k.booking_id = b.id
      ORDER BY k.opened_at DESC LIMIT 1),
    'is_guest', h.is_guest, 'asks', CASE WHEN h.id <> b.holder_id THEN (SELECT coalesce(w.name, w.email) FROM persons w
      WHERE w.city = b.city AND w.id = b.holder_id) END)
  FROM bookings b {WHERE_IT_STANDS} CROSS JOIN LATERAL (
    SELECT p.id, p.email, p.language, p.notices_off, false AS is_guest FROM persons p
    WHERE p.city = b.city AND p.id = coalesce($3::uuid, b.holder_id)
    UNION ALL SELECT g.holder_id, g.email, g.language, '{{}}', true FROM guest_addresses g
    WHERE g.city = b.city AND g.holder_id = coalesce($3::uuid, b.holder_id) LIMIT 1) h
  WHERE b.city = $1::text AND b.id = $2::uuid AND h.email IS NOT NULL"""
)

# Nobody is asked about what is her own, nor about the more time that she wants for somebody.
APPROVERS = IN_CITY.format(
    query="""WITH asked AS MATERIALIZED (SELECT b.city, r.pool_id, deciders_of(b.city, r.pool_id) AS by,
      ARRAY[b.holder_id, b.booked_by, CASE WHEN b.extension ->> 'approval' IS NOT NULL THEN (b.extension ->> 'asked_by')::uuid END] AS own
    FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id WHERE b.city = $1::text AND b.id = $2::uuid),
  found AS (
    SELECT false AS operates, named.id::uuid AS id FROM asked a CROSS JOIN json_array_elements_text(a.by -> 'named') named (id)
    UNION SELECT g.role = 'operator', g.person_id FROM asked a JOIN role_grants g ON g.city = a.city AND (g.role = 'operator'
      OR (g.role = 'fleet_manager' AND g.pool_id IN (a.pool_id, '') AND json_array_length(a.by -> 'named') = 0
        AND NOT (a.by ->> 'all_left')::bool))
    UNION SELECT false, (d ->> 'deputy_id')::uuid FROM asked a CROSS JOIN json_array_elements(a.by -> 'deputies') d
    WHERE (d ->> 'start')::timestamptz <= now() AND (d ->> 'end')::timestamptz > now()
      AND array_position(a.own, (d ->> 'person_id')::uuid) IS NULL),
  reached AS (SELECT f.operates, f.id FROM found f CROSS JOIN asked a JOIN persons p ON p.city = a.city AND p.id = f.id
    WHERE p.email IS NOT NULL AND array_position(a.own, f.id) IS NULL)
  SELECT coalesce(json_agg(DISTINCT w.id), '[]') FROM reached w
  WHERE w.operates = ($3::bool OR NOT EXISTS (SELECT FROM reached o WHERE NOT o.operates))"""
)

CODE = IN_CITY.format(
    query="""SELECT json_build_object('city', y.city, 'settings', y.settings, 'expires_at', c.expires_at,
    'to', json_build_object('email', c.email, 'language', c.language))
  FROM sign_in_codes c JOIN cities y ON y.city = c.city WHERE c.city = $1::text AND c.id = $2::uuid AND c.session_id IS NULL"""
)

WAITING = IN_CITY.format(
    query=f"""SELECT json_build_object('city', e.city, 'settings', y.settings,
    'holder', json_build_object('email', h.email, 'language', h.language), 'entry', {ENTRY},
    'resource', r.name, 'station', s.name)
  FROM waitlist_entries e {WHERE_IT_WAITS} JOIN persons h ON h.city = e.city AND h.id = e.holder_id
  WHERE e.city = $1::text AND e.id = $2::uuid AND h.email IS NOT NULL"""
)

_waiting = msgspec.json.Decoder(WaitlistNotice)
_code = msgspec.json.Decoder(CodeNotice)
_people = msgspec.json.Decoder(tuple[PersonId, ...])
_notice = msgspec.json.Decoder(BookingNotice)


class SqlNotices:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def notice(self, city: City, booking_id: BookingId, to: PersonId | None = None) -> BookingNotice | None:
        async with self._statements.session() as session:
            found = await session.one(NOTICE, city, booking_id, to)
        return _notice.decode(found) if found else None

    async def approvers(self, city: City, booking_id: BookingId, *, operators: bool) -> tuple[PersonId, ...]:
        async with self._statements.session() as session:
            return _people.decode(await session.one(APPROVERS, city, booking_id, operators))

    async def waiting(self, city: City, entry_id: WaitlistEntryId) -> WaitlistNotice | None:
        async with self._statements.session() as session:
            found = await session.one(WAITING, city, entry_id)
        return _waiting.decode(found) if found else None

    async def code(self, city: City, code_id: CodeId) -> CodeNotice | None:
        async with self._statements.session() as session:
            found = await session.one(CODE, city, code_id)
        return _code.decode(found) if found else None
