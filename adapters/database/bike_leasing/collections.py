"""What is collected from accounts, in PostgreSQL: a queue that all workers of a city drain at one pace."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Transactions
from adapters.database.transacting import in_city
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.plans import InstalmentState
from domain.bike_leasing.money.collecting import (
    UNDONE,
    ChargeId,
    Collection,
    CollectionId,
    CollectionState,
    Pace,
    after_turn,
    told_to_wait,
    turn,
)
from domain.cities.leasing import LeasingSettings
from domain.identity import SYSTEM, City, PersonId
from domain.money import Money
from services.bike_leasing.money.ports import CollectionBooks

LEASED_FOR = timedelta(seconds=60)  # longer than any answer of the provider's takes
COLUMNS = """id, charge_id, lease_id, number, holder_id, attempt, amount, currency, method_id, due_at, made_at, state, intent_id, failure, asked_at"""
WAITS = "'queued', 'asked', 'owed_back'"
# Of lease_collections c.
UNDONE_LEASE = (
    """(SELECT l.state = ANY (:undone) FROM leases l WHERE l.city = c.city AND l.id = c.lease_id) AS undone"""
)
UNDONE_STATES = [state.value for state in UNDONE]
POLICY = text("SELECT settings -> 'leasing' AS leasing FROM cities WHERE city = :city")
# Who takes a turn has the pace until it is over.
PACE = text("""INSERT INTO lease_paces (city, next_at) VALUES (:city, :now) ON CONFLICT (city) DO UPDATE SET next_at = lease_paces.next_at
RETURNING next_at""")
KEEP_PACE = text("UPDATE lease_paces SET next_at = :next_at WHERE city = :city")
# Under one key one account is debited: only what the provider has not heard of is taken from the account that was named since.
NAMED = "SELECT d.method_id FROM lease_debits d WHERE d.city = c.city AND d.lease_id = c.lease_id AND d.holder_id = c.holder_id"
# Materialised: as a part of the join it may be asked more than once, and takes more each time.
TAKE = text(f"""
WITH taken AS MATERIALIZED (
  SELECT q.id FROM lease_collections q WHERE q.city = :city AND q.state IN ({WAITS}) AND q.due_at <= :now
  ORDER BY q.due_at, q.id LIMIT :limit FOR UPDATE SKIP LOCKED)
UPDATE lease_collections c SET state = CASE c.state WHEN 'owed_back' THEN c.state ELSE 'asked' END, asked_at = coalesce(c.asked_at, :now), due_at = :until, updated_at = :now,
  method_id = CASE WHEN c.asked_at IS NULL THEN coalesce(({NAMED}), c.method_id) ELSE c.method_id END FROM taken
WHERE c.city = :city AND c.id = taken.id RETURNING {", ".join(f"c.{name}" for name in COLUMNS.split(", "))},
  {UNDONE_LEASE}
""")
FIND = text(
    f"SELECT {COLUMNS}, {UNDONE_LEASE} FROM lease_collections c WHERE city = :city AND (id = :id OR intent_id = :intent_id)"
)
# Whoever undoes the lease has its row until that is done: it is seen here, or sees what is written here.
OF_LEASE = text("SELECT state FROM leases WHERE city = :city AND id = :lease_id FOR SHARE")
LOCKED = text("SELECT state FROM lease_collections WHERE city = :city AND id = :id FOR UPDATE")
KEEP = text("""UPDATE lease_collections SET state = :state, intent_id = :intent_id, failure = :failure, due_at = :due_at, updated_at = :now
WHERE city = :city AND id = :id""")
WAIT = text(
    """UPDATE lease_collections SET state = CASE state WHEN 'asked' THEN 'queued' ELSE state END, due_at = :until, updated_at = :now
    WHERE city = :city AND id = :id AND state IN ('asked', 'owed_back')"""
)
AGAIN = text("""INSERT INTO lease_collections (city, id, charge_id, lease_id, number, holder_id, attempt, amount, currency, method_id, due_at,
  made_at, state, updated_at)
SELECT :city, :again, charge_id, lease_id, number, holder_id, :attempt, amount, currency, method_id, :due_at, :now, 'queued', :now
FROM lease_collections WHERE city = :city AND id = :id""")
INSTALMENT = text(
    """UPDATE lease_instalments SET state = :becomes WHERE city = :city AND lease_id = :lease_id AND number = :number"""
)
NOTE = text("""INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
VALUES (:city, :note, :now, :actor, :action, :lease_id, '')""")
NEXT = text(f"""SELECT greatest((SELECT min(due_at) FROM lease_collections WHERE city = :city AND state IN ({WAITS})),
  (SELECT next_at FROM lease_paces WHERE city = :city)) AS next_at,
  EXISTS (SELECT FROM lease_collections WHERE city = :city AND state IN ({WAITS})) AS waits""")
DUE = text(f"SELECT DISTINCT city FROM lease_collections WHERE state IN ({WAITS}) AND due_at <= :now LIMIT :limit")
RETURNED = text(f"""SELECT d.reason, {", ".join(f"c.{name}" for name in COLUMNS.split(", "))}, {UNDONE_LEASE}
FROM disputes d JOIN lease_collections c ON c.city = d.city AND c.intent_id = d.intent_id
WHERE d.city = :city AND d.id = :id AND d.lost_at IS NOT NULL""")
BECOMES = {
    CollectionState.PAID: InstalmentState.COLLECTED,
    CollectionState.OWED_BACK: InstalmentState.COLLECTED,
    CollectionState.FAILED: InstalmentState.FAILED,
    CollectionState.RETURNED: InstalmentState.FAILED,
}


class SqlCollections(CollectionBooks):
    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def policy(self, city: City) -> LeasingSettings:
        async def work(connection: AsyncConnection) -> LeasingSettings:
            return await _policy(connection, city)

        return await in_city(self._transactions, city, work)

    async def take(self, city: City, now: datetime) -> Sequence[Collection]:
        async def work(connection: AsyncConnection) -> Sequence[Collection]:
            policy = await _policy(connection, city)
            pace = await _pace(connection, city, now)
            if not (limit := turn(pace, policy, now)):
                return ()
            scope = {"city": city, "now": now, "until": now + LEASED_FOR, "limit": limit, "undone": UNDONE_STATES}
            taken = [_collection(row) for row in await connection.execute(TAKE, scope)]
            if taken:
                await _keep_pace(connection, city, after_turn(pace, len(taken), policy, now))
            return taken

        return await in_city(self._transactions, city, work)

    async def find(self, city: City, collection_id: UUID | None, intent_id: str | None) -> Collection | None:
        async def work(connection: AsyncConnection) -> Collection | None:
            scope = {"city": city, "id": collection_id, "intent_id": intent_id, "undone": UNDONE_STATES}
            row = (await connection.execute(FIND, scope)).first()
            return _collection(row) if row is not None else None

        return await in_city(self._transactions, city, work)

    async def keep(self, city: City, before: Collection, after: Collection, again: Collection | None) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            now = self._clock()
            scope = {"city": city, "id": after.id, "now": now, "lease_id": after.lease_id}
            lease_state = (await connection.execute(OF_LEASE, scope)).scalar_one()
            found = (await connection.execute(LOCKED, scope)).scalar_one()
            if CollectionState(found) is not before.state or (lease_state in UNDONE_STATES) is not before.undone:
                return False
            said = {"state": after.state.value, "intent_id": after.intent_id, "failure": after.failure}
            await connection.execute(KEEP, scope | said | {"due_at": after.due_at})
            if after.state in BECOMES:
                becomes = {"number": after.number, "becomes": BECOMES[after.state].value}
                await connection.execute(INSTALMENT, scope | becomes)
            if again is not None:
                anew = {"again": again.id, "attempt": again.attempt, "due_at": again.due_at}
                await connection.execute(AGAIN, scope | anew)
            action = f"bike_leasing.collection_{after.state}"
            await connection.execute(NOTE, scope | {"note": self._new_id(), "actor": SYSTEM, "action": action})
            return True

        return await in_city(self._transactions, city, work)

    async def wait(self, city: City, collection: Collection, until: datetime) -> None:
        async def work(connection: AsyncConnection) -> None:
            now = self._clock()
            pace = told_to_wait(await _pace(connection, city, now), (until - now).total_seconds(), now)
            await _keep_pace(connection, city, pace)
            await connection.execute(WAIT, {"city": city, "id": collection.id, "until": pace.next_at, "now": now})

        await in_city(self._transactions, city, work)

    async def next_at(self, city: City) -> datetime | None:
        async def work(connection: AsyncConnection) -> datetime | None:
            row = (await connection.execute(NEXT, {"city": city})).one()
            return row.next_at if row.waits else None

        return await in_city(self._transactions, city, work)

    async def returned(self, city: City, dispute: UUID) -> tuple[Collection, str] | None:
        """The collection that a bank took back, and why, by the id of our row of the dispute."""

        async def work(connection: AsyncConnection) -> tuple[Collection, str] | None:
            scope = {"city": city, "id": dispute, "undone": UNDONE_STATES}
            row = (await connection.execute(RETURNED, scope)).first()
            return (_collection(row), row.reason) if row is not None else None

        return await in_city(self._transactions, city, work)


async def due_collections(relay: Transactions, now: datetime, limit: int) -> Sequence[City]:
    """Cities in which something is to be collected."""
    async with relay.everywhere() as connection:
        return [City(row.city) for row in await connection.execute(DUE, {"now": now, "limit": limit})]


async def _policy(connection: AsyncConnection, city: City) -> LeasingSettings:
    found = (await connection.execute(POLICY, {"city": city})).scalar_one_or_none()
    return msgspec.convert(found or {}, LeasingSettings)


async def _pace(connection: AsyncConnection, city: City, now: datetime) -> Pace:
    return Pace((await connection.execute(PACE, {"city": city, "now": now})).scalar_one())


async def _keep_pace(connection: AsyncConnection, city: City, pace: Pace) -> None:
    await connection.execute(KEEP_PACE, {"city": city, "next_at": pace.next_at})


def _collection(row: Any) -> Collection:
    return Collection(
        CollectionId(row.id),
        ChargeId(row.charge_id),
        LeaseId(row.lease_id),
        row.number,
        PersonId(row.holder_id),
        row.attempt,
        Money(row.amount, row.currency),
        row.method_id,
        row.due_at,
        row.made_at,
        CollectionState(row.state),
        row.intent_id,
        row.failure,
        row.asked_at,
        row.undone,
    )
