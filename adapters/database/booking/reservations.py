"""What every service's store shares: the common part of its desk, and the record. One statement each."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from adapters.database.answering import AlreadyAnswered, KeyReused, LapsedHolds, LostRace
from adapters.database.booking.choosing import Desks, NeedsRoom, Wish, chosen_for
from adapters.database.booking.sharing import SHARED_POOLS, SHARING, closed_to_residents
from adapters.database.connections import Session
from domain.booking.bookings import Booked, Grant, Payer, State
from domain.booking.events import ApprovalAsked, BookingConfirmed
from domain.booking.holds import Agreed, Offer, Open, Order, too_many
from domain.booking.quoting import Quoted
from domain.booking.resources import Claim, Service
from domain.identity import PoolId
from domain.refusals import Refusal
from services.calls import Answer, Call

Facts = TypeVar("Facts")

# How far around the asked period the desk looks for claims: enough to name conflicts and the next free period.
BEFORE, AFTER = "interval '1 day'", "interval '7 days'"

# set_config runs before the sub-select: CASE is evaluated in order, and an uncorrelated sub-select only when asked for.
# So the row policy knows the city without a round trip, and forgets it when the statement ends.
DESK = """
SELECT CASE WHEN set_config('kommobil.city', $1::text, true) <> '' THEN (SELECT json_build_object(
  'earlier', (SELECT json_build_object('fingerprint', fingerprint, 'status', status, 'media_type', media_type, 'body', body)
              FROM answers WHERE city = $1::text AND actor_id = $2::uuid AND route = $3::text AND key = $4::text),
  'facts', (SELECT json_build_object({facts}))))::text END
"""

# The expiry of a hold, or of more time that waits to be paid, in the way comes along, so that whoever meets a lapsed one can release it; claims that are not in
# the way are spared the look at their booking. The state is asked in a CASE: in the WHERE it would invite the planner to
# walk the partial index of all holds.
# What the city's rules or the terms want only now and then is behind functions: a statement pays at each execution for the
# sub-selects that it has and does not come to.
NOTHING_REQUIRED = "coalesce(y.settings->'requires'->r.service, '[]') = '[]'"
MIN_AGE = "(y.settings->'requires'->'min_age'->>r.service)::int"
OFFER = f"""json_build_object(
  'agenda', json_build_object(
    'resource', json_build_object('id', r.id, 'service', r.service, 'name', r.name, 'in_service', r.in_service,
      'bookable', r.bookable, 'usable_until', r.usable_until, 'pool_id', r.pool_id, 'shared', r.shared, 'sharing', {SHARING},
      'buffer_before_s', r.buffer_before_s, 'buffer_after_s', r.buffer_after_s,
      'approving', CASE WHEN r.pool_id IS NOT NULL THEN approving_of(r.city, r.pool_id) END,
      'station', json_build_object('id', s.id, 'name', s.name, 'location', json_build_object('lat', s.lat, 'lon', s.lon))),
    'claims', (SELECT coalesce(json_agg(json_build_object(
        'booking_id', coalesce(c.booking_id, c.resource_id), 'start', c.claimed_from, 'end', c.claimed_until,
        'lapses_at', (SELECT CASE WHEN b.state = 'held' THEN b.hold_expires_at WHEN c.claimed_from >= b.ends THEN b.extension_expires_at END FROM bookings b WHERE b.city = c.city AND b.id = c.booking_id
          AND c.claimed_from < $7::timestamptz + r.buffer_after_s * interval '1 second'
          AND c.claimed_until > $6::timestamptz - r.buffer_before_s * interval '1 second'),
        'movable', coalesce((SELECT CASE WHEN b.state IN ('held', 'confirmed') THEN b.final_at IS NOT NULL END FROM bookings b
          WHERE b.city = c.city AND b.id = c.booking_id AND c.claimed_from < $7::timestamptz + r.buffer_after_s * interval '1 second'
          AND c.claimed_until > $6::timestamptz - r.buffer_before_s * interval '1 second'), false))
        ORDER BY c.claimed_from), '[]'::json)
      FROM claims c WHERE c.city = $1::text AND c.resource_id = $5::uuid
        AND c.claimed_from < $7::timestamptz + {AFTER} AND c.claimed_until > $6::timestamptz - {BEFORE})),
  'tariff', t.tariff, 'policy', t.policy, 'time_zone', y.time_zone, 'state', y.settings->>'state', 'documents', y.settings->'terms',
  'required', CASE WHEN {NOTHING_REQUIRED} THEN '[]'
    ELSE required_for(r.city, r.id, r.service, y.settings->'requires'->r.service) END,
  'min_age', {MIN_AGE}, 'shown', CASE WHEN {NOTHING_REQUIRED} AND {MIN_AGE} IS NULL THEN '[]' ELSE proofs_shown(r.city, $8::uuid) END,
  'withdrawal_text', CASE WHEN t.policy ->> 'withdrawal_days' IS NOT NULL THEN withdrawal_text(r.city) END,
  'open', CASE WHEN t.policy ->> 'max_open' IS NULL THEN '[]' ELSE open_now(r.city, $8::uuid, r.service) END,
  'week_s', CASE WHEN t.policy ->> 'max_week_s' IS NULL THEN 0
    ELSE booked_in_week(r.city, $8::uuid, r.service, $6::timestamptz, y.time_zone) END)"""

OFFERED = """resources r
  JOIN cities y ON y.city = r.city
  JOIN stations s ON s.city = r.city AND s.id = r.station_id
  JOIN LATERAL (SELECT v.tariff, v.policy FROM tariffs v WHERE v.city = r.city AND v.id = r.tariff_id
                AND v.valid_from <= greatest($6::timestamptz, now()) ORDER BY v.valid_from DESC, v.version DESC LIMIT 1) t ON true"""

# The booking comes first and the key second: whoever loses the resource writes no answer, and decides again. Where the
# terms limit how many bookings the holder may have open, or for how long in a week, they are counted once more, one writer after the other. Where the
# resource's pool is shared in windows, they are still those by which it was decided; and what a resident books of a fleet is
# still open to residents. Where its energy was weighed against others', nobody was let in since.
RECORD = """
WITH scope AS MATERIALIZED (SELECT set_config('kommobil.city', $1::text, true) AS city),
c AS (INSERT INTO claims (city, resource_id, booking_id, claimed_from, claimed_until, kind)
      SELECT city, $4::uuid, $2::uuid, $7::timestamptz, $8::timestamptz, 'booking' FROM scope
      WHERE CASE WHEN $32::int IS NULL THEN true ELSE open_bookings(city, $9::uuid, $3::text) < $32::int END
        AND CASE WHEN $38::int IS NULL THEN true ELSE still_shared(city, $37::text, $38::int) END
        AND CASE WHEN $41::bigint IS NULL THEN true
          ELSE booked_by_now(city, $9::uuid, $3::text, $5::timestamptz, $42::text)
            + extract(epoch FROM $6::timestamptz - $5::timestamptz) <= $41::bigint END
        AND CASE WHEN $39::bool THEN still_open(city, $4::uuid) ELSE true END
        AND CASE WHEN $43::text IS NULL THEN true ELSE still_powered(city, $43::text, $44::bigint) END
      ON CONFLICT DO NOTHING RETURNING city),
b AS (INSERT INTO bookings (city, id, service, resource_id, holder_id, booked_by, starts, ends, state, payer, options, quote, terms,
        tariff_id, tariff_version, hold_expires_at, no_show_from, approval, approval_due_at, approval_step_at, request, final_at, promised_wh, version, made_at, updated_at)
      SELECT city, $2::uuid, $3::text, $4::uuid, $9::uuid, $10::uuid, $5::timestamptz, $6::timestamptz, $11::text, $12::text,
        $13::json, $14::json, $15::json, $16::text, $17::int, $18::timestamptz, $33::timestamptz, $34::json, CASE WHEN $34::json IS NOT NULL THEN $18::timestamptz END, $40::timestamptz, $35::json, $36::timestamptz, $45::int, 1, $19::timestamptz, $19::timestamptz FROM c RETURNING city),
o AS (INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)
      SELECT city, $20::uuid, $31::text, $2::uuid, $19::timestamptz, $19::timestamptz FROM b),
a AS (INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
      SELECT city, $22::uuid, $19::timestamptz, $10::uuid, $21::text, $2::uuid, $23::text FROM b),
w AS (INSERT INTO callers (city, audit_id, address, at) SELECT city, $22::uuid, $24::text, $19::timestamptz FROM b),
k AS (INSERT INTO answers (city, actor_id, route, key, fingerprint, status, media_type, body, answered_at)
      SELECT city, $10::uuid, $25::text, $26::text, $27::text, $28::int, $29::text, $30::text, $19::timestamptz FROM b)
SELECT count(*) FROM b
"""

RECORD_REFUSAL = """
WITH scope AS MATERIALIZED (SELECT set_config('kommobil.city', $1::text, true) AS city),
k AS (INSERT INTO answers (city, actor_id, route, key, fingerprint, status, media_type, body, answered_at)
      SELECT city, $2::uuid, $3::text, $4::text, $5::text, $6::int, $7::text, $8::text, $9::timestamptz FROM scope
      ON CONFLICT DO NOTHING RETURNING city),
a AS (INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
      SELECT city, $10::uuid, $9::timestamptz, $2::uuid, $11::text, $12::uuid, $13::text FROM k),
w AS (INSERT INTO callers (city, audit_id, address, at) SELECT city, $10::uuid, $14::text, $9::timestamptz FROM k)
SELECT count(*) FROM k
"""

RECORD_QUOTE = """
WITH scope AS MATERIALIZED (SELECT set_config('kommobil.city', $1::text, true) AS city),
q AS (INSERT INTO quotes (city, id, actor_id, quoted, expires_at)
      SELECT city, $2::uuid, $3::uuid, $4::json, $5::timestamptz FROM scope RETURNING city)
SELECT count(*) FROM q
"""


class _Earlier(Struct, frozen=True):
    fingerprint: str
    status: int
    media_type: str
    body: str


class _Desk(Struct, frozen=True):
    earlier: _Earlier | None
    facts: msgspec.Raw


_desk = msgspec.json.Decoder(_Desk)
_encode = msgspec.json.Encoder().encode


def as_json(value: object) -> str:
    return _encode(value).decode()


def kind_of(event: Any) -> str:
    """The tag by which an event is known to the outbox and the audit trail."""
    return str(event.__struct_config__.tag)


def facts_of(found: str | None, call: Call[Any], facts: "msgspec.json.Decoder[Facts]") -> Facts:
    """What the desk statement found; an earlier answer to the same key ends the call here."""
    desk = _desk.decode(found or "")
    if desk.earlier is not None:
        if desk.earlier.fingerprint != call.fingerprint:
            raise KeyReused
        raise AlreadyAnswered(Answer(desk.earlier.status, desk.earlier.media_type, desk.earlier.body, replayed=True))
    return facts.decode(desk.facts)


class Reserving(Protocol):
    """A service's command."""

    @property
    def order(self) -> Order: ...
    @property
    def agreed(self) -> Agreed | None: ...
    @property
    def options(self) -> Any: ...


class SqlReservations:
    """The books, open for one call. `answer` is set once the outcome is recorded."""

    def __init__(
        self,
        session: Session,
        call: Call[Any],
        new_id: Callable[[], UUID],
        now: datetime,
        asked_to_move: set[UUID] | None,
    ) -> None:
        self._session = session
        self._call = call
        self._new_id = new_id
        self.now = now
        self._asked_to_move = asked_to_move
        self._order: Order | None = None
        self.answer: Answer | None = None

    async def desk(
        self,
        desks: Desks,
        facts: "msgspec.json.Decoder[Facts]",
        offer: Callable[[Facts], Offer | None],
        command: Reserving,
    ) -> Facts:
        """Read what the decision needs. Raises LapsedHolds where holds that expired lie in the way."""
        self._order = order = command.order
        period, holder_id = order.period, order.holder_id
        sql = desks.named
        more: tuple[object, ...] = ()
        if order.request is not None:
            sql = desks.at_a_station if order.request.station_id is not None else desks.of_a_pool
            closed = await self._closed(order) if desks.pooled else None
            more = (
                *chosen_for(order.request, command.agreed, self._call.actor, closed),
                *desks.wanted(order.request, command.options),
            )
        known = await self.known(sql, facts, order.resource_id, period.start, period.end, holder_id, *more)
        if (offered := offer(known)) is not None:
            in_the_way: list[Claim | Open] = [*offered.agenda.conflicts(period), *too_many(order, offered)]
            if lapsed := [each.booking_id for each in in_the_way if each.has_lapsed(self.now)]:
                raise LapsedHolds(lapsed)
            self._look_for_room(order, offered, more)
        return known

    def _look_for_room(self, order: Order, offered: Offer, more: tuple[object, ...]) -> None:
        """Raises NeedsRoom, once, where what is in the way might be elsewhere."""
        conflicts = offered.agenda.conflicts(order.period)
        if self._asked_to_move is None or not conflicts:
            return
        in_the_way = {claim.booking_id for claim in conflicts}
        resource = offered.agenda.resource
        if order.payer is Payer.SELF and not resource.is_shared_for(order.period, self.now):
            return
        if order.request is not None:
            # The best was found and is taken, so all are; what takes the others may be movable.
            if self._asked_to_move:
                return
            wish = Wish(resource.service, order.period, None, order.request, more)
        elif all(claim.movable for claim in conflicts) and in_the_way - self._asked_to_move:
            wish = Wish(resource.service, order.period, resource, None)
        else:
            return
        self._asked_to_move |= in_the_way
        raise NeedsRoom(wish)

    async def known(self, sql: str, facts: "msgspec.json.Decoder[Facts]", *values: object) -> Facts:
        """Read facts; an earlier answer to the same key ends the call here."""
        call = self._call
        key = (call.city, call.actor.id, call.route, call.key)
        return facts_of(await self._session.one(sql, *key, *values), call, facts)

    async def offer(self, outcome: Quoted | Refusal[Any]) -> None:
        """Keep a quote; a refusal leaves nothing behind, for no key asked for it."""
        self.tell(outcome)
        if isinstance(outcome, Quoted):
            actor_id, quoted = self._call.actor.id, as_json(outcome)
            await self._session.one(RECORD_QUOTE, self._call.city, outcome.id, actor_id, quoted, outcome.expires_at)

    def tell(self, outcome: Any) -> None:
        """Answer what leaves nothing behind."""
        self.answer = self._call.answer(outcome)

    async def record(self, outcome: Booked | Refusal[Any]) -> None:
        """Write the outcome with its answer. Raises LostRace where the resource or the key was taken meanwhile."""
        answer = self._call.answer(outcome)
        if isinstance(outcome, Refusal):
            written = await self.decline(answer, outcome.reason.value)
        else:
            written = await self._book(outcome, answer)
        if not written:
            raise LostRace
        self.answer = answer

    async def _book(self, outcome: Booked, answer: Answer) -> Any:
        call, b, claimed = self._call, outcome.grant.booking, outcome.grant.claimed
        made = kind_of(outcome)
        # Where nothing is to pay, the booking is confirmed with this, and its holder is told so like any other. Where it waits
        # for somebody's yes, whoever may give it is asked.
        news = kind_of(BookingConfirmed) if b.state is State.CONFIRMED else made
        news = kind_of(ApprovalAsked) if b.approval is not None else news
        return await self._session.one(
            RECORD,
            *(call.city, b.id, b.service.value, b.resource_id, b.start, b.end, *(claimed.start, claimed.end)),
            *(b.holder_id, b.booked_by, b.state.value, b.payer.value, bytes(b.options).decode()),
            *(as_json(b.quote), as_json(b.terms), b.tariff_id, b.tariff_version, b.hold_expires_at, b.made_at),
            *(self._new_id(), made, self._new_id(), call.request_id, call.address),
            *(call.route, call.key, call.fingerprint, answer.status, answer.media_type, answer.body, news),
            *(outcome.grant.open_at_most, b.terms.no_show_from, as_json(b.approval) if b.approval else None),
            *(as_json(b.request) if b.request else None, b.final_at),
            *_windows(outcome.grant),
            b.payer is Payer.SELF and b.service is Service.FLEET,
            b.approval.next_step_at if b.approval else None,
            *(outcome.grant.week_at_most_s, outcome.grant.time_zone),
            *((basis.name, basis.version, basis.promised_wh) if (basis := outcome.grant.basis) else (None, None, None)),
        )

    async def _closed(self, order: Order) -> list[PoolId] | None:
        """The pools that are closed to the holder who pays herself; None where her work does."""
        if order.payer is not Payer.SELF:
            return None
        found = await self._session.one(SHARED_POOLS, self._call.city)
        return closed_to_residents(found, order.period, self.now)

    async def decline(self, answer: Answer, reason: str) -> bool:
        """Keep an answer that books nothing; False where the key was answered meanwhile."""
        call, order = self._call, self._order
        if not answer.is_kept:
            self.answer = answer
            return True
        subject = (order.resource_id if order else None) or call.actor.id
        written = await self._session.one(
            RECORD_REFUSAL,
            *(call.city, call.actor.id, call.route, call.key, call.fingerprint),
            *(answer.status, answer.media_type, answer.body, self.now, self._new_id()),
            *(f"refused:{reason}", subject, call.request_id, call.address),
        )
        self.answer = answer
        return bool(written)


def _windows(grant: Grant) -> tuple[PoolId | None, int | None]:
    """The pool, and the version of its windows, by which a resident was given the resource; nothing where none had a say."""
    sharing = grant.resource.sharing
    if sharing is None or grant.booking.payer is not Payer.SELF:
        return None, None
    return grant.resource.pool_id, sharing.version
