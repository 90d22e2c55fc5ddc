"""What the law keeps no longer: found, and deleted a batch at a time, with the proof in the same transaction.

The database lets nothing go before its deletion is written down, and writes the proof by itself (revision 0021).
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.connections import Transactions
from adapters.database.exporting import MORE_TIME
from adapters.database.retention.holds import SqlHolds
from adapters.database.retention.old_records import PLACES
from adapters.database.sheets import Sheet, as_json
from domain.identity import SYSTEM, City, PersonId
from domain.persons.erasure import mailbox
from domain.retention.holds import Hold
from domain.retention.rules import Due, Record
from services.retention.ports import Counted, Deletion, Held, Holds, Keeping, OpenRetention, Proof, Review

T = TypeVar("T")

# One at a time in a city, and nobody places a hold meanwhile.
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('retention ' || :city, 0))"
COUNT = """
SELECT count(*) FILTER (WHERE NOT held) AS due, count(*) FILTER (WHERE held) AS held, min(since) FILTER (WHERE NOT held) AS oldest
FROM (SELECT {held} AS held, {oldest}::timestamptz AS since FROM {table} r WHERE r.city = :city AND {due}) r
"""
FIND = """
SELECT {key} AS key FROM {table} r WHERE r.city = :city AND {due} AND NOT {held} ORDER BY {oldest}, {key} LIMIT :limit
"""
WRITE_DOWN = """
INSERT INTO deletions (city, id, record, rule, before, made_by, at)
VALUES (:city, :id, :record, :rule, :before, :made_by, :at)
"""
PROVE = """
INSERT INTO deletion_proofs (city, deletion_id, relation, count, digest) VALUES (:city, :id, :relation, :count, :digest)
"""
# A letter says nothing of its booking: a hold on one keeps all letters to its holder.
HELD_LETTERS = """
SELECT EXISTS (SELECT FROM legal_holds h WHERE h.city = :city AND h.lifted_at IS NULL AND h.kind = 'city') AS everything,
  ARRAY(SELECT p.email FROM persons p WHERE p.city = :city AND p.email IS NOT NULL AND p.id IN (
    SELECT coalesce(b.holder_id, i.debtor_id, h.subject_id) FROM legal_holds h
      LEFT JOIN bookings b ON b.city = h.city AND b.id = h.subject_id LEFT JOIN invoices i ON i.city = h.city AND i.id = h.subject_id
    WHERE h.city = :city AND h.lifted_at IS NULL)) AS emails
"""
REVIEWED = """
INSERT INTO retention_reviews (city, id, at, applied, due) VALUES (:city, :id, :at, :applied, CAST(:due AS jsonb))
"""
PROOFS = """
SELECT d.id AS deletion_id, d.record, p.relation, p.count, p.digest, d.rule, d.before, d.at, d.made_by
FROM deletions d JOIN deletion_proofs p ON p.city = d.city AND p.deletion_id = d.id
WHERE d.city = :city ORDER BY d.written_at DESC, d.id, p.relation
"""
KEEPING = """
SELECT time_zone, coalesce((settings -> 'retention' ->> 'apply')::bool, false) AS applies FROM cities WHERE city = :city
"""
DUE_REVIEWS = text("""
SELECT c.city FROM cities c WHERE NOT EXISTS (
  SELECT FROM retention_reviews r WHERE r.city = c.city AND r.at >= :since) ORDER BY random() LIMIT :limit
""")


class SqlOpenRetention:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def count(self, due: Due) -> Counted:
        place = PLACES[due.record]
        sql = COUNT.format(held=place.held, oldest=place.oldest, table=place.table, due=place.due)
        (row,) = await self._sheet.rows(sql, before=due.before)
        return Counted(row.due, row.held, row.oldest)

    async def delete(self, deletion: Deletion, limit: int) -> int:
        place, due = PLACES[deletion.due.record], deletion.due
        sql = FIND.format(key=place.key, held=place.held, oldest=place.oldest, table=place.table, due=place.due)
        ids = [row.key for row in await self._sheet.rows(sql, before=due.before, limit=limit)]
        if not ids:
            return 0
        await self._write_down(deletion)
        for statement in place.gone:
            await self._sheet.write(statement, ids=ids)
        return len(ids)

    async def held_letters(self) -> Held:
        (row,) = await self._sheet.rows(HELD_LETTERS)
        return Held(row.everything, frozenset(map(mailbox, row.emails)))

    async def prove(self, deletion: Deletion, relation: str, keys: Sequence[str]) -> None:
        await self._write_down(deletion)
        digest = sha256("\n".join(sorted(keys)).encode()).hexdigest()
        await self._sheet.write(PROVE, id=deletion.id, relation=relation, count=len(keys), digest=digest)

    async def _write_down(self, deletion: Deletion) -> None:
        due = deletion.due
        what = {"record": due.record.value, "rule": due.rule.words, "before": due.before}
        await self._sheet.write(WRITE_DOWN, id=deletion.id, made_by=deletion.by, at=deletion.at, **what)

    async def reviewed(self, review: Review) -> None:
        row = {"applied": review.applied, "due": as_json(review.due)}
        await self._sheet.write(REVIEWED, id=review.id, at=review.at, **row)


class SqlRetention:
    def __init__(
        self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID], request_id: str
    ) -> None:
        """`request_id` says in the audit trail from where a hold was placed."""
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id
        self._request_id = request_id

    async def work(self, city: City, do: Callable[[OpenRetention], Awaitable[T]]) -> T:
        async def work(sheet: Sheet) -> T:
            await sheet.rows(ALONE)
            return await do(SqlOpenRetention(sheet))

        return await self._once(city, PersonId(SYSTEM), work)

    async def hold(self, city: City, by: PersonId, do: Callable[[Holds], Awaitable[T]]) -> T:
        async def work(sheet: Sheet) -> T:
            await sheet.rows(ALONE)
            return await do(SqlHolds(sheet))

        return await self._once(city, by, work)

    async def holds(self, city: City, *, lifted: bool) -> tuple[Hold, ...]:
        async def look(sheet: Sheet) -> tuple[Hold, ...]:
            return await SqlHolds(sheet).all(lifted=lifted)

        return await self._once(city, PersonId(SYSTEM), look)

    async def proofs(self, city: City) -> tuple[Proof, ...]:
        async def look(sheet: Sheet) -> tuple[Proof, ...]:
            return tuple(Proof(row[0], Record(row[1]), *row[2:]) for row in await sheet.rows(PROOFS))

        return await self._once(city, PersonId(SYSTEM), look)

    async def keeping(self, city: City) -> Keeping | None:
        async def look(sheet: Sheet) -> Keeping | None:
            rows = await sheet.rows(KEEPING)
            return Keeping(rows[0].time_zone, rows[0].applies) if rows else None

        return await self._once(city, PersonId(SYSTEM), look)

    async def _once(self, city: City, by: PersonId, do: Callable[[Sheet], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._transactions.city(city) as connection:
                await connection.execute(MORE_TIME)
                return await do(Sheet(connection, city, by, self._request_id, self._clock(), self._new_id))

        return await through(once)


async def due_reviews(relay: Transactions, since: datetime, limit: int) -> list[City]:
    """Across cities, those whose records nobody reviewed since."""
    async with relay.everywhere() as connection:
        return [City(city) for (city,) in await connection.execute(DUE_REVIEWS, {"since": since, "limit": limit})]
