"""The outbox in PostgreSQL, as the relay's role: emptied, and shown to whoever runs the city.

What nobody waits for is deleted when it falls due (an UPDATE costs five times as much, and most entries are such);
what was delivered stays for a while, marked as done.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from adapters.database.connections import Session, Statements
from domain.identity import City
from services.jobs.ports import Backlog, Claimed, DeadLetter, Entry, Kinds, Waiting

CLEARED_AT_ONCE = 2000
DEAD_SHOWN = 1000

OPEN = "done_at IS NULL AND dead_at IS NULL"
# The same in words that no partial index answers to: where the key is known, the planner must not walk all that is open.
STILL_OPEN = "coalesce(done_at, dead_at) IS NULL"

# Row locks are held for this one statement; `due_at`, moved ahead, is what keeps others away afterwards. By ctid: the
# rows are locked, so they stay where they are.
CLAIM = f"""
WITH cleared AS (
  DELETE FROM outbox WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM outbox WHERE {OPEN} AND due_at <= $1::timestamptz AND kind = ANY ($2::text[])
    ORDER BY due_at LIMIT {CLEARED_AT_ONCE} FOR UPDATE SKIP LOCKED)) RETURNING 1),
claimed AS (
  UPDATE outbox SET due_at = $5::timestamptz, attempts = attempts + 1 WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM outbox WHERE {OPEN} AND due_at <= $1::timestamptz AND kind = ANY ($3::text[])
    ORDER BY due_at LIMIT $4::int FOR UPDATE SKIP LOCKED))
  RETURNING city, id, kind, subject_id, written_at, attempts)
SELECT json_build_object('cleared', (SELECT count(*) FROM cleared),
                         'entries', coalesce((SELECT json_agg(claimed) FROM claimed), '[]'::json))::text
"""

DONE = f"UPDATE outbox SET done_at = $3::timestamptz, failure = NULL WHERE city = $1::text AND id = $2::uuid AND {STILL_OPEN}"
AGAIN = f"UPDATE outbox SET due_at = $3::timestamptz, failure = $4::text WHERE city = $1::text AND id = $2::uuid AND {STILL_OPEN}"
BURY = f"UPDATE outbox SET dead_at = $3::timestamptz, failure = $4::text WHERE city = $1::text AND id = $2::uuid AND {STILL_OPEN}"

WAITING = f"""
SELECT coalesce(json_agg(w ORDER BY w.kind), '[]'::json)::text FROM (
  SELECT kind, count(*) AS count, count(*) FILTER (WHERE due_at <= $1::timestamptz) AS overdue,
         count(*) FILTER (WHERE failure IS NOT NULL) AS failed, min(written_at) AS oldest
  FROM outbox WHERE {OPEN} GROUP BY kind) w
"""
DEAD = f"""
SELECT coalesce(json_agg(d), '[]'::json)::text FROM (
  SELECT city, id, kind, subject_id, attempts, failure, dead_at AS since
  FROM outbox WHERE dead_at IS NOT NULL ORDER BY dead_at LIMIT {DEAD_SHOWN}) d
"""
CITY_OF = "SELECT city FROM outbox WHERE id = $1::uuid AND dead_at IS NOT NULL"
REPLAY = """
WITH woken AS (
  UPDATE outbox SET dead_at = NULL, due_at = $1::timestamptz, attempts = 0
  WHERE dead_at IS NOT NULL AND ($2::uuid IS NULL OR id = $2::uuid) RETURNING 1)
SELECT count(*) FROM woken
"""
BURIED = "SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL"
OVERDUE = f"SELECT due_at FROM outbox WHERE {OPEN} AND due_at <= $1::timestamptz ORDER BY due_at LIMIT 1"

_claimed = msgspec.json.Decoder(Claimed)
_waiting = msgspec.json.Decoder(tuple[Waiting, ...])
_dead = msgspec.json.Decoder(tuple[DeadLetter, ...])


class SqlOutbox:
    """Each call is one statement and one transaction."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def claim(self, kinds: Kinds, limit: int, now: datetime, until: datetime) -> Claimed:
        async with self._statements.session() as session:
            return _claimed.decode(await session.one(CLAIM, now, kinds.cleared, kinds.delivered, limit, until))

    async def done(self, entry: Entry, now: datetime) -> None:
        await self._mark(DONE, entry, now)

    async def again(self, entry: Entry, at: datetime, failure: str) -> None:
        await self._mark(AGAIN, entry, at, failure)

    async def bury(self, entry: Entry, now: datetime, failure: str) -> None:
        await self._mark(BURY, entry, now, failure)

    async def _mark(self, sql: str, entry: Entry, *values: object) -> None:
        async with self._statements.session() as session:
            await session.one(sql, entry.city, entry.id, *values)


async def backlog(session: Session, now: datetime) -> Backlog:
    """What is not done, by kind, and the oldest dead letters."""
    return Backlog(waiting=_waiting.decode(await session.one(WAITING, now)), dead=_dead.decode(await session.one(DEAD)))


async def replay(session: Session, now: datetime, entry_id: UUID | None = None) -> int:
    """Deliver a dead letter again, or all of them; how many there were."""
    return int(await session.one(REPLAY, now, entry_id))


async def city_of(session: Session, letter: UUID) -> City | None:
    """Whose dead letter that is."""
    city: City | None = await session.one(CITY_OF, letter)
    return city


async def overdue_s(session: Session, now: datetime) -> float:
    """By how many seconds the oldest entry that is due has been kept waiting; one look at the top of an index."""
    due_at: datetime | None = await session.one(OVERDUE, now)
    return (now - due_at).total_seconds() if due_at else 0.0


async def buried(session: Session) -> int:
    """How many dead letters there are, by an index that holds nothing else."""
    return int(await session.one(BURIED))
