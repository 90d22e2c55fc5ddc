"""Starts that holders asked for, in PostgreSQL: who is to be told that her station has not begun."""

from datetime import datetime
from uuid import uuid5

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.reservations import kind_of
from adapters.database.transacting import Transacting
from domain.charging.orders import OrderAnswered, StartTransaction
from domain.charging.sessions.starting import ChargeNotBegun, StartAsked, StartAwaited, heard_of_start
from domain.identity import SYSTEM, City

# Whoever has no account is written to when her charge is given up: the station is asked again by itself until then.
ASKED = text("""
SELECT o.id AS order_id, b.id AS booking_id, o.answered, o.answered_at,
  NOT EXISTS (SELECT FROM station_orders n WHERE n.city = o.city AND n.charging_station_id = o.charging_station_id AND n.kind = o.kind
    AND n.subject = o.subject AND n.made_at > o.made_at) AS is_last,
  EXISTS (SELECT FROM charging_sessions x WHERE x.city = b.city AND x.booking_id = b.id
    AND (x.state IN ('pending', 'active') OR x.began_at >= o.made_at - interval '5 minutes')) AS has_begun
FROM station_orders o JOIN bookings b ON b.city = o.city AND b.id = o.subject JOIN persons p ON p.city = b.city AND p.id = b.holder_id
WHERE o.city = :city AND o.id = :id AND o.answered_at IS NOT NULL
""")
WRITTEN = text("""
INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at) VALUES (:city, :id, :kind, :subject, :now, :due_at) ON CONFLICT DO NOTHING
""")
NOTED = text("""
INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id) VALUES (:city, :id, :now, :by, :kind, :subject, '')
ON CONFLICT DO NOTHING
""")


class SqlStarts(Transacting):
    async def order_answered(self, city: City, answered: OrderAnswered) -> None:
        """Once it is answered, and again when it should have begun: the same however often it is asked."""
        order = answered.order
        if not isinstance(order.order, StartTransaction) or order.subject is None:
            return

        async def work(connection: AsyncConnection) -> None:
            now = self._clock()
            found = (await connection.execute(ASKED, {"city": city, "id": order.id})).one_or_none()
            if found is not None:
                asked = msgspec.convert(found._mapping, StartAsked)  # noqa: SLF001 - SQLAlchemy's name for it
                await _keep(connection, city, asked, now)

        await self._done(city, work)


async def _keep(connection: AsyncConnection, city: City, asked: StartAsked, now: datetime) -> None:
    heard = heard_of_start(asked, now)
    if heard is None:
        return
    kind = kind_of(type(heard))
    row = {"city": city, "id": uuid5(asked.order_id, kind), "kind": kind, "now": now}
    match heard:
        case StartAwaited():
            await connection.execute(WRITTEN, row | {"subject": heard.order_id, "due_at": heard.until})
        case ChargeNotBegun():
            await connection.execute(WRITTEN, row | {"subject": heard.booking_id, "due_at": now})
            await connection.execute(NOTED, row | {"subject": heard.booking_id, "by": SYSTEM})
