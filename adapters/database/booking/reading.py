"""Reading bookings with all that is shown of them. One statement each, with the city set inside."""

import msgspec

from adapters.database.booking.problems import LATEST_NOTE, OUT_UNTIL, REPAIR_DAYS, WITHDRAWS
from adapters.database.booking.sharing import SHARING
from adapters.database.connections import Session
from domain.booking.bookings import BookingId
from domain.booking.reach import Reach
from domain.identity import City, PersonId
from services.booking.ports import Sheet, Wanted

BOOKING = f"""json_build_object('id', b.id, 'service', b.service, 'resource_id', b.resource_id, 'holder_id', b.holder_id,
  'booked_by', b.booked_by, 'start', b.starts, 'end', b.ends, 'state', b.state, 'payer', b.payer, 'options', b.options,
  'quote', b.quote, 'terms', b.terms, 'tariff_id', b.tariff_id, 'tariff_version', b.tariff_version,
  'hold_expires_at', b.hold_expires_at, 'made_at', b.made_at, 'updated_at', b.updated_at, 'version', b.version,
  'hold_extended', b.hold_extended, 'reason_code', b.reason_code, 'reason', b.reason, 'fee', b.fee,
  'started_at', b.started_at, 'finished_at', b.finished_at, 'start_readings', b.start_readings,
  'finish_readings', b.finish_readings, 'extension', b.extension, 'overdue_until', b.overdue_until, 'delays', b.delays,
  'approval', b.approval, 'request', b.request, 'final_at', b.final_at, 'problem_open', b.problem_open, 'priority', b.priority,
  'hampered', b.state = 'in_use' AND (EXISTS (SELECT FROM problems q WHERE q.city = b.city AND q.booking_id = b.id
      AND q.resource_id = b.resource_id)
    OR EXISTS (SELECT FROM blocks k WHERE k.city = b.city AND k.resource_id = b.resource_id AND k.starts < b.ends
      AND least(k.ends, k.lifted_at) > greatest(k.starts, b.starts))),
  'kept_waiting', EXISTS (SELECT FROM bookings l WHERE l.city = b.city AND l.delays = b.id
    AND l.holder_id <> b.holder_id AND l.resource_id = b.resource_id AND coalesce(l.finished_at > b.starts, true)),
  'blocked_until', CASE WHEN b.state IN ('held', 'confirmed') THEN (SELECT max(least(k.ends, k.lifted_at)) FROM blocks k
    WHERE k.city = b.city AND k.resource_id = b.resource_id AND k.ends > b.starts AND k.starts < b.ends
      AND coalesce(k.lifted_at > b.starts, true) AND coalesce(k.seen_until > b.starts, true)) END,
  'not_drivable', b.state IN ('held', 'confirmed') AND EXISTS (SELECT FROM damages d {LATEST_NOTE}
    WHERE d.city = b.city AND d.vehicle_id = b.resource_id AND {WITHDRAWS}),
  'out_until', CASE WHEN b.state IN ('held', 'confirmed') THEN {OUT_UNTIL} END)"""

RESOURCE = f"""json_build_object('id', r.id, 'service', r.service, 'name', r.name, 'in_service', r.in_service,
  'bookable', r.bookable, 'usable_until', r.usable_until, 'pool_id', r.pool_id, 'shared', r.shared, 'sharing', {SHARING},
  'repair_days', {REPAIR_DAYS}, 'buffer_before_s', r.buffer_before_s, 'buffer_after_s', r.buffer_after_s, 'station', json_build_object('id', s.id, 'name', s.name,
    'location', json_build_object('lat', s.lat, 'lon', s.lon)))"""

PAYMENT = """json_build_object('id', p.id, 'booking_id', p.booking_id, 'holder_id', p.holder_id, 'kind', p.kind,
  'purpose', p.purpose, 'capture', p.capture, 'amount', json_build_object('amount', p.amount, 'currency', p.currency),
  'made_at', p.made_at, 'updated_at', p.updated_at, 'state', p.state, 'recovery_point', p.recovery_point,
  'intent_id', p.intent_id, 'method_id', p.method_id, 'captured', p.captured, 'refunded', p.refunded,
  'refunds', p.refunds, 'pending', p.pending, 'came_back', p.came_back, 'capture_before', p.capture_before, 'failure', p.failure,
  'attempts', p.attempts, 'retry_at', p.retry_at, 'ended_at', p.ended_at, 'version', p.version,
  'creditor_id', p.creditor_id, 'mandate', p.mandate, 'debit_on', p.debit_on,
  'share', CASE WHEN p.share_account IS NOT NULL THEN
    json_build_object('account', p.share_account, 'basis_points', p.share_basis_points) END)"""

PAYMENTS = f"""(SELECT coalesce(json_agg({PAYMENT} ORDER BY p.made_at, p.id), '[]'::json)
  FROM payments p WHERE p.city = b.city AND p.booking_id = b.id)"""

# What the latest dunning case asks for of what the payments were to bring, and what banks took back of them.
ASKED = """(SELECT json_build_object(
    'amount', CASE WHEN k.state = 'open' THEN k.owed - coalesce((SELECT sum((claim ->> 'open')::bigint)
        FROM json_array_elements(k.claims) claim WHERE (claim ->> 'later')::bool), 0) ELSE 0 END,
    'claimed', coalesce((SELECT sum(d.lost) FROM payments p JOIN disputes d ON d.city = p.city AND d.payment_id = p.id
      WHERE p.city = b.city AND p.booking_id = b.id AND d.claimed AND d.lost_at IS NOT NULL AND d.won_at IS NULL), 0))
  FROM dunning_cases k
  WHERE k.city = b.city AND k.booking_id = b.id ORDER BY k.opened_at DESC LIMIT 1)"""

SHEET = f"""json_build_object('booking', {BOOKING}, 'resource', {RESOURCE}, 'time_zone', y.time_zone, 'payments', {PAYMENTS},
  'asked', {ASKED}, 'deciders', CASE WHEN b.approval_due_at IS NOT NULL THEN deciders_of(b.city, r.pool_id) END,
  'series_id', CASE WHEN b.service = 'fleet' THEN
    (SELECT n.series_id FROM series_bookings n WHERE n.city = b.city AND n.booking_id = b.id) END,
  'plug', CASE WHEN b.service = 'charging' THEN
    (SELECT json_build_object('state', p.state, 'token', p.token) FROM plug_reservations p
      WHERE p.city = b.city AND p.booking_id = b.id ORDER BY p.resource_id <> b.resource_id, p.ordered_at DESC LIMIT 1) END)"""

WHERE_IT_STANDS = """JOIN resources r ON r.city = b.city AND r.id = b.resource_id
  JOIN stations s ON s.city = r.city AND s.id = r.station_id
  JOIN cities y ON y.city = b.city"""

# The row policy reads the setting, so the setting comes first: CASE is evaluated in order.
IN_CITY = "SELECT CASE WHEN set_config('kommobil.city', $1::text, true) <> '' THEN ({query})::text END"

ONE = IN_CITY.format(
    query=f"SELECT {SHEET} FROM bookings b {WHERE_IT_STANDS} WHERE b.city = $1::text AND b.id = $2::uuid"
)

# `starts <=` bounds the index scan; the rest of the cursor, and the filters, look at the rows that it finds.
_PAGE = """
  AND b.starts <= coalesce($3::timestamptz, 'infinity')
  AND ($3::timestamptz IS NULL OR b.starts < $3::timestamptz OR b.id > $4::uuid)
  AND ($5::text IS NULL OR b.service = $5::text)
  AND (cardinality($6::text[]) = 0 OR b.state = ANY ($6::text[]))
  AND b.starts < coalesce($8::timestamptz, 'infinity') AND b.ends > coalesce($7::timestamptz, '-infinity')
ORDER BY b.starts DESC, b.id LIMIT $2::int"""
_ALL = f"SELECT b.* FROM bookings b WHERE b.city = $1::text {_PAGE}"
_OWN = f"SELECT b.* FROM bookings b WHERE b.city = $1::text AND b.holder_id = $9::uuid {_PAGE}"
# Vehicle by vehicle, each through its own part of the index: a pool is small, a city's history is not.
_POOLS = f"""SELECT b.* FROM resources v CROSS JOIN LATERAL (
    SELECT b.* FROM bookings b WHERE b.city = $1::text AND b.resource_id = v.id AND b.holder_id <> $9::uuid {_PAGE}) b
  WHERE v.city = $1::text AND v.pool_id IS NOT NULL AND (cardinality($10::text[]) = 0 OR v.pool_id = ANY ($10::text[]))"""


def _listing(candidates: str) -> str:
    return IN_CITY.format(
        query=f"""SELECT coalesce(json_agg({SHEET} ORDER BY b.starts DESC, b.id), '[]'::json)
  FROM (SELECT * FROM ({candidates}) c ORDER BY c.starts DESC, c.id LIMIT $2::int) b {WHERE_IT_STANDS}"""
    )


EVERYBODYS, OWN, POOLS = _listing(_ALL), _listing(_OWN), _listing(f"({_OWN}) UNION ALL ({_POOLS})")
# A holder has few bookings of a service open at once, by its terms, and few before.
SUBSCRIPTIONS = IN_CITY.format(
    query=f"""SELECT coalesce(json_agg({SHEET} ORDER BY b.starts DESC, b.id), '[]'::json)
  FROM (SELECT * FROM bookings s WHERE s.city = $1::text AND s.holder_id = $2::uuid AND s.terms -> 'subscription' ->> 'time_zone' IS NOT NULL
    ORDER BY s.starts DESC, s.id LIMIT 100) b {WHERE_IT_STANDS}"""
)

_sheet = msgspec.json.Decoder(Sheet)
_sheets = msgspec.json.Decoder(tuple[Sheet, ...])


class SqlBookingReader:
    """The bookings of one city, on one connection."""

    def __init__(self, session: Session, city: City) -> None:
        self._session = session
        self._city = city

    async def sheet(self, booking_id: BookingId) -> Sheet | None:
        found: str | None = await self._session.one(ONE, self._city, booking_id)
        return _sheet.decode(found) if found else None

    async def sheets(self, reader: PersonId, within: Reach, wanted: Wanted) -> tuple[Sheet, ...]:
        sql, values = listing(self._city, reader, within, wanted)
        return _sheets.decode(await self._session.one(sql, *values))

    async def subscriptions(self, holder: PersonId) -> tuple[Sheet, ...]:
        return _sheets.decode(await self._session.one(SUBSCRIPTIONS, self._city, holder))


def listing(city: City, reader: PersonId, within: Reach, wanted: Wanted) -> tuple[str, tuple[object, ...]]:
    """The statement for what somebody may see, each on an index of its own, and its values."""
    after = wanted.after
    asked = (
        *(city, wanted.limit),
        *(after.start if after else None, after.id if after else None),
        wanted.service.value if wanted.service else None,
        [state.value for state in wanted.states],
        *(wanted.since, wanted.until),
    )
    if within.whole_city:
        return EVERYBODYS, asked
    if within.runs_pools:
        return POOLS, (*asked, reader, sorted(within.pools))
    return OWN, (*asked, reader)
