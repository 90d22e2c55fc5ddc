"""What stations are told, in PostgreSQL: written with whatever needs it, told by whoever holds the station, answered once."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.reading import IN_CITY
from adapters.database.booking.reservations import as_json
from adapters.database.connections import Database, Statements, Within
from adapters.database.reading import read
from adapters.database.transacting import in_city, in_one_statement
from domain.charging.orders import TOLD_ONCE, Order, OrderAnswer, OrderAnswered, OrderId, StationOrder, lapsed
from domain.charging.stations import ChargingStationId, StationAt
from domain.identity import City
from services.charging.central.ports import Taken

PATIENCE = timedelta(seconds=100)
"""For the answer to what was told in the last moment; longer than whoever told it waits, a limit of power twice, in watts and in amperes."""


def kinds(orders: Iterable[type[Order]]) -> list[str]:
    return [str(each.__struct_config__.tag) for each in orders]


ONCE = kinds(TOLD_ONCE)
PLACE = text("""
INSERT INTO station_orders (city, id, charging_station_id, kind, wanted, subject, made_at, expires_at, awaited)
VALUES (:city, :id, :station_id, :kind, CAST(:order AS jsonb), :subject, :made_at, :expires_at, :awaited) ON CONFLICT (city, id) DO NOTHING
""")
WAITING = IN_CITY.format(
    query="""SELECT coalesce(json_agg(json_build_array(w.id, w.awaited)), '[]'::json) FROM (
    SELECT s.id, bool_or(o.awaited) AS awaited FROM charging_stations s
    JOIN station_orders o ON o.city = s.city AND o.charging_station_id = s.id
    WHERE s.city = $1::text AND s.held_by = $2::uuid AND o.answered_at IS NULL AND o.expires_at > $3::timestamptz
      AND o.told_over IS DISTINCT FROM s.held_over AND (o.sent_at IS NULL OR o.kind <> ALL ($4::text[])) GROUP BY s.id) w"""
)
TAKE = "SELECT take_station_order($1::text, $2::uuid, $3::uuid, $4::timestamptz, $5::text[], $6::text[])"
ANSWER = """SELECT answer_station_order($1::text, $2::uuid, $3::timestamptz, $4::text, $5::jsonb, $6::uuid, $7::text)"""
FIND = IN_CITY.format(
    query="""SELECT json_build_array(json_build_object('id', o.id, 'station_id', o.charging_station_id, 'order', o.wanted,
      'made_at', o.made_at, 'expires_at', o.expires_at, 'subject', o.subject), o.answer)
    FROM station_orders o WHERE o.city = $1::text AND o.id = $2::uuid AND o.answered_at IS NOT NULL"""
)
LAPSING = text("""
SELECT times FROM station_orders WHERE city = :city AND id = :id AND answered_at IS NULL AND expires_at <= :now
  AND (sent_at IS NULL OR sent_at <= :told_before) FOR UPDATE
""")
DUE = """
SELECT coalesce(json_agg(json_build_array(city, id)), '[]'::json)::text
FROM (SELECT city, id FROM station_orders WHERE answered_at IS NULL AND expires_at <= $1::timestamptz ORDER BY random() LIMIT $2::int) due
"""
ANSWERED = str(OrderAnswered.__struct_config__.tag)

_due = msgspec.json.Decoder(tuple[tuple[City, OrderId], ...])
_waiting = msgspec.json.Decoder(tuple[tuple[ChargingStationId, bool], ...])
_taken = msgspec.json.Decoder(Taken)
_found = msgspec.json.Decoder(tuple[StationOrder, OrderAnswer])


async def place_order(connection: AsyncConnection, city: City, order: StationOrder) -> None:
    """In the caller's transaction; whoever holds the station hears of it when that is through."""
    await connection.execute(PLACE, order_row(order) | {"city": city, "order": as_json(order.order)})


def order_row(order: StationOrder) -> dict[str, Any]:
    return msgspec.structs.asdict(order) | {"kind": order.order.__struct_config__.tag, "awaited": order.is_awaited}


class SqlStationOrders:
    """Orders on their way, and those that are over. `written` wakes whoever reads the outbox."""

    def __init__(
        self, database: Database, new_id: Callable[[], UUID], written: Callable[[], None] = lambda: None
    ) -> None:
        self._statements, self._transactions = database.statements, database.transactions
        self._new_id = new_id
        self._written = written

    async def waiting(self, city: City, process: UUID, now: datetime) -> Sequence[tuple[ChargingStationId, bool]]:
        found = await read(self._statements, WAITING, city, process, now, ONCE)
        return _waiting.decode(found or "[]")

    async def take(
        self, at: StationAt, connection: UUID, now: datetime, but: Sequence[type[Order]] = ()
    ) -> Taken | None:
        found = await in_one_statement(self._statements, TAKE, at.city, at.id, connection, now, ONCE, kinds(but))
        return None if found is None else _taken.decode(found)

    async def answered(self, at: StationAt, order: OrderId, answer: OrderAnswer, now: datetime) -> bool:
        kept = await in_one_statement(self._statements, ANSWER, *self._answer(at.city, order, answer, now))
        self._written()
        return bool(kept)

    async def find(self, city: City, order: OrderId) -> OrderAnswered | None:
        found = await read(self._statements, FIND, city, order)
        return None if found is None else OrderAnswered(*_found.decode(found))

    async def lapse(self, city: City, order: OrderId, now: datetime) -> None:
        values = {"city": city, "id": order, "now": now, "told_before": now - PATIENCE}

        async def give_up(connection: AsyncConnection) -> None:
            times = (await connection.execute(LAPSING, values)).scalar_one_or_none()
            if times is not None:
                await Within(connection).one(ANSWER, *self._answer(city, order, lapsed(times), now))

        await in_city(self._transactions, city, give_up)
        self._written()

    def _answer(self, city: City, order: OrderId, answer: OrderAnswer, now: datetime) -> tuple[object, ...]:
        return city, order, now, answer.answered.value, as_json(answer), self._new_id(), ANSWERED


async def due_orders(relay: Statements, now: datetime, limit: int) -> tuple[tuple[City, OrderId], ...]:
    """Across cities, in no order: those for which it is too late."""
    async with relay.session() as session:
        return _due.decode(await session.one(DUE, now, limit))
