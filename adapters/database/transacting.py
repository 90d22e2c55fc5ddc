"""Work in one transaction in one city, done until it is through; what a call asks for is answered once for its key."""

from collections.abc import Awaitable, Callable, Sequence, Set
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import answered_once, nothing_lapses, through
from adapters.database.booking.changes import answered_before, write_answer
from adapters.database.connections import Statements, Transactions
from domain.identity import City
from domain.refusals import Refusal
from services.calls import Answer, Call

T = TypeVar("T")


class Transacting:
    """`written` is called after each piece of work, to wake whoever reads the outbox."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        written: Callable[[], None],
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id
        self._written = written

    async def _done(self, city: City, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        done = await in_city(self._transactions, city, work)
        self._written()
        return done

    async def _answered(self, call: Call[Any], work: Callable[[AsyncConnection, datetime], Awaitable[Any]]) -> Answer:
        answer = await answered_in_city(self._transactions, call, work, self._clock)
        self._written()
        return answer


async def in_city(transactions: Transactions, city: City, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Do it, and again from the start where somebody was quicker. Raises Unavailable."""

    async def once() -> T:
        async with transactions.city(city) as connection:
            return await work(connection)

    return await through(once)


async def in_one_statement(statements: Statements, sql: str, *values: object) -> Any:
    """The one value of what is a transaction by itself, again where somebody was quicker or the connection broke. Raises Unavailable."""

    async def once() -> Any:
        async with statements.session() as session:
            return await session.one(sql, *values)

    return await through(once)


async def answered_in_city(
    transactions: Transactions,
    call: Call[Any],
    work: Callable[[AsyncConnection, datetime], Awaitable[Any]],
    clock: Callable[[], datetime],
    not_final: Set[StrEnum] = frozenset(),
) -> Answer:
    """The same for a call: its outcome is answered, and the answer kept in the same transaction, a refusal too unless it is
    `not_final`. Whoever comes with the same key meanwhile fails to keep another one, and gets this. Raises Unavailable."""

    async def once() -> Answer:
        now = clock()
        async with transactions.city(call.city) as connection:
            await answered_before(connection, call)
            outcome = await work(connection, now)
            answer = call.answer(outcome)
            may_change = isinstance(outcome, Refusal) and outcome.reason in not_final
            if call.key and answer.is_kept and not may_change:
                await write_answer(connection, call, answer, now)
            return answer

    return await answered_once(call, once, nothing_lapses)


class _Refused(Exception):
    """Ends a transaction of which nothing is to stay."""


async def answered_unless_refused(
    transactions: Transactions,
    call: Call[Any],
    work: Callable[[AsyncConnection, datetime], Awaitable[Any]],
    clock: Callable[[], datetime],
    expire: Callable[[Sequence[UUID]], Awaitable[None]],
) -> Answer:
    """The same, but what is refused in the end leaves nothing but its answer, if that is kept. Holds that lapsed and were in
    the way are let go by `expire` before it is tried again."""

    async def once() -> Answer:
        now = clock()
        try:
            async with transactions.city(call.city) as connection:
                await answered_before(connection, call)
                outcome = await work(connection, now)
                answer = call.answer(outcome)
                if isinstance(outcome, Refusal):
                    raise _Refused
                if call.key:
                    await write_answer(connection, call, answer, now)
        except _Refused:
            if call.key and answer.is_kept:
                async with transactions.city(call.city) as connection:
                    await answered_before(connection, call)
                    await write_answer(connection, call, answer, now)
        return answer

    return await answered_once(call, once, expire)
