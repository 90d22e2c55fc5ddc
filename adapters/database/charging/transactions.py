"""The central system's transactions: each report read and recorded, done again where somebody was quicker."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import msgspec

from adapters.database.answering import through
from adapters.database.charging.plug_ends import take_back
from adapters.database.charging.sessions import SqlHearingBooks
from adapters.database.connections import Database, Statements
from adapters.database.transacting import in_city
from domain.charging.orders import OrderId
from domain.charging.reports import (
    IdToken,
    ReservationEnded,
    StartAnswer,
    StatusReported,
    TokenAnswer,
    TransactionAnswer,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)
from domain.charging.sessions.hearing import Heard
from domain.charging.sessions.points import Told
from domain.charging.sessions.sessions import SessionId
from domain.charging.stations import StationAt
from domain.identity import City
from services.charging.sessions.hearing import answer_token, settle, take_in, take_in_status

T = TypeVar("T")
DUE = """
SELECT coalesce(json_agg(json_build_array(city, id)), '[]'::json)::text
FROM (SELECT city, id FROM charging_sessions WHERE {due} <= $1::timestamptz{besides} ORDER BY random() LIMIT $2::int) due
"""
TO_SETTLE = DUE.format(due="due_at", besides="")
TO_BILL = DUE.format(due="bill_at", besides=" AND billed_at IS NULL")
_due = msgspec.json.Decoder(tuple[tuple[City, SessionId], ...])


class SqlTransactions:
    """`written` wakes whoever reads the outbox."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._written = written

    async def authorise(self, at: StationAt, token: IdToken) -> TokenAnswer:
        return await self._in(at.city, lambda books, now: answer_token(token, at.id, books=books, now=now))

    async def started(self, at: StationAt, report: TransactionStarted) -> StartAnswer:
        return (await self._taken_in(at, report)).start_answer

    async def updated(self, at: StationAt, report: TransactionUpdated) -> TransactionAnswer:
        return _answer(report, await self._taken_in(at, report))

    async def ended(self, at: StationAt, report: TransactionEnded) -> TransactionAnswer:
        return _answer(report, await self._taken_in(at, report))

    async def reservation_ended(self, at: StationAt, report: ReservationEnded) -> None:
        now = self._clock()
        await in_city(self._database.transactions, at.city, lambda road: take_back(road, at, report, now))

    async def status_reported(self, at: StationAt, report: StatusReported) -> None:
        """What it says of the transaction that is under way there."""
        order = OrderId(self._new_id())
        await self._in(at.city, lambda books, now: take_in_status(report, at.id, books=books, order_id=order, now=now))

    async def settle(self, city: City, session_id: SessionId) -> None:
        await self._in(city, lambda books, now: settle(session_id, books=books, now=now))

    async def _taken_in(self, at: StationAt, told: Told) -> Heard:
        session, order = SessionId(self._new_id()), OrderId(self._new_id())
        return await self._in(
            at.city,
            lambda books, now: take_in(told, at.id, books=books, session_id=session, order_id=order, now=now),
        )

    async def _in(self, city: City, do: Callable[[SqlHearingBooks, datetime], Awaitable[T]]) -> T:
        async def once() -> T:
            now = self._clock()
            return await do(SqlHearingBooks(self._database, city, self._new_id, now), now)

        done = await through(once)
        self._written()
        return done


def _answer(report: TransactionUpdated | TransactionEnded, heard: Heard) -> TransactionAnswer:
    """The cost so far goes along (2.0.1, part 2, I02.FR.01 and I03), in major units: all money here has cents."""
    told = heard.session.told if report.id_token is not None else None
    return TransactionAnswer(told, None if heard.cost is None else Decimal(heard.cost.amount) / 100)


async def sessions_to_settle(relay: Statements, now: datetime, limit: int) -> tuple[tuple[City, SessionId], ...]:
    """Across cities, in no order: those that waited long enough for what was not told."""
    return await _found(relay, TO_SETTLE, now, limit)


async def sessions_to_bill(relay: Statements, now: datetime, limit: int) -> tuple[tuple[City, SessionId], ...]:
    """Across cities, in no order: those that are over and not billed."""
    return await _found(relay, TO_BILL, now, limit)


async def _found(relay: Statements, sql: str, now: datetime, limit: int) -> tuple[tuple[City, SessionId], ...]:
    async with relay.session() as session:
        return _due.decode(await session.one(sql, now, limit))
