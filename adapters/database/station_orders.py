"""What stations are told, in PostgreSQL: written with whatever needs it, told by whoever holds the station, answered once."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Statements, Transactions
from adapters.database.reservations import as_json
from adapters.database.transacting import in_city
from domain.charging.orders import TOLD_ONCE, Order, OrderAnswer, OrderAnswered, OrderId, StationOrder, lapsed
from domain.charging.stations import ChargingStationId, StationAt
from domain.identity import City

PATIENCE = timedelta(seconds=60)
"""For the answer to what was told in the last moment; longer than whoever told it waits."""
ONCE = [str(each.__struct_config__.tag) for each in TOLD_ONCE]
PLACE = text("""
INSERT INTO station_orders (city, id, charging_station_id, kind, wanted, subject, made_at, expires_at)
VALUES (:city, :id, :station_id, :kind, CAST(:wanted AS jsonb), :subject, :made_at, :expires_at) ON CONFLICT (city, id) DO NOTHING
""")
NEXT = text("""
SELECT s.held_over, o.id, o.charging_station_id AS station_id, o.wanted, o.made_at, o.expires_at, o.subject
FROM charging_stations s CROSS JOIN LATERAL (
  SELECT * FROM station_orders o WHERE o.city = s.city AND o.charging_station_id = s.id AND o.answered_at IS NULL
    AND o.expires_at > :now AND o.told_over IS DISTINCT FROM s.held_over
    AND (o.sent_at IS NULL OR o.kind <> ALL (CAST(:told_once AS text[]))) ORDER BY o.made_at, o.id LIMIT 20) o
WHERE s.city = :city AND s.held_by = :process AND s.id = coalesce(CAST(:only AS uuid), s.id) ORDER BY o.made_at, o.id
""")
TOLD = text("""
UPDATE station_orders o SET told_over = :connection, sent_at = :now, times = times + 1
WHERE o.city = :city AND o.id = :id AND o.answered_at IS NULL AND o.expires_at > :now AND o.told_over IS DISTINCT FROM :connection
  AND (o.sent_at IS NULL OR o.kind <> ALL (CAST(:told_once AS text[])))
  AND EXISTS (SELECT FROM charging_stations s WHERE s.city = o.city AND s.id = o.charging_station_id AND s.held_over = :connection)
""")
# To the outbox in the same statement: an answer that nobody is told of is none.
ANSWER = text("""
WITH answered AS (
  UPDATE station_orders SET answered_at = :now, answered = :answered, answer = CAST(:answer AS jsonb)
  WHERE city = :city AND id = :id AND answered_at IS NULL RETURNING city, id)
INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at) SELECT city, :outbox_id, :kind, id, :now, :now FROM answered
""")
FIND = text("""
SELECT id, charging_station_id AS station_id, wanted, made_at, expires_at, subject, answered, answer
FROM station_orders WHERE city = :city AND id = :id AND answered_at IS NOT NULL
""")
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


async def place_order(connection: AsyncConnection, city: City, order: StationOrder) -> None:
    """In the caller's transaction; whoever holds the station hears of it when that is through."""
    values = {
        "city": city,
        "id": order.id,
        "station_id": order.station_id,
        "kind": order.order.__struct_config__.tag,
        "wanted": as_json(order.order),
        "subject": order.subject,
        "made_at": order.made_at,
        "expires_at": order.expires_at,
    }
    await connection.execute(PLACE, values)


class SqlOrders:
    """Open in a transaction of a city."""

    def __init__(self, connection: AsyncConnection, city: City) -> None:
        self._connection = connection
        self._city = city

    async def place(self, order: StationOrder) -> None:
        await place_order(self._connection, self._city, order)


class SqlStationOrders:
    """Orders on their way, and those that are over. `written` wakes whoever reads the outbox."""

    def __init__(
        self, transactions: Transactions, new_id: Callable[[], UUID], written: Callable[[], None] = lambda: None
    ) -> None:
        self._transactions = transactions
        self._new_id = new_id
        self._written = written

    async def next(
        self, city: City, process: UUID, now: datetime, only: ChargingStationId | None = None
    ) -> Sequence[tuple[UUID, StationOrder]]:
        async def look(connection: AsyncConnection) -> list[tuple[UUID, StationOrder]]:
            values = {"city": city, "process": process, "now": now, "only": only, "told_once": ONCE}
            rows = await connection.execute(NEXT, values)
            return [(row.held_over, _order(row)) for row in rows]

        return await in_city(self._transactions, city, look)

    async def told(self, at: StationAt, order: OrderId, connection: UUID, now: datetime) -> bool:
        values = {"city": at.city, "id": order, "connection": connection, "now": now, "told_once": ONCE}

        async def mark(road: AsyncConnection) -> bool:
            return (await road.execute(TOLD, values)).rowcount == 1

        return await in_city(self._transactions, at.city, mark)

    async def answered(self, at: StationAt, order: OrderId, answer: OrderAnswer, now: datetime) -> bool:
        kept = await in_city(self._transactions, at.city, lambda road: self._answer(road, at.city, order, answer, now))
        self._written()
        return kept

    async def find(self, city: City, order: OrderId) -> OrderAnswered | None:
        async def look(connection: AsyncConnection) -> OrderAnswered | None:
            row = (await connection.execute(FIND, {"city": city, "id": order})).one_or_none()
            if row is None:
                return None
            return OrderAnswered(_order(row), msgspec.convert(row.answer, OrderAnswer))

        return await in_city(self._transactions, city, look)

    async def lapse(self, city: City, order: OrderId, now: datetime) -> None:
        values = {"city": city, "id": order, "now": now, "told_before": now - PATIENCE}

        async def give_up(connection: AsyncConnection) -> None:
            times = (await connection.execute(LAPSING, values)).scalar_one_or_none()
            if times is not None:
                await self._answer(connection, city, order, lapsed(times), now)

        await in_city(self._transactions, city, give_up)
        self._written()

    async def _answer(
        self, connection: AsyncConnection, city: City, order: OrderId, answer: OrderAnswer, now: datetime
    ) -> bool:
        values = {
            "city": city,
            "id": order,
            "answered": answer.answered.value,
            "answer": as_json(answer),
            "kind": ANSWERED,
            "outbox_id": self._new_id(),
            "now": now,
        }
        return (await connection.execute(ANSWER, values)).rowcount == 1


async def due_orders(relay: Statements, now: datetime, limit: int) -> tuple[tuple[City, OrderId], ...]:
    """Across cities, in no order: those for which it is too late."""
    async with relay.session() as session:
        return _due.decode(await session.one(DUE, now, limit))


def _order(row: Any) -> StationOrder:
    return StationOrder(
        OrderId(row.id),
        row.station_id,
        msgspec.convert(row.wanted, Order),
        row.made_at,
        row.expires_at,
        row.subject,
    )
