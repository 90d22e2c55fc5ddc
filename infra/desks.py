"""Use cases that book, bound to their stores: the books are opened for one call, and again where somebody was quicker."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from adapters.database.answering import LapsedHolds, LostRace, answered_once
from adapters.database.booking.choosing import NeedsRoom, Wish
from adapters.database.booking.quotes import SqlQuoteStore
from adapters.database.booking.reservations import SqlReservations
from adapters.database.connections import Database
from domain.booking.bookings import QuoteId
from domain.booking.quoting import Quoted
from domain.identity import Actor, City
from domain.refusals import Refusal
from services.calls import Answer, Call, UseCase
from services.quotes import Quotes, quoted

Command_contra = TypeVar("Command_contra", contravariant=True)
Command = TypeVar("Command")
Store_contra = TypeVar("Store_contra", contravariant=True)
Store = TypeVar("Store")
Outcome_co = TypeVar("Outcome_co", covariant=True)
Outcome = TypeVar("Outcome")
MakeRoom = Callable[[City, Wish], Awaitable[None]]
Expire = Callable[[Call[Any], Sequence[UUID]], Awaitable[None]]


class Reserving(Protocol[Command_contra, Store_contra, Outcome_co]):
    async def __call__(
        self, command: Command_contra, /, *, store: Store_contra, actor: Actor, now: datetime
    ) -> Outcome_co: ...


class Quoting(Protocol[Command_contra, Store_contra, Outcome_co]):
    async def __call__(
        self, command: Command_contra, /, *, store: Store_contra, actor: Actor, quote_id: QuoteId, now: datetime
    ) -> Outcome_co: ...


class Desks:
    """Opens the books for one call, and again where somebody was quicker."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        expire: Expire,
        written: Callable[[], None],
        make_room: MakeRoom,
    ) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._expire = expire
        self._written = written
        self._make_room = make_room

    def reserving(
        self, use_case: Reserving[Command, Store, Outcome], store: Callable[[SqlReservations], Store]
    ) -> UseCase[Outcome, Command]:
        async def bound(call: Call[Outcome], command: Command) -> Answer:
            async def work(books: SqlReservations, now: datetime) -> None:
                await use_case(command, store=store(books), actor=call.actor, now=now)

            answer = await self._answered(call, work)
            self._written()
            return answer

        return bound

    def quoting(
        self, use_case: Quoting[Command, Store, Outcome], store: Callable[[SqlReservations], Store]
    ) -> UseCase[Outcome, Command]:
        async def bound(call: Call[Outcome], command: Command) -> Answer:
            async def work(books: SqlReservations, now: datetime) -> None:
                quote_id = QuoteId(self._new_id())
                await use_case(command, store=store(books), actor=call.actor, quote_id=quote_id, now=now)

            return await self._answered(call, work, moves=False)

        return bound

    def quotes(self) -> Quotes:
        async def find(call: Call[Any], quote_id: QuoteId) -> Quoted | Answer:
            found: list[Quoted] = []

            async def work(books: SqlReservations, _now: datetime) -> None:
                outcome = await quoted(quote_id, store=SqlQuoteStore(books))
                if isinstance(outcome, Refusal):
                    await books.record(outcome)
                else:
                    found.append(outcome)
                    books.answer = Answer(200, "", "")

            answer = await self._answered(call, work)
            return found[-1] if found else answer

        async def decline(call: Call[Any], answer: Answer) -> Answer:
            async def work(books: SqlReservations, _now: datetime) -> None:
                await SqlQuoteStore(books).decline(answer)

            return await self._answered(call, work)

        return Quotes(find, decline)

    async def _answered(
        self, call: Call[Any], work: Callable[[SqlReservations, datetime], Awaitable[None]], *, moves: bool = True
    ) -> Answer:
        asked_to_move: set[UUID] = set()

        async def once() -> Answer:
            now = self._clock()
            try:
                async with self._database.statements.session() as session:
                    # Nobody is moved for a mere price.
                    books = SqlReservations(session, call, self._new_id, now, asked_to_move if moves else None)
                    await work(books, now)
            except NeedsRoom as needs:
                try:
                    await self._make_room(call.city, needs.wish)
                except LapsedHolds:
                    asked_to_move.clear()
                    raise
                raise LostRace from needs
            if books.answer is None:
                raise RuntimeError("a use case records its outcome")
            return books.answer

        return await answered_once(call, once, lambda ids: self._expire(call, ids))
