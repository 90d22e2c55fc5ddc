"""Blocks in PostgreSQL: a claim of the kind `maintenance`, and who made it why."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LapsedHolds, LostRace, answered_once
from adapters.database.booking.blocked_time import fill, stand_still
from adapters.database.booking.changes import answered_before, write_answer, write_note
from adapters.database.booking.making_room import alone, moved_away
from adapters.database.booking.reading import RESOURCE
from adapters.database.booking.reservations import kind_of
from adapters.database.connections import Transactions
from domain.booking.blocks import Block, BlockId, BlockLifted, BlockResource, Hit, LiftBlock, NotBlockable
from domain.booking.bookings import BookingId
from domain.booking.resources import Resource, ResourceId
from domain.identity import City
from domain.periods import Period
from domain.refusals import Refusal
from services.booking.blocks import Blocked, Blocking, Blocks, InTheWay, Lifting, block_resource, lift_block
from services.calls import Answer, Call, UseCase

RESOURCE_FOUND = text(f"""
SELECT {RESOURCE}::text FROM resources r JOIN stations s ON s.city = r.city AND s.id = r.station_id
WHERE r.city = :city AND r.id = :id
""")
HITS = text("""
SELECT c.booking_id, b.state, c.claimed_from AS start, c.claimed_until AS "end",
  coalesce(b.final_at IS NOT NULL AND b.state IN ('held', 'confirmed'), false) AS movable,
  CASE WHEN b.state = 'held' THEN b.hold_expires_at END AS lapses_at
FROM claims c LEFT JOIN bookings b ON b.city = c.city AND b.id = c.booking_id
WHERE c.city = :city AND c.resource_id = :id AND c.claimed_from < :until AND c.claimed_until > :since AND c.kind <> 'buffer'
ORDER BY c.claimed_from
""")
ANOTHERS = text("""
SELECT EXISTS (SELECT FROM claims WHERE city = :city AND resource_id = :resource_id AND claimed_from < :end AND claimed_until > :start
  AND kind NOT IN ('maintenance', 'buffer'))
""")
KEEP = text("""
INSERT INTO blocks (city, id, resource_id, starts, ends, reason, made_by, made_at, breakdown, seen_until)
VALUES (:city, :id, :resource_id, :start, :end, :reason, :made_by, :made_at, :breakdown, :seen_until)
""")
FOUND = text("""
SELECT id, resource_id, starts AS start, ends AS "end", reason, made_by, made_at, lifted_at, seen_until FROM blocks
WHERE city = :city AND id = :id FOR UPDATE
""")
LIFT = text("UPDATE blocks SET lifted_at = :lifted_at WHERE city = :city AND id = :id AND lifted_at IS NULL")
# What another block has there it claims again; what was retired is claimed beyond any block.
RELEASE = text("""
DELETE FROM claims WHERE city = :city AND resource_id = :resource_id AND claimed_from < :end AND claimed_until > :start
  AND claimed_until <= :end AND kind = 'maintenance'
""")
_resource = msgspec.json.Decoder(Resource)


def block_row(city: City, block: Block, *, breakdown: bool = False) -> dict[str, Any]:
    return msgspec.structs.asdict(block) | {"city": city, "breakdown": breakdown}


class _Undone(Exception):
    """The transaction is to leave nothing behind; the answer is given all the same, and kept by another one."""

    def __init__(self, answer: Answer, outcome: InTheWay | Refusal[NotBlockable]) -> None:
        super().__init__(answer.status)
        self.answer = answer
        self.reason = outcome.reason.value if isinstance(outcome, Refusal) else "bookings_in_the_way"


class SqlBlockBooks:
    """`answer` is set once the outcome is recorded."""

    def __init__(self, connection: AsyncConnection, call: Call[Any], new_id: Callable[[], UUID], now: datetime) -> None:
        self._connection = connection
        self._call = call
        self._new_id = new_id
        self._now = now
        self.answer: Answer | None = None

    async def resource(self, resource_id: ResourceId) -> Resource | None:
        scope = {"city": self._call.city, "id": resource_id}
        found = (await self._connection.execute(RESOURCE_FOUND, scope)).scalar_one_or_none()
        return _resource.decode(found) if found else None

    async def in_the_way(self, resource_id: ResourceId, period: Period) -> tuple[Hit, ...]:
        await alone(self._connection, self._call.city)
        await stand_still(self._connection, self._call.city, resource_id, period)
        scope = {"city": self._call.city, "id": resource_id, "since": period.start, "until": period.end}
        rows = (await self._connection.execute(HITS, scope)).mappings().all()
        if lapsed := [row["booking_id"] for row in rows if row["lapses_at"] and row["lapses_at"] <= self._now]:
            raise LapsedHolds(lapsed)
        return tuple(msgspec.convert(dict(row), Hit) for row in rows)

    async def claim(self, block: Block) -> None:
        await self._connection.execute(KEEP, block_row(self._call.city, block))
        await fill(self._connection, self._call.city, block.resource_id, self._now)

    async def move(self, booking_id: BookingId) -> bool:
        return await moved_away(self._connection, self._call, booking_id, self._new_id, self._now)

    async def find(self, block_id: BlockId) -> Block | None:
        rows = await self._connection.execute(FOUND, {"city": self._call.city, "id": block_id})
        row = rows.mappings().one_or_none()
        return msgspec.convert(dict(row), Block) if row else None

    async def record(self, outcome: Blocking) -> None:
        answer = self._call.answer(outcome)
        if not isinstance(outcome, Blocked):
            raise _Undone(answer, outcome)
        made = outcome.block
        if (await self._connection.execute(ANOTHERS, block_row(self._call.city, made))).scalar_one():
            raise LostRace
        await self._done(answer, "resource.blocked", made.id, tell=False)

    async def lift(self, outcome: Lifting) -> None:
        answer = self._call.answer(outcome)
        if isinstance(outcome, Refusal):
            raise _Undone(answer, outcome)
        row = block_row(self._call.city, outcome)
        if (await self._connection.execute(LIFT, row)).rowcount == 1:
            await self._connection.execute(RELEASE, row)
            await fill(self._connection, self._call.city, outcome.resource_id, self._now)
            await self._done(answer, kind_of(BlockLifted), outcome.id, tell=True)
        self.answer = answer

    async def _done(self, answer: Answer, action: str, subject: UUID, *, tell: bool) -> None:
        call, now = self._call, self._now
        await write_note(self._connection, call, action, subject, tell=tell, new_id=self._new_id, now=now)
        if call.key:
            await write_answer(self._connection, call, answer, now)
        self.answer = answer


class SqlBlocks:
    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        *,
        expire_holds: Callable[[City, Sequence[UUID]], Awaitable[None]],
        written: Callable[[], None],
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id
        self._expire_holds = expire_holds
        self._written = written

    def bound(self) -> Blocks:
        return Blocks(self._bound(block_resource), self._bound(lift_block))

    def _bound(self, use_case: Any) -> UseCase[Any, BlockResource | LiftBlock]:
        async def bound(call: Call[Any], command: BlockResource | LiftBlock) -> Answer:
            async def once() -> Answer:
                now = self._clock()
                try:
                    async with self._transactions.city(call.city) as connection:
                        books = SqlBlockBooks(connection, call, self._new_id, now)
                        await answered_before(connection, call)
                        await use_case(command, books=books, actor=call.actor, now=now)
                except _Undone as undone:
                    await self._refused(call, undone, command.resource_id, now)
                    return undone.answer
                if books.answer is None:
                    raise RuntimeError("a use case records its outcome")
                return books.answer

            answer = await answered_once(call, once, lambda ids: self._expire_holds(call.city, ids))
            self._written()
            return answer

        return bound

    async def _refused(self, call: Call[Any], undone: _Undone, resource_id: ResourceId, now: datetime) -> None:
        if not call.key or not undone.answer.is_kept:
            return
        async with self._transactions.city(call.city) as connection:
            await write_answer(connection, call, undone.answer, now)
            action = f"refused:{undone.reason}"
            await write_note(connection, call, action, resource_id, tell=False, new_id=self._new_id, now=now)
