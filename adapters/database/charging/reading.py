"""Charging sessions as they are looked at and acted on, in PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace, through
from adapters.database.booking.bookings import SqlLifeReader
from adapters.database.booking.changes import write_note
from adapters.database.booking.reading import IN_CITY
from adapters.database.booking.reservations import as_json
from adapters.database.charging.sessions import billing_json, session_json
from adapters.database.charging.station_orders import place_order
from adapters.database.connections import Database, Session, Within
from adapters.database.transacting import answered_in_city
from domain.booking.bookings import BookingId
from domain.booking.reach import Reach
from domain.charging.orders import OrderId, StationOrder
from domain.charging.sessions import sessions as domain
from domain.charging.sessions.acting import NOT_FINAL, Plug
from domain.charging.sessions.sessions import SessionId
from domain.identity import Actor, City, PersonId
from services.calls import Answer, Call
from services.charging.sessions import Sessions
from services.charging.sessions.acting import charge_booking, limit_charging, stop_charging
from services.charging.sessions.following import SessionWatch
from services.charging.sessions.ports import Charge, SessionReader, Socket, Wanted
from services.charging.sessions.reading import find_session, list_sessions

T = TypeVar("T")
CHARGE = f"""json_build_object('session', {session_json("cs")}, 'charge_point', w.name, 'place', p.name,
  'billing', {billing_json("cs")}, 'billed', cs.billed_at IS NOT NULL{{more}})"""
CALCULATION = """, 'calculation', (SELECT k.calculation FROM charging_calculations k WHERE k.city = cs.city AND k.booking_id = cs.booking_id)"""
WHERE_IT_IS = """charging_sessions cs JOIN charging_stations c ON c.city = cs.city AND c.id = cs.charging_station_id
  JOIN stations p ON p.city = c.city AND p.id = c.station_id
  LEFT JOIN resources w ON w.city = cs.city AND w.id = cs.resource_id"""
ONE = f"SELECT {CHARGE.format(more=CALCULATION)} FROM {WHERE_IT_IS} WHERE cs.city = $1::text AND cs.id = $2::uuid"
FIND = IN_CITY.format(query=ONE)
LOCK = text("SELECT 1 FROM charging_sessions WHERE city = :city AND id = :id FOR UPDATE")
PAGE = IN_CITY.format(
    query=f"""SELECT coalesce(json_agg({CHARGE.format(more="")} ORDER BY cs.id DESC), '[]'::json) FROM {WHERE_IT_IS}
  JOIN (SELECT f.city, f.id FROM charging_sessions f WHERE f.city = $1::text AND ($3::bool OR f.holder_id = $4::uuid)
    AND ($5::uuid IS NULL OR f.booking_id = $5::uuid) AND (cardinality($6::text[]) = 0 OR f.state = ANY ($6::text[]))
    AND ($7::uuid IS NULL OR f.id < $7::uuid) ORDER BY f.id DESC LIMIT $2::int) f ON f.city = cs.city AND f.id = cs.id"""
)
# With its booking, which may be paid or moved after the session is over.
STANDS = IN_CITY.format(
    query="""SELECT coalesce(json_object_agg(cs.id, concat_ws(' ', cs.version, cs.billed_at, b.version)), '{}'::json)
  FROM charging_sessions cs LEFT JOIN bookings b ON b.city = cs.city AND b.id = cs.booking_id
  WHERE cs.city = $1::text AND cs.id = ANY ($2::uuid[])"""
)
PLUG = text(f"""
SELECT CASE WHEN e.number IS NOT NULL AND t.token IS NOT NULL THEN json_build_object('station_id', e.charging_station_id,
    'evse', e.number, 'token', t.token, 'number', nextval('charging_numbers'), 'online', coalesce(c.held_until > :now, false),
    'charging', (SELECT {session_json("cs")} FROM charging_sessions cs WHERE cs.city = b.city AND cs.booking_id = b.id
      AND cs.state = 'active' LIMIT 1)) END::text
FROM bookings b LEFT JOIN evses e ON e.city = b.city AND e.resource_id = b.resource_id
  LEFT JOIN charging_stations c ON c.city = e.city AND c.id = e.charging_station_id
  LEFT JOIN charging_tokens t ON t.city = b.city AND t.booking_id = b.id
WHERE b.city = :city AND b.id = :booking_id
""")
CHANGE = text("""
UPDATE charging_sessions SET stops_at = CAST(:stops_at AS jsonb), stop_asked_at = :stop_asked_at, version = :version
WHERE city = :city AND id = :id AND version = :version - 1
""")
_charge = msgspec.json.Decoder(Charge)
_charges = msgspec.json.Decoder(tuple[Charge, ...])
_plug = msgspec.json.Decoder(Plug | None)
_stands = msgspec.json.Decoder(dict[SessionId, str])


class SqlSessionReader:
    """The sessions of one city, on one connection."""

    def __init__(self, session: Session, city: City) -> None:
        self._session = session
        self._city = city

    async def find(self, session_id: SessionId) -> Charge | None:
        found: str | None = await self._session.one(FIND, self._city, session_id)
        return _charge.decode(found) if found else None

    async def page(self, reader: PersonId, within: Reach, wanted: Wanted) -> Sequence[Charge]:
        after = wanted.after.id if wanted.after is not None else None
        states = [state.value for state in wanted.states]
        values = (wanted.limit, within.whole_city, reader, wanted.booking_id, states, after)
        return _charges.decode(await self._session.one(PAGE, self._city, *values))


class SqlActingBooks:
    def __init__(self, connection: AsyncConnection, call: Call[Any], new_id: Callable[[], UUID], now: datetime) -> None:
        self._connection = connection
        self._call = call
        self._new_id = new_id
        self._now = now

    async def session(self, session_id: SessionId) -> Charge | None:
        await self._connection.execute(LOCK, {"city": self._call.city, "id": session_id})
        return await SqlSessionReader(Within(self._connection), self._call.city).find(session_id)

    async def socket(self, booking_id: BookingId, now: datetime) -> Socket | None:
        life = await SqlLifeReader(Within(self._connection), self._call.city).life(booking_id)
        if life is None:
            return None
        values = {"city": self._call.city, "booking_id": booking_id, "now": now}
        found = (await self._connection.execute(PLUG, values)).scalar_one()
        return Socket(life, _plug.decode(found or "null"))

    async def change(self, session: domain.Session, action: str) -> None:
        """Raises LostRace where it is another version by now."""
        values = {
            "city": self._call.city,
            "id": session.id,
            "stops_at": as_json(session.limit),
            "stop_asked_at": session.stop_asked_at,
            "version": session.version,
        }
        if (await self._connection.execute(CHANGE, values)).rowcount != 1:
            raise LostRace
        await self._note(action, session.id)

    async def order(self, order: StationOrder) -> None:
        await place_order(self._connection, self._call.city, order)
        await self._note(f"charging.ordered:{order.order.__struct_config__.tag}", order.subject or order.id)

    async def _note(self, action: str, subject: UUID) -> None:
        new_id, now = self._new_id, self._now
        await write_note(self._connection, self._call, action, subject, tell=False, new_id=new_id, now=now)


class SqlSessions:
    """Opens the books for one call, and again where somebody was quicker."""

    def __init__(self, database: Database, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id

    def bound(self) -> Sessions:
        async def charge(call: Call[Any], command: Any) -> Answer:
            order = OrderId(self._new_id())
            return await self._acting(
                call,
                lambda books, now: charge_booking(command, books=books, actor=call.actor, order_id=order, now=now),
            )

        async def stop(call: Call[Any], command: Any) -> Answer:
            order = OrderId(self._new_id())
            return await self._acting(
                call, lambda books, now: stop_charging(command, books=books, actor=call.actor, order_id=order, now=now)
            )

        async def limit(call: Call[Any], command: Any) -> Answer:
            return await self._acting(
                call, lambda books, now: limit_charging(command, books=books, actor=call.actor, now=now)
            )

        async def find(actor: Actor, session_id: SessionId) -> Any:
            return await self._looking(
                actor, lambda books, now: find_session(session_id, books=books, actor=actor, now=now)
            )

        async def page(actor: Actor, wanted: Wanted) -> Any:
            return await self._looking(
                actor, lambda books, now: list_sessions(wanted, books=books, actor=actor, now=now)
            )

        return Sessions(charge, stop, limit, find, page, SessionWatch(self._stand).follow)

    async def _stand(self, city: City, sessions: Sequence[SessionId]) -> Mapping[SessionId, str]:
        async with self._database.statements.session() as session:
            return _stands.decode(await session.one(STANDS, city, list(sessions)))

    async def _acting(self, call: Call[Any], do: Callable[[SqlActingBooks, datetime], Awaitable[Any]]) -> Answer:
        async def work(connection: AsyncConnection, now: datetime) -> Any:
            return await do(SqlActingBooks(connection, call, self._new_id, now), now)

        return await answered_in_city(self._database.transactions, call, work, self._clock, NOT_FINAL)

    async def _looking(self, actor: Actor, do: Callable[[SessionReader, datetime], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._database.statements.session() as session:
                return await do(SqlSessionReader(session, actor.city), self._clock())

        return await through(once)
