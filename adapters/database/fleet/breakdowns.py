"""A vehicle's breakdown in PostgreSQL: its block, and all who have it booked seen to, in one transaction, and in another one each day
where nobody knows how long it takes."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LapsedHolds, LostRace, answered_once, through
from adapters.database.booking.blocked_time import fill, stand_still
from adapters.database.booking.blocks import FOUND, KEEP, RELEASE, block_row
from adapters.database.booking.changes import answered_before, write_answer, write_change, write_note
from adapters.database.booking.looking import unasked
from adapters.database.booking.making_room import alone
from adapters.database.booking.reservations import kind_of
from adapters.database.booking.taking_back import TAKEN_BACK, take_back_offers
from adapters.database.connections import Statements, Transactions
from adapters.database.fleet.assigning import SqlAssignmentBooks
from adapters.database.fleet.vehicles import SqlVehicleBooks
from adapters.database.sheets import Sheet
from domain.booking.blocks import Block, BlockId, BlockLifted
from domain.booking.bookings import BookingId
from domain.booking.events import BookingStranded
from domain.booking.resources import ResourceId
from domain.cities.booking import Repairs
from domain.fleet.breakdown import LOOKED_AT_AGAIN, ReportBreakdown, begins_too_late
from domain.fleet.keeping import Vehicle
from domain.identity import City
from domain.periods import Period
from services.calls import Answer, Call
from services.fleet.breakdowns import Breakdowns, Breaking, look_again, report_breakdown

UNDER_IT = text("""
SELECT b.id, b.starts, CASE WHEN b.state = 'held' THEN b.hold_expires_at END <= :now AS lapsed FROM bookings b
WHERE b.city = :city AND b.id IN (SELECT c.booking_id FROM claims c WHERE c.city = :city AND c.resource_id = :id
  AND c.claimed_from < :until AND c.claimed_until > :since) ORDER BY b.priority DESC, b.starts, b.id
""")
OF_CITY = text("SELECT time_zone, repair_days_of(city) AS repair_days FROM cities WHERE city = :city")
# What is reported again is one breakdown, which is lifted once. What somebody else blocked stays blocked when it is. What nobody knew
# the end of gives way to whatever somebody knows of it now.
REPLACE = text("""
UPDATE blocks SET lifted_at = :start WHERE city = :city AND resource_id = :resource_id AND lifted_at IS NULL AND breakdown
  AND starts <= :start AND ends > :start AND (ends <= :end OR seen_until IS NOT NULL) RETURNING id, ends
""")
LOOKED_FURTHER = text("UPDATE blocks SET seen_until = :seen_until WHERE city = :city AND id = :id")
TO_LOOK_AT = f"""
SELECT coalesce(json_agg(json_build_array(city, id)), '[]'::json)::text
FROM (SELECT k.city, k.id FROM blocks k WHERE k.lifted_at IS NULL AND k.seen_until < least(k.ends, $1::timestamptz
    + coalesce(repair_days_of(k.city), {Repairs().expected_days}) * interval '24 hours' - $2::int * interval '1 second')
  ORDER BY random() LIMIT $3::int) due
"""

_due = msgspec.json.Decoder(tuple[tuple[City, BlockId], ...])


class _OnlyLooked(Exception):
    """The transaction is to leave nothing behind; what would be is answered all the same."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class SqlBreakdownBooks(SqlAssignmentBooks):
    def __init__(self, connection: AsyncConnection, call: Call[Any], new_id: Callable[[], UUID], now: datetime) -> None:
        super().__init__(connection, call, new_id, locked=True)
        self._now = now
        sheet = Sheet(connection, call.city, call.actor.id, call.request_id, now, new_id)
        self._fleet = SqlVehicleBooks(sheet)

    async def city(self) -> tuple[str, int | None]:
        """Its zone, and after how many days it expects back what is out of service, where it says so."""
        found = (await self._connection.execute(OF_CITY, {"city": self._call.city})).one()
        return found.time_zone, found.repair_days

    async def vehicle(self, vehicle_id: ResourceId) -> Vehicle | None:
        await alone(self._connection, self._call.city)
        return await self._fleet.find(vehicle_id, locked=True)

    async def block(self, block: Block) -> Sequence[BookingId]:
        city, period = self._call.city, Period(block.start, block.end)
        # Whoever was offered the time does not get what is broken.
        for entry_id in await take_back_offers(self._connection, city, block.resource_id, period, self._now):
            await self._note(TAKEN_BACK, entry_id, tell=True)
        await stand_still(self._connection, city, block.resource_id, period)
        found = await self._under(block)
        row = block_row(city, block, breakdown=True)
        for before in (await self._connection.execute(REPLACE, row)).all():
            if back := before.ends > block.end:
                await self._connection.execute(RELEASE, row | {"start": block.end, "end": before.ends})
            await self._note(kind_of(BlockLifted), before.id, tell=back)
        await self._connection.execute(KEEP, row)
        await fill(self._connection, city, block.resource_id, self._now)
        came = await take_back_offers(self._connection, city, block.resource_id, period, self._now)
        if came or await self._under(block) != found:
            raise LostRace
        await self._note("resource.blocked", block.id, tell=False)
        return [BookingId(each.id) for each in found]

    async def find(self, block_id: BlockId) -> Block | None:
        await alone(self._connection, self._call.city)
        rows = await self._connection.execute(FOUND, {"city": self._call.city, "id": block_id})
        row = rows.mappings().one_or_none()
        return msgspec.convert(dict(row), Block) if row else None

    async def look_further(self, block: Block, since: datetime) -> Sequence[BookingId]:
        found = await self._under(block)
        await self._connection.execute(LOOKED_FURTHER, block_row(self._call.city, block))
        return [
            BookingId(each.id) for each in found if since <= each.starts and not begins_too_late(each.starts, block)
        ]

    async def _under(self, block: Block) -> Sequence[Row[Any]]:
        """Whoever it stands over, in order of their starts. Raises LapsedHolds."""
        scope = {"id": block.resource_id, "since": block.start, "until": block.end, "now": self._now}
        found = (await self._connection.execute(UNDER_IT, scope | {"city": self._call.city})).all()
        if lapsed := [row.id for row in found if row.lapsed]:
            raise LapsedHolds(lapsed)
        return found

    async def strand(self, event: BookingStranded) -> None:
        if not await write_change(self._connection, self._call.city, event):
            raise LostRace
        await self._note(kind_of(event), event.booking.id, tell=True)

    async def _note(self, action: str, subject_id: UUID, *, tell: bool) -> None:
        new_id, now = self._new_id, self._now
        await write_note(self._connection, self._call, action, subject_id, tell=tell, new_id=new_id, now=now)


class SqlBreakdowns:
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

    def bound(self) -> Breakdowns:
        return Breakdowns(self._report)

    async def look_again(self, city: City, block_id: BlockId) -> int:
        """See to those who begin next under a breakdown of which nobody knows how long it takes. Raises Unavailable."""

        async def once() -> int:
            async with self._transactions.city(city) as connection:
                now = self._clock()
                books = SqlBreakdownBooks(connection, unasked(city), self._new_id, now)
                _, days = await books.city()
                return await look_again(block_id, days, books=books, now=now)

        return await through(once, lambda ids: self._expire_holds(city, ids))

    async def _report(self, call: Call[Breaking], command: ReportBreakdown, only_looking: bool) -> Answer:
        async def once() -> Answer:
            now = self._clock()
            try:
                async with self._transactions.city(call.city) as connection:
                    return await self._done(connection, call, command, now, only_looking=only_looking)
            except _OnlyLooked as looked:
                return looked.answer

        answer = await answered_once(call, once, lambda ids: self._expire_holds(call.city, ids))
        self._written()
        return answer

    async def _done(
        self,
        connection: AsyncConnection,
        call: Call[Breaking],
        command: ReportBreakdown,
        now: datetime,
        *,
        only_looking: bool,
    ) -> Answer:
        await answered_before(connection, call)
        books = SqlBreakdownBooks(connection, call, self._new_id, now)
        zone, days = await books.city()
        outcome = await report_breakdown(command, zone, days, books=books, actor=call.actor, now=now)
        answer = call.answer(outcome)
        if only_looking:
            raise _OnlyLooked(answer)
        if call.key and answer.is_kept:
            await write_answer(connection, call, answer, now)
        return answer


async def breakdowns_to_look_at(relay: Statements, now: datetime, limit: int) -> tuple[tuple[City, BlockId], ...]:
    """Those of which nobody knows how long they take, and under which nobody was looked at for a day, in no order."""
    async with relay.session() as session:
        return _due.decode(await session.one(TO_LOOK_AT, now, int(LOOKED_AT_AGAIN.total_seconds()), limit))
