"""Charging without an account, in PostgreSQL."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace
from adapters.database.booking.reading import BOOKING, IN_CITY
from adapters.database.booking.reservations import DESK, OFFER, OFFERED, SqlReservations
from adapters.database.charging.reading import CHANGE
from adapters.database.charging.sessions import session_json, session_row
from adapters.database.charging.station_orders import place_order
from adapters.database.charging.store import CHARGE_POINT, OUT_OF_ORDER, POWER
from adapters.database.connections import Statements
from domain.booking.bookings import Booking, BookingId
from domain.booking.holds import Offer
from domain.charging.ad_hoc.starting import ChargeAdHoc, NotBegun, Offered, Place
from domain.charging.ad_hoc.steps import AdHocFacts, Begin, Start
from domain.charging.ad_hoc.steps import End as EndOfTime
from domain.charging.orders import OrderId, StationOrder
from domain.charging.plugs.reservations import Facts
from domain.charging.plugs.steps import Spare
from domain.charging.reservations import ChargePointReserved
from domain.charging.sessions.sessions import Session
from domain.identity import Actor, City
from services.charging.sessions.hearing import stop_order

NAMED = DESK.format(
    facts=f"""
  'point', (SELECT json_build_object('offer', {OFFER}, 'connectors', x.connectors, 'power_kw', x.power_kw::text,
      'out_of_order', {OUT_OF_ORDER}, 'power', {POWER})
    FROM {OFFERED} JOIN charge_points x ON x.city = r.city AND x.id = r.id
    WHERE r.city = $1::text AND r.id = $5::uuid),
  'outlet', (SELECT json_build_object('online', coalesce(c.held_until > $6::timestamptz, false),
      'running', (SELECT x.ref FROM charging_sessions x WHERE x.city = e.city AND x.charging_station_id = e.charging_station_id
        AND x.evse = e.number AND x.state = 'active' LIMIT 1))
    FROM evses e JOIN charging_stations c ON c.city = e.city AND c.id = e.charging_station_id
    WHERE e.city = $1::text AND e.resource_id = $5::uuid),
  'payable', EXISTS (SELECT FROM cities y WHERE y.city = $1::text AND y.stripe_account IS NOT NULL)"""
)
HERE = msgspec.structs.replace(CHARGE_POINT, named=NAMED)
KNOWN = text(f"""
SELECT json_build_object('number', nextval('charging_numbers'),
  'starts', (SELECT coalesce(json_agg(json_build_object('made_at', o.made_at, 'answered', o.answered, 'answered_at', o.answered_at)
      ORDER BY o.made_at, o.id), '[]'::json)
    FROM station_orders o WHERE o.city = :city AND o.subject = :booking AND o.kind = 'start_transaction'),
  'session', (SELECT {session_json("cs")} FROM charging_sessions cs WHERE cs.city = :city AND cs.booking_id = :booking
    AND cs.state IN ('active', 'pending') ORDER BY cs.state LIMIT 1))::text
""")
FIND = IN_CITY.format(
    query=f"SELECT {BOOKING} FROM bookings b WHERE b.city = $1::text AND b.id = $2::uuid AND b.service = 'charging'"
)

KEEP_ADDRESS = """
WITH scope AS MATERIALIZED (SELECT set_config('kommobil.city', $1::text, true) AS city),
k AS (INSERT INTO guest_addresses (city, holder_id, email, language, made_at)
      SELECT city, $2::uuid, $3::text, $4::text, $5::timestamptz FROM scope ON CONFLICT DO NOTHING RETURNING city)
SELECT count(*) FROM k
"""


class _Known(msgspec.Struct, frozen=True):
    number: int
    starts: tuple[Start, ...]
    session: Session | None


_facts = msgspec.json.Decoder(Place)
_known = msgspec.json.Decoder(_Known)
_booking = msgspec.json.Decoder(Booking, strict=False)


def _offer(desk: Place) -> Offer | None:
    return desk.point.offer if desk.point else None


class SqlAdHocStore:
    def __init__(self, books: SqlReservations) -> None:
        self._books = books

    async def desk(self, command: ChargeAdHoc) -> Place:
        return await self._books.desk(HERE, _facts, _offer, command)

    async def offer(self, outcome: Offered | NotBegun) -> None:
        self._books.tell(outcome)

    async def record(self, outcome: ChargePointReserved | NotBegun) -> None:
        await self._books.record(outcome)


class SqlAdHocBooks:
    def __init__(self, connection: AsyncConnection, city: City, new_id: Callable[[], UUID]) -> None:
        self._connection = connection
        self._city = city
        self._new_id = new_id

    async def known(self, facts: Facts, spare: Spare) -> AdHocFacts:
        scope = {"city": self._city, "booking": facts.booking.id}
        found = _known.decode((await self._connection.execute(KNOWN, scope)).scalar_one())
        return AdHocFacts(facts, spare.token, found.number, found.starts, found.session)

    async def order(self, facts: Facts, spare: Spare, step: Begin | EndOfTime, now: datetime) -> None:
        if isinstance(step, Begin):
            if facts.plug is None:
                return
            order = StationOrder(spare.order_id, facts.plug.station_id, step.order, now, step.within, facts.booking.id)
        else:
            row = session_row(step.session)
            values = {name: row[name] for name in ("id", "stops_at", "stop_asked_at", "version")}
            if (await self._connection.execute(CHANGE, {"city": self._city} | values)).rowcount != 1:
                raise LostRace
            order = stop_order(step.session, step.order, OrderId(self._new_id()), now)
        await place_order(self._connection, self._city, order)


class SqlAdHocCharges:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def find(self, city: City, booking_id: BookingId) -> Booking | None:
        async with self._statements.session() as session:
            found: Any = await session.one(FIND, city, booking_id)
        return _booking.decode(found) if found else None

    async def keep_address(self, guest: Actor, email: str, language: str, now: datetime) -> None:
        """The first one that she says."""
        async with self._statements.session() as session:
            await session.one(KEEP_ADDRESS, guest.city, guest.id, email, language, now)
