"""The books of plugs in PostgreSQL: the booking's row is locked, everything else is read in one statement beside it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace, through
from adapters.database.booking.changes import write_change, write_note
from adapters.database.booking.looking import unasked
from adapters.database.booking.making_room import NotAlone, alone, housed
from adapters.database.booking.reading import BOOKING, RESOURCE
from adapters.database.booking.reservations import kind_of
from adapters.database.charging.ad_hoc import SqlAdHocBooks
from adapters.database.charging.plug_places import places
from adapters.database.charging.plug_reading import RESERVATION
from adapters.database.charging.station_orders import place_order
from adapters.database.connections import Statements, Transactions
from domain.booking.bookings import Booking, BookingId
from domain.booking.events import BookingCancelled
from domain.booking.life import cancel_without_plug
from domain.booking.resources import Resource
from domain.charging.orders import OrderAnswered, OrderId, StationOrder
from domain.charging.plugs.reservations import (
    Facts,
    PlugPolicy,
    PlugReservation,
    PlugReservationId,
    policy_of,
)
from domain.charging.plugs.steps import Reserve, Settle, Spare
from domain.charging.plugs.tokens import RANDOM_BYTES, token_for, token_of
from domain.charging.reports import IdToken, ReservationNumber
from domain.charging_settings import MOST_LEAD_MIN, PlugSettings
from domain.identity import City
from services.charging.plugs import Recorded, look_after

# A statement of its own: what waits for a lock reads everything else as it was before.
LOCKED = text("SELECT 1 FROM bookings WHERE city = :city AND id = :id AND service = 'charging' FOR UPDATE")
# What is wrong with a station is wrong with all that it has; what a ticket keeps out of service is, whatever the station says.
PLUG = """json_build_object('station_id', e.charging_station_id, 'evse', e.number, 'resource_id', e.resource_id,
  'status', CASE WHEN k.out_since IS NOT NULL THEN 'INOPERATIVE' WHEN c.status IN ('OUTOFORDER', 'INOPERATIVE') THEN c.status ELSE e.status END,
  'status_at', CASE WHEN k.out_since IS NOT NULL THEN k.out_since WHEN c.status IN ('OUTOFORDER', 'INOPERATIVE') THEN c.status_at ELSE e.status_at END,
  'online', coalesce(c.held_until > :now, false),
  'silent_since', CASE WHEN c.held_until > :now THEN NULL ELSE coalesce(c.seen_at, c.made_at) END,
  'taken', EXISTS (SELECT FROM plug_reservations o WHERE o.city = e.city AND o.charging_station_id = e.charging_station_id
    AND o.evse = e.number AND o.booking_id <> b.id AND o.state IN ('ordered', 'honoured', 'guarded')),
  'busy', EXISTS (SELECT FROM bookings o WHERE o.city = e.city AND o.resource_id = e.resource_id AND o.id <> b.id
    AND (o.state = 'in_use' OR o.state = 'confirmed' AND o.starts < b.starts AND o.ends > :now)),
  'running', (SELECT json_build_object('ref', x.ref, 'token', x.token, 'group', x.told ->> 'group', 'booking_id', x.booking_id,
      'began_at', coalesce(x.began_at, x.heard_at))
    FROM charging_sessions x WHERE x.city = e.city AND x.charging_station_id = e.charging_station_id AND x.evse = e.number
      AND x.state = 'active' LIMIT 1))"""
FACTS = text(f"""
SELECT json_build_object('facts', json_build_object('booking', {BOOKING},
    'plug', (SELECT {PLUG} FROM evses e JOIN charging_stations c ON c.city = e.city AND c.id = e.charging_station_id
      LEFT JOIN LATERAL (SELECT max(t.out_since) AS out_since FROM charging_tickets t WHERE t.city = e.city
        AND t.charging_station_id = e.charging_station_id AND t.out_since IS NOT NULL AND e.resource_id = ANY (t.withdrawn)) k ON true
      WHERE e.city = b.city AND e.resource_id = b.resource_id),
    'reservations', (SELECT coalesce(json_agg({RESERVATION} ORDER BY p.first_at, p.id), '[]'::json) FROM plug_reservations p
      WHERE p.city = b.city AND p.booking_id = b.id),
    'answer', (SELECT json_build_object('order_id', o.id, 'answer', o.answer, 'at', o.answered_at) FROM station_orders o
      WHERE o.city = l.city AND o.id = l.order_id AND o.answered_at IS NOT NULL),
    'taken_back_at', l.taken_back_at,
    'token_used', EXISTS (SELECT FROM charging_sessions x WHERE x.city = b.city AND x.booking_id = b.id
      AND x.began_at IS NOT NULL AND x.state <> 'invalid')),
  'resource', {RESOURCE}, 'token', (SELECT t.token FROM charging_tokens t WHERE t.city = b.city AND t.booking_id = b.id))::text
FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
JOIN stations s ON s.city = r.city AND s.id = r.station_id
LEFT JOIN plug_reservations l ON l.city = b.city AND l.booking_id = b.id AND l.state IN ('ordered', 'honoured', 'guarded')
WHERE b.city = :city AND b.id = :id
""")
NUMBER = text("""
SELECT coalesce(max(number), 0) + 1 FROM plug_reservations WHERE city = :city AND charging_station_id = :station_id
""")
TOKEN = text("""
INSERT INTO charging_tokens (city, token, booking_id, group_token, valid_from, valid_until)
VALUES (:city, :token, :booking_id, :group_token, :valid_from, :valid_until)
ON CONFLICT (city, booking_id) DO UPDATE SET group_token = excluded.group_token, valid_from = excluded.valid_from,
  valid_until = excluded.valid_until
WHERE (charging_tokens.group_token, charging_tokens.valid_from, charging_tokens.valid_until)
  IS DISTINCT FROM (excluded.group_token, excluded.valid_from, excluded.valid_until)
""")
KEEP = text("""
INSERT INTO plug_reservations (city, id, booking_id, charging_station_id, evse, resource_id, number, token, group_token, until, state,
  order_id, orders, first_at, ordered_at, answered_at, refusal, honoured, stands, stopped, stopped_at)
VALUES (:city, :id, :booking_id, :station_id, :evse, :resource_id, :number, :token, :group, :until, :state, :order_id, :orders,
  :first_at, :ordered_at, :answered_at, :refusal, :honoured, :stands, :stopped, :stopped_at)
ON CONFLICT (city, id) DO UPDATE SET resource_id = excluded.resource_id, until = excluded.until, state = excluded.state,
  order_id = excluded.order_id, orders = excluded.orders, ordered_at = excluded.ordered_at, answered_at = excluded.answered_at,
  refusal = excluded.refusal, honoured = excluded.honoured, stands = excluded.stands, stopped = excluded.stopped,
  stopped_at = excluded.stopped_at
""")
# What is over and stands nowhere any more is not looked at again.
LOOK_AT = text("""
UPDATE plug_reservations SET look_at = CASE WHEN id = :id THEN CAST(:until AS timestamptz) END
WHERE city = :city AND booking_id = :booking_id AND look_at IS DISTINCT FROM CASE WHEN id = :id THEN CAST(:until AS timestamptz) END
""")
# Whoever has a plug and was not looked after yet, and whoever is to be looked after again.
SETTINGS = text("SELECT settings #> '{charging,plugs}' FROM cities WHERE city = :city")
DUE = """
SELECT coalesce(json_agg(json_build_array(city, id)), '[]'::json)::text FROM (
  (SELECT p.city, p.booking_id AS id FROM plug_reservations p WHERE p.look_at <= $1::timestamptz ORDER BY random() LIMIT $3::int)
  UNION
  (SELECT b.city, b.id FROM bookings b JOIN cities y ON y.city = b.city
    WHERE b.service = 'charging' AND b.state = 'confirmed' AND b.starts <= $2::timestamptz AND b.ends > $1::timestamptz
      AND b.starts <= $1::timestamptz
        + make_interval(mins => coalesce(CAST(y.settings #>> '{charging,plugs,lead_min}' AS int), $4::int))
      AND EXISTS (SELECT FROM evses e WHERE e.city = b.city AND e.resource_id = b.resource_id)
      AND NOT EXISTS (SELECT FROM plug_reservations p WHERE p.city = b.city AND p.booking_id = b.id
        AND p.resource_id = b.resource_id AND p.state <> 'released')
    ORDER BY random() LIMIT $3::int)) due
"""


class _Read(Struct, frozen=True):
    facts: Facts
    resource: Resource
    token: IdToken | None


_read = msgspec.json.Decoder(_Read, strict=False)
_due = msgspec.json.Decoder(tuple[tuple[City, BookingId], ...])


class SqlPlugBooks:
    """`is_alone` says that nobody else makes room in the city."""

    def __init__(
        self,
        connection: AsyncConnection,
        city: City,
        new_id: Callable[[], UUID],
        random_bytes: Callable[[int], bytes],
        now: datetime,
        *,
        is_alone: bool = False,
    ) -> None:
        self._connection = connection
        self._city = city
        self._new_id = new_id
        self._random_bytes = random_bytes
        self._now = now
        self._is_alone = is_alone
        self._resource: Resource | None = None
        self._token: IdToken | None = None

    async def facts(self, booking_id: BookingId) -> Facts | None:
        scope = {"city": self._city, "id": booking_id}
        if (await self._connection.execute(LOCKED, scope)).one_or_none() is None:
            return None
        read = _read.decode((await self._connection.execute(FACTS, scope | {"now": self._now})).scalar_one())
        self._resource, self._token = read.resource, read.token
        return read.facts

    async def spare(self, facts: Facts) -> Spare:
        """The booking's token is written down the first time."""
        plug, number = facts.plug, 1
        if plug is not None:
            scope = {"city": self._city, "station_id": plug.station_id}
            number = (await self._connection.execute(NUMBER, scope)).scalar_one()
        token = self._token or token_of(self._random_bytes(RANDOM_BYTES))
        pool_id = self._resource.pool_id if self._resource is not None else None
        made = token_for(facts.booking, token, self._city, pool_id)
        if plug is not None and facts.booking.is_live:
            await self._connection.execute(
                TOKEN,
                {
                    "city": self._city,
                    "token": made.token,
                    "booking_id": made.booking_id,
                    "group_token": made.group,
                    "valid_from": made.valid_from,
                    "valid_until": made.valid_until,
                },
            )
        return Spare(
            PlugReservationId(self._new_id()),
            OrderId(self._new_id()),
            ReservationNumber(number),
            made.token,
            made.group,
        )

    async def record(self, step: Recorded, now: datetime) -> None:
        await self._connection.execute(KEEP, _row(self._city, step.reservation))
        if isinstance(step, Settle):
            return
        reservation = step.reservation
        order_id = reservation.order_id if isinstance(step, Reserve) else OrderId(self._new_id())
        order = StationOrder(order_id, reservation.station_id, step.order, now, step.within, reservation.booking_id)
        await place_order(self._connection, self._city, order)

    async def rebind(self, facts: Facts, now: datetime) -> bool:
        """Raises NotAlone, LostRace and LapsedHolds."""
        if not self._is_alone:
            raise NotAlone
        wanted = await places(self._connection, self._city, facts, self._resource, now)
        call = unasked(self._city)
        return bool(wanted) and (
            await housed(self._connection, call, facts.booking, wanted, new_id=self._new_id, now=now) is not None
        )

    async def compensate(self, booking: Booking, now: datetime) -> None:
        event = cancel_without_plug(booking, now)
        if not isinstance(event, BookingCancelled):
            return
        if not await write_change(self._connection, self._city, event):
            raise LostRace
        call = unasked(self._city)
        await write_note(self._connection, call, kind_of(event), booking.id, tell=True, new_id=self._new_id, now=now)

    async def wait(self, facts: Facts, until: datetime | None) -> None:
        here = facts.here
        scope = {"city": self._city, "booking_id": facts.booking.id, "id": here.id if here is not None else None}
        await self._connection.execute(LOOK_AT, scope | {"until": until})


def _row(city: City, reservation: PlugReservation) -> dict[str, Any]:
    row = msgspec.structs.asdict(reservation)
    refusal = reservation.refusal
    return row | {"city": city, "state": reservation.state.value, "refusal": refusal.value if refusal else None}


class SqlPlugs:
    """Each booking in a transaction of its own, tried again where somebody was quicker. `written` wakes whoever reads the
    outbox."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        *,
        random_bytes: Callable[[int], bytes],
        expire_holds: Callable[[City, Sequence[UUID]], Awaitable[None]],
        written: Callable[[], None],
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id
        self._random_bytes = random_bytes
        self._expire_holds = expire_holds
        self._written = written

    async def look_after(self, city: City, booking_id: BookingId) -> bool:
        """Whether anything was done but to wait. Raises Unavailable where the database cannot do it now."""

        async def once(*, is_alone: bool) -> bool:
            now = self._clock()
            async with self._transactions.city(city) as connection:
                if is_alone:
                    await alone(connection, city)
                books = SqlPlugBooks(connection, city, self._new_id, self._random_bytes, now, is_alone=is_alone)
                strangers = SqlAdHocBooks(connection, city, self._new_id)
                policy = await _policy(connection, city)
                return await look_after(booking_id, books=books, policy=policy, now=now, ad_hoc=strangers)

        async def expire(ids: Sequence[UUID]) -> None:
            await self._expire_holds(city, ids)

        try:
            done = await through(lambda: once(is_alone=False), expire)
        except NotAlone:  # seldom: most looks move nobody, and hold nobody up
            done = await through(lambda: once(is_alone=True), expire)
        self._written()
        return done

    async def order_answered(self, city: City, answered: OrderAnswered) -> None:
        """Go on by what a station said to an order that was placed for a booking."""
        if answered.order.subject is not None:
            await self.look_after(city, BookingId(answered.order.subject))


async def due_plugs(relay: Statements, now: datetime, limit: int) -> tuple[tuple[City, BookingId], ...]:
    """Across cities, in no order: bookings whose plug is to be looked after."""
    async with relay.session() as session:
        furthest = now + timedelta(minutes=MOST_LEAD_MIN)
        return _due.decode(await session.one(DUE, now, furthest, limit, PlugSettings().lead_min))


async def _policy(connection: AsyncConnection, city: City) -> PlugPolicy:
    """The city's, as it is now: what was told before stays told."""
    found = (await connection.execute(SETTINGS, {"city": city})).scalar_one_or_none()
    return policy_of(msgspec.convert(found or {}, PlugSettings))
