"""A vehicle's breakdown in PostgreSQL: its block, and all who have it booked seen to, in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LapsedHolds, LostRace, answered_once
from adapters.database.assigning import SqlAssignmentBooks
from adapters.database.blocked_time import fill, stand_still
from adapters.database.blocks import KEEP, block_row
from adapters.database.changes import answered_before, write_answer, write_change, write_note
from adapters.database.connections import Transactions
from adapters.database.fleet_vehicles import SqlVehicleBooks
from adapters.database.making_room import alone
from adapters.database.operator import Sheet
from adapters.database.reservations import kind_of
from adapters.database.taking_back import TAKEN_BACK, take_back_offers
from domain.booking.blocks import Block
from domain.booking.bookings import BookingId
from domain.booking.events import BookingStranded
from domain.booking.resources import ResourceId
from domain.fleet.breakdown import ReportBreakdown
from domain.fleet.keeping import Vehicle
from domain.identity import City
from domain.periods import Period
from services.calls import Answer, Call
from services.fleet.breakdowns import Breakdowns, Breaking, report_breakdown

UNDER_IT = text("""
SELECT b.id, CASE WHEN b.state = 'held' THEN b.hold_expires_at END <= :now AS lapsed FROM bookings b
WHERE b.city = :city AND b.id IN (SELECT c.booking_id FROM claims c WHERE c.city = :city AND c.resource_id = :id
  AND c.claimed_from < :until AND c.claimed_until > :since) ORDER BY b.starts, b.id
""")
# What is reported again is one breakdown, which is lifted once. What somebody else blocked stays blocked when it is.
REPLACE = text("""
UPDATE blocks SET lifted_at = :start WHERE city = :city AND resource_id = :resource_id AND lifted_at IS NULL AND breakdown
  AND starts <= :start AND ends > :start AND ends <= :end RETURNING id
""")


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

    async def time_zone(self) -> str:
        return (await self._fleet.today()).time_zone

    async def vehicle(self, vehicle_id: ResourceId) -> Vehicle | None:
        await alone(self._connection, self._call.city)
        return await self._fleet.find(vehicle_id, locked=True)

    async def block(self, block: Block) -> Sequence[BookingId]:
        city, period = self._call.city, Period(block.start, block.end)
        # Whoever was offered the time does not get what is broken.
        for entry_id in await take_back_offers(self._connection, city, block.resource_id, period, self._now):
            await self._note(TAKEN_BACK, entry_id, tell=True)
        await stand_still(self._connection, city, block.resource_id, period)
        scope = {"city": city, "id": block.resource_id, "since": period.start, "until": period.end, "now": self._now}
        found = (await self._connection.execute(UNDER_IT, scope)).all()
        if lapsed := [row.id for row in found if row.lapsed]:
            raise LapsedHolds(lapsed)
        row = block_row(city, block, breakdown=True)
        for before in (await self._connection.execute(REPLACE, row)).scalars().all():
            await self._note("resource.block_lifted", before, tell=False)
        await self._connection.execute(KEEP, row)
        await fill(self._connection, city, block.resource_id, self._now)
        came = await take_back_offers(self._connection, city, block.resource_id, period, self._now)
        if came or (await self._connection.execute(UNDER_IT, scope)).all() != found:
            raise LostRace
        await self._note("resource.blocked", block.id, tell=False)
        return [BookingId(each.id) for each in found]

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
        zone = await books.time_zone()
        outcome = await report_breakdown(command, zone, books=books, actor=call.actor, now=now)
        answer = call.answer(outcome)
        if only_looking:
            raise _OnlyLooked(answer)
        if call.key and answer.is_kept:
            await write_answer(connection, call, answer, now)
        return answer
