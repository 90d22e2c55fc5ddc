"""The payment provider's messages in PostgreSQL: each once, together with the word that it is to be applied."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text

from adapters.database.answering import through
from adapters.database.booking.reservations import as_json
from adapters.database.connections import Transactions
from domain.identity import City
from services.payments.ports import Account, ProviderEvent

KEEP = text("""
WITH e AS (
  INSERT INTO provider_events (city, account, event_id, id, type, object_id, payload, received_at, applied_at)
  VALUES (:city, :account, :event_id, :id, :type, :object_id, :payload, CAST(:now AS timestamptz),
    CASE WHEN CAST(:news AS boolean) THEN NULL ELSE CAST(:now AS timestamptz) END)
  ON CONFLICT DO NOTHING RETURNING id),
o AS (
  INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)
  SELECT :city, id, 'payments.event_received', id, CAST(:now AS timestamptz), CAST(:now AS timestamptz) FROM e
  WHERE CAST(:news AS boolean))
SELECT count(*) FROM e
""")
FIND = text("SELECT payload FROM provider_events WHERE city = :city AND id = :id")
APPLIED = text("""
UPDATE provider_events SET applied_at = :now WHERE city = :city AND id = :id AND applied_at IS NULL RETURNING id
""")

_event = msgspec.json.Decoder(ProviderEvent)


class SqlInbox:
    """Of a message we keep what it is about. The whole of it holds secrets and card holders' names, and is not needed:
    what it claims is looked up."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def keep(self, account: Account, event: ProviderEvent, *, event_id: UUID, news: bool, now: datetime) -> bool:
        row = {
            "city": account.city,
            "account": account.id,
            "event_id": event.id,
            "id": event_id,
            "type": event.type,
            "object_id": event.object_id,
            "payload": as_json(event),
            "now": now,
            "news": news,
        }
        return bool(await self._one(account.city, KEEP, row))

    async def find(self, city: City, event_id: UUID) -> ProviderEvent | None:
        found = await self._one(city, FIND, {"city": city, "id": event_id})
        return _event.decode(found) if found else None

    async def applied(self, city: City, event_id: UUID, now: datetime) -> None:
        await self._one(city, APPLIED, {"city": city, "id": event_id, "now": now})

    async def _one(self, city: City, sql: TextClause, row: Mapping[str, object]) -> Any:
        """The one value of the statement, in a transaction of its own. Raises Unavailable."""

        async def once() -> Any:
            async with self._transactions.city(city) as connection:
                return (await connection.execute(sql, row)).scalar_one_or_none()

        return await through(once)
