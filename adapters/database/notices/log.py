"""The log of notices in PostgreSQL: written within a city, and looked through across cities for what is due."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import text

from adapters.database.answering import LostRace, through
from adapters.database.connections import Session, Statements, Transactions
from domain.booking.bookings import BookingId
from domain.identity import SYSTEM, City
from domain.notices.log import Due, NoticeId, NoticeState, Outcome, Planned
from domain.notices.occasions import Occasion

ENTER = text("""
INSERT INTO notices (city, id, booking_id, waitlist_entry_id, person_id, occasion, about, happened_at, dated, planned_for, state,
  unsent, due_at, settled_at)
VALUES (:city, :id, :booking_id, :waitlist_entry_id, :person_id, :occasion, :about, :happened_at, :dated, :planned_for, :state,
  :unsent, :due_at, :settled_at)
ON CONFLICT DO NOTHING
""")
STANDING = text("""
SELECT id FROM notices
WHERE city = :city AND occasion = :occasion AND about = :about
  AND (booking_id = CAST(:booking_id AS uuid) OR waitlist_entry_id = CAST(:waitlist_entry_id AS uuid))
""")
# Whoever comes second waits for the row, finds it due later, and takes nothing.
TAKE = text("""
UPDATE notices n SET attempts = n.attempts + 1, due_at = :until
WHERE n.city = :city AND n.id = :id AND n.state = 'planned' AND n.due_at <= :now
RETURNING n.id, n.booking_id, n.waitlist_entry_id, n.person_id, n.occasion, n.about, n.dated, n.attempts, EXISTS (
  SELECT FROM notices o WHERE o.city = n.city AND o.booking_id = n.booking_id AND o.occasion = n.occasion AND o.person_id = n.person_id
    AND o.happened_at > n.happened_at AND o.state IN ('planned', 'sent')) AS superseded
""")
# What waits for the morning has all its attempts again.
SETTLE = text("""
UPDATE notices SET state = :state, unsent = :unsent, failure = :failure, due_at = :due_at, settled_at = :settled_at,
  attempts = CASE WHEN :state = 'planned' AND CAST(:failure AS text) IS NULL THEN 0 ELSE attempts END
WHERE city = :city AND id = :id AND state = 'planned'
""")
# Followers of the city's bookings hear of it too: once, as the entry has the notice's name.
HAPPENED = text("""
INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
VALUES (:city, :audit_id, :now, :actor_id, :action, :booking_id, '') ON CONFLICT DO NOTHING
""")
DUE = """
SELECT coalesce(json_agg(json_build_array(city, id)), '[]'::json)::text
FROM (SELECT city, id FROM notices WHERE due_at <= $1::timestamptz ORDER BY random() LIMIT $2::int) due
"""
FAILED = "SELECT count(*) FROM notices WHERE state = 'failed' AND settled_at >= $1::timestamptz"
LOOKED_BACK = timedelta(days=7)
"""What nobody had tried again for so long is no longer worth telling."""
TOLD_AS = {
    Occasion.START_NEAR: "booking.start_near",
    Occasion.END_NEAR: "booking.end_near",
    Occasion.LATE: "booking.late",
}

_due = msgspec.json.Decoder(tuple[tuple[City, NoticeId], ...])


class SqlNoticeLog:
    def __init__(self, transactions: Transactions, clock: Callable[[], datetime]) -> None:
        self._transactions = transactions
        self._clock = clock

    async def enter(self, city: City, planned: Planned) -> NoticeId:
        now, waits = self._clock(), planned.unsent is None
        key: dict[str, object] = {"city": city, "occasion": planned.occasion, "about": planned.about}
        key |= {"booking_id": planned.booking_id, "waitlist_entry_id": planned.waitlist_entry_id}
        row = key | {
            "id": planned.id,
            "person_id": planned.person_id,
            "happened_at": planned.happened_at,
            "dated": planned.dated,
            "planned_for": planned.planned_for,
            "state": NoticeState.PLANNED if waits else NoticeState.SKIPPED,
            "unsent": planned.unsent,
            "due_at": planned.planned_for if waits else None,
            "settled_at": None if waits else now,
        }

        async def once() -> NoticeId:
            async with self._transactions.city(city) as connection:
                if (await connection.execute(ENTER, row)).rowcount:
                    return planned.id
                found: UUID | None = (await connection.execute(STANDING, key)).scalar_one_or_none()
            if found is None:
                raise LostRace
            return NoticeId(found)

        return await through(once)

    async def take(self, city: City, notice_id: NoticeId, until: datetime) -> Due | None:
        async def once() -> Any:
            async with self._transactions.city(city) as connection:
                values = {"city": city, "id": notice_id, "now": self._clock(), "until": until}
                return (await connection.execute(TAKE, values)).one_or_none()

        row = await through(once)
        return msgspec.convert(row._mapping, Due) if row is not None else None  # noqa: SLF001 - SQLAlchemy's name for it

    async def tell_followers(self, city: City, booking_id: BookingId, kind: str, entry_id: UUID) -> None:
        values = {"city": city, "now": self._clock(), "actor_id": SYSTEM, "action": kind, "booking_id": booking_id}

        async def once() -> None:
            async with self._transactions.city(city) as connection:
                await connection.execute(HAPPENED, values | {"audit_id": uuid5(entry_id, kind)})

        await through(once)

    async def settle(self, city: City, due: Due, outcome: Outcome) -> None:
        now = self._clock()
        has_come = outcome.state in {NoticeState.SENT, NoticeState.FAILED} or outcome.failure is not None
        action = TOLD_AS.get(due.occasion) if has_come else None
        row = {
            "city": city,
            "id": due.id,
            "state": outcome.state,
            "unsent": outcome.unsent,
            "failure": outcome.failure,
            "due_at": outcome.due_at,
            "settled_at": now if outcome.state is not NoticeState.PLANNED else None,
        }

        async def once() -> None:
            async with self._transactions.city(city) as connection:
                await connection.execute(SETTLE, row)
                if action is not None:
                    happened = {"audit_id": uuid5(due.id, action), "action": action, "booking_id": due.booking_id}
                    values = {"city": city, "now": now, "actor_id": SYSTEM} | happened
                    await connection.execute(HAPPENED, values)

        await through(once)


async def due_notices(relay: Statements, now: datetime, limit: int) -> tuple[tuple[City, NoticeId], ...]:
    """Across cities, in no order."""
    async with relay.session() as session:
        return _due.decode(await session.one(DUE, now, limit))


async def failed_notices(session: Session, now: datetime) -> int:
    """How many were given up lately, across cities; by an index that holds nothing else."""
    return int(await session.one(FAILED, now - LOOKED_BACK))
