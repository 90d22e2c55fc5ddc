"""Subscriptions in PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Statements, Transactions
from domain.identity import Actor, City
from domain.subscriptions.subscriptions import Subscription, SubscriptionId
from services.live.ports import Mark
from services.subscriptions.ports import Due, Told

COLUMNS = """id, url, types, enabled, generation, rotated_at, retry_at, failing_since, failures, last_error, made_at,
  version, told_transaction::text AS told_transaction, told_entry"""
# Whoever changes the list of a city's subscriptions waits for others who do; so there are never too many.
ALONE = text("SELECT pg_advisory_xact_lock(hashtext('subscriptions'), hashtext(:city))")
ALL = text(f"SELECT {COLUMNS} FROM subscriptions WHERE city = :city ORDER BY made_at, id")
ONE = text(f"SELECT {COLUMNS} FROM subscriptions WHERE city = :city AND id = :id FOR UPDATE")
ADD = text("""
INSERT INTO subscriptions (city, id, url, types, enabled, generation, rotated_at, retry_at, failing_since, failures,
  last_error, made_at, version, told_transaction, told_entry)
VALUES (:city, :id, :url, :types, :enabled, :generation, :rotated_at, :retry_at, :failing_since, :failures,
  :last_error, :made_at, :version, pg_snapshot_xmin(pg_current_snapshot()), '00000000-0000-0000-0000-000000000000')
""")
CHANGE = text("""
UPDATE subscriptions SET url = :url, types = :types, enabled = :enabled, generation = :generation,
  rotated_at = :rotated_at, retry_at = :retry_at, failing_since = :failing_since, failures = :failures,
  last_error = :last_error, version = :version
WHERE city = :city AND id = :id
""")
KEEP = text("""
UPDATE subscriptions SET enabled = :enabled, retry_at = :retry_at, failing_since = :failing_since,
  failures = :failures, last_error = :last_error, told_transaction = CAST(CAST(:transaction AS text) AS xid8),
  told_entry = :entry
WHERE city = :city AND id = :id
""")
REMOVE = text("DELETE FROM subscriptions WHERE city = :city AND id = :id")
NOTE = text("""
INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
VALUES (:city, :audit_id, :now, :actor_id, :action, :id, '')
""")
DUE = """
SELECT coalesce(json_agg(json_build_object('city', city, 'id', id)), '[]'::json)::text
FROM (SELECT city, id FROM subscriptions WHERE enabled AND retry_at <= $1::timestamptz ORDER BY random() LIMIT $2::int) due
"""

_due = msgspec.json.Decoder(tuple[Due, ...])


class SqlSubscriptionBooks:
    def __init__(self, connection: AsyncConnection, city: City, now: datetime, new_id: Callable[[], UUID]) -> None:
        self._connection = connection
        self._city = city
        self._now = now
        self._new_id = new_id

    async def all(self) -> tuple[Subscription, ...]:
        await self._connection.execute(ALONE, {"city": self._city})
        rows = await self._connection.execute(ALL, {"city": self._city})
        return tuple(_told(row).subscription for row in rows)

    async def find(self, subscription_id: SubscriptionId) -> Told | None:
        scope = {"city": self._city, "id": subscription_id}
        row = (await self._connection.execute(ONE, scope)).one_or_none()
        return None if row is None else _told(row)

    async def add(self, subscription: Subscription, by: Actor) -> None:
        await self._connection.execute(ADD, self._row(subscription))
        await self._note("subscription.made", subscription.id, by)

    async def change(self, subscription: Subscription, by: Actor) -> None:
        await self._connection.execute(CHANGE, self._row(subscription))
        await self._note("subscription.changed", subscription.id, by)

    async def remove(self, subscription_id: SubscriptionId, by: Actor) -> None:
        await self._connection.execute(REMOVE, {"city": self._city, "id": subscription_id})
        await self._note("subscription.removed", subscription_id, by)

    async def keep(self, told: Told) -> None:
        mark = {"transaction": str(told.mark.transaction), "entry": told.mark.entry}
        await self._connection.execute(KEEP, self._row(told.subscription) | mark)

    def _row(self, subscription: Subscription) -> dict[str, Any]:
        return msgspec.structs.asdict(subscription) | {"city": self._city, "types": sorted(subscription.types)}

    async def _note(self, action: str, subscription_id: SubscriptionId, by: Actor) -> None:
        row = {"city": self._city, "id": subscription_id, "action": action, "actor_id": by.id, "now": self._now}
        await self._connection.execute(NOTE, row | {"audit_id": self._new_id()})


def _told(row: Any) -> Told:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's name for it
    mark = Mark(int(values.pop("told_transaction")), values.pop("told_entry"))
    return Told(msgspec.convert(values, Subscription), mark)


def open_books(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> Callable[[City], AbstractAsyncContextManager[SqlSubscriptionBooks]]:
    """Committed at the end, rolled back by an exception."""

    @asynccontextmanager
    async def opened(city: City) -> AsyncIterator[SqlSubscriptionBooks]:
        async with transactions.city(city) as connection:
            yield SqlSubscriptionBooks(connection, city, clock(), new_id)

    return opened


async def due_subscriptions(relay: Statements, now: datetime, limit: int) -> tuple[Due, ...]:
    """Across cities, those that may be told something, in no order."""
    async with relay.session() as session:
        return _due.decode(await session.one(DUE, now, limit))
