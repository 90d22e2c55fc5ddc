"""The log of what was said with stations, in PostgreSQL."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Transactions
from adapters.database.transacting import in_city
from domain.identity import City
from services.charging.central.ports import Message

KEEP = text("""
INSERT INTO station_messages (city, id, charging_station_id, at, direction, kind, message_id, action, payload, fault, frame)
SELECT :city, m.* FROM unnest(CAST(:ids AS uuid[]), CAST(:stations AS uuid[]), CAST(:times AS timestamptz[]),
  CAST(:directions AS text[]), CAST(:kinds AS text[]), CAST(:message_ids AS text[]), CAST(:actions AS text[]),
  CAST(:payloads AS jsonb[]), CAST(:faults AS text[]), CAST(:frames AS text[])) m
""")


class SqlMessageLog:
    def __init__(self, transactions: Transactions, new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._new_id = new_id

    async def keep(self, city: City, messages: Sequence[Message]) -> None:
        values = {
            "city": city,
            "ids": [self._new_id() for _ in messages],
            "stations": [each.at.id for each in messages],
            "times": [each.when for each in messages],
            "directions": [each.direction.value for each in messages],
            "kinds": [each.kind.value for each in messages],
            "message_ids": [each.message_id for each in messages],
            "actions": [each.action for each in messages],
            "payloads": [each.payload for each in messages],
            "faults": [each.fault for each in messages],
            "frames": [each.frame for each in messages],
        }

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(KEEP, values)

        await in_city(self._transactions, city, write)
