"""Steering power groups, in PostgreSQL: what is known is read, and what stations are told is written, while nobody else does so."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.reservations import as_json
from adapters.database.charging.power_groups import read_power
from adapters.database.charging.station_orders import place_order
from adapters.database.connections import Statements
from adapters.database.transacting import Transacting, in_city
from domain.charging.orders import Answered, OrderAnswer, OrderAnswered, OrderId, SetProfile, StationOrder
from domain.charging.power.facts import PowerFacts, PowerNow
from domain.charging.power.groups import PowerGroupId
from domain.charging.power.noting import Noted
from domain.charging.sessions.sessions import SessionId
from domain.charging.stations import ChargingStationId
from domain.identity import City
from services.charging.steering import steer_group

# A statement of its own: what waits for a lock reads everything else as it was before.
ALONE = text("SELECT 1 FROM power_groups WHERE city = :city AND id = :id FOR NO KEY UPDATE")
# Before it is read: what changes from then on has it looked at again, after this look.
BEGIN = text("UPDATE power_groups SET look_at = :again WHERE city = :city AND id = :id")
DIES_WITHIN = timedelta(seconds=30)
"""A look that did not come to its end by then is done by somebody else."""
# What was not said yet, and is said otherwise now, is never said.
SUPERSEDE = text("""
UPDATE station_orders SET answered_at = :now, answered = :answered, answer = CAST(:answer AS jsonb)
WHERE city = :city AND charging_station_id = :station_id AND kind = 'set_profile' AND answered_at IS NULL AND sent_at IS NULL
  AND wanted ->> 'evse' = :evse AND wanted #>> '{profile,purpose}' = :purpose
""")
NOTE = text("""
INSERT INTO charging_readings (city, session_id, at, digest, point)
SELECT :city, :id, CAST(p ->> 'at' AS timestamptz), p ->> 'digest', p -> 'point'
FROM jsonb_array_elements(CAST(:points AS jsonb)) p ON CONFLICT DO NOTHING
""")
LOOK_AGAIN = text("UPDATE power_groups SET look_at = :at WHERE city = :city AND id = :id")
# Answers come in swarms: whoever looks next sees all of them.
WAKE = """
UPDATE power_groups g SET look_at = :now WHERE g.city = :city AND g.look_at > :now AND g.id IN (SELECT x.power_group FROM {of}
  JOIN charge_points x ON x.city = e.city AND x.id = e.resource_id WHERE e.city = :city AND {which})
"""
OF_SESSION = text(
    WAKE.format(
        of="charging_sessions t JOIN evses e ON e.city = t.city AND e.charging_station_id = t.charging_station_id AND e.number = t.evse",
        which="t.id = :id",
    )
)
OF_STATION = text(WAKE.format(of="evses e", which="e.charging_station_id = :id"))
DUE = """
SELECT coalesce(json_agg(json_build_array(city, id)), '[]'::json)::text
FROM (SELECT city, id FROM power_groups WHERE look_at <= $1::timestamptz ORDER BY random() LIMIT $2::int) due
"""

logger = logging.getLogger("kommobil")
_due = msgspec.json.Decoder(tuple[tuple[City, PowerGroupId], ...])


class SqlSteeringBooks:
    def __init__(self, connection: AsyncConnection, city: City, now: datetime) -> None:
        self._connection = connection
        self._city = city
        self._now = now

    async def alone(self, group_id: PowerGroupId) -> None:
        await self._connection.execute(ALONE, {"city": self._city, "id": group_id})

    async def facts(self, group_id: PowerGroupId, until: datetime) -> tuple[PowerFacts, PowerNow] | None:
        return await read_power(self._connection, self._city, group_id, self._now, until)

    async def place(self, orders: Sequence[StationOrder]) -> None:
        for order in orders:
            await self._supersede(order)
            await place_order(self._connection, self._city, order)

    async def note(self, noted: Sequence[Noted]) -> None:
        for each in noted:
            points = [{"at": point.at, "digest": point.digest, "point": point} for point in each.points]
            values = {"city": self._city, "id": each.session_id, "points": as_json(points)}
            await self._connection.execute(NOTE, values)

    async def look_again(self, group_id: PowerGroupId, at: datetime) -> None:
        await self._connection.execute(LOOK_AGAIN, {"city": self._city, "id": group_id, "at": at})

    async def _supersede(self, by: StationOrder) -> None:
        profile = by.order
        if not isinstance(profile, SetProfile):
            return
        answer = OrderAnswer(Answered.NOT_THERE, "another profile has taken its place")
        values = {
            "city": self._city,
            "station_id": by.station_id,
            "evse": str(profile.evse),
            "purpose": profile.profile.purpose.value,
            "answered": answer.answered.value,
            "answer": as_json(answer),
            "now": self._now,
        }
        await self._connection.execute(SUPERSEDE, values)


class SqlSteering(Transacting):
    """What the worker does for power groups; each may be asked for at any time, and again."""

    async def steer(self, city: City, group_id: PowerGroupId) -> bool:
        """Whether any station is told anything."""

        async def work(connection: AsyncConnection) -> bool:
            now = self._clock()
            books = SqlSteeringBooks(connection, city, now)
            return await steer_group(group_id, books=books, new_order_id=self._new_order_id, now=now)

        await in_city(self._transactions, city, lambda connection: self._begin(connection, city, group_id))
        return await self._done(city, work)

    async def session_changed(self, city: City, session_id: SessionId) -> None:
        """One began or ended: its group is looked at."""
        await self._wake(city, OF_SESSION, session_id)

    async def order_answered(self, city: City, answered: OrderAnswered) -> None:
        """Have the group looked at by what a station said to a profile; what it did not say yes to stands in the log, too."""
        order = answered.order
        if not isinstance(order.order, SetProfile):
            return
        if answered.answer.answered is not Answered.ACCEPTED:
            logger.warning(
                "station %s did not take profile %d of EVSE %d: %s %s",
                *(order.station_id, order.order.profile.id, order.order.evse),
                *(answered.answer.answered, answered.answer.said or ""),
            )
        await self._wake(city, OF_STATION, order.station_id)

    async def station_booted(self, city: City, station_id: ChargingStationId) -> None:
        """It may have forgotten the profiles that it was told: its group is looked at."""
        await self._wake(city, OF_STATION, station_id)

    async def _begin(self, connection: AsyncConnection, city: City, group_id: PowerGroupId) -> None:
        await connection.execute(BEGIN, {"city": city, "id": group_id, "again": self._clock() + DIES_WITHIN})

    async def _wake(self, city: City, which: TextClause, about: UUID) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(which, {"city": city, "id": about, "now": self._clock()})

        await self._done(city, work)

    def _new_order_id(self) -> OrderId:
        return OrderId(self._new_id())


async def due_groups(relay: Statements, now: datetime, limit: int) -> tuple[tuple[City, PowerGroupId], ...]:
    """Across cities, in no order: those that are to be looked at."""
    async with relay.session() as session:
        return _due.decode(await session.one(DUE, now, limit))
