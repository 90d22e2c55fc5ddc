"""The bookings' books in PostgreSQL, and their use cases bound to them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from adapters.database.answering import answered_once, nothing_lapses, through
from adapters.database.booking_sheets import SHEET, WHERE_IT_STANDS, SqlBookingReader
from adapters.database.changes import write_answer, write_change, write_note
from adapters.database.connections import Database
from adapters.database.reservations import DESK, facts_of, kind_of
from domain.booking.bookings import BookingId
from domain.booking.life import NOT_FINAL, AlreadyThere
from domain.identity import SYSTEM, Actor, City, Role
from domain.refusals import Refusal
from services.booking import Bookings
from services.booking.life import (
    cancel_booking,
    cancel_unsecured,
    close_unused,
    confirm_booking,
    expire_hold,
    finish_booking,
    start_booking,
)
from services.booking.ports import BookingReader, LifeDesk, Outcome
from services.booking.reading import find_booking, list_bookings, preview_cancellation
from services.calls import Answer, Call, NotAnswerable, Unavailable, UseCase

LIFE = DESK.format(
    facts=f"""
  'life', (SELECT json_build_object('sheet', {SHEET}, 'tariff', t.tariff, 'code', r.code)
    FROM bookings b {WHERE_IT_STANDS} JOIN tariffs t ON t.city = b.city AND t.id = b.tariff_id AND t.version = b.tariff_version
    WHERE b.city = $1::text AND b.id = $5::uuid)"""
)
NOTHING = Answer(204, "", "")

Command = TypeVar("Command")
Command_contra = TypeVar("Command_contra", contravariant=True)
Asked = TypeVar("Asked")
Found = TypeVar("Found")
Asked_contra = TypeVar("Asked_contra", contravariant=True)
Found_co = TypeVar("Found_co", covariant=True)


class Acting(Protocol[Command_contra]):
    async def __call__(
        self, command: Command_contra, /, *, store: "SqlBookingStore", actor: Actor, now: datetime
    ) -> Outcome: ...


class Looking(Protocol[Asked_contra, Found_co]):
    async def __call__(
        self, asked: Asked_contra, /, *, books: BookingReader, actor: Actor, now: datetime
    ) -> Found_co: ...


class _Facts(Struct, frozen=True):
    life: LifeDesk | None


_facts = msgspec.json.Decoder(_Facts)


class SqlBookingStore:
    """The books, open for one call. `answer` is set once the outcome is recorded."""

    def __init__(self, database: Database, call: Call[Any], new_id: Callable[[], UUID], now: datetime) -> None:
        self._database = database
        self._call = call
        self._new_id = new_id
        self._now = now
        self.answer: Answer | None = None

    async def desk(self, booking_id: BookingId) -> LifeDesk | None:
        call = self._call
        async with self._database.statements.session() as session:
            found = await session.one(LIFE, call.city, call.actor.id, call.route, call.key, booking_id)
        return facts_of(found, call, _facts).life

    async def record(self, booking_id: BookingId, outcome: Outcome) -> None:
        """One transaction. Raises LostRace where the booking has changed since, or the key was answered."""
        call, now = self._call, self._now
        answer = call.answer(outcome)
        change = None if isinstance(outcome, Refusal) or isinstance(outcome.change, AlreadyThere) else outcome.change
        kept = bool(call.key) and not (isinstance(outcome, Refusal) and outcome.reason in NOT_FINAL)
        if change is not None or kept:
            action = f"refused:{outcome.reason}" if isinstance(outcome, Refusal) else kind_of(outcome.change)
            async with self._database.transactions.city(call.city) as connection:
                if change is not None:
                    await write_change(connection, call.city, change)
                tell = change is not None
                await write_note(connection, call, action, booking_id, tell=tell, new_id=self._new_id, now=now)
                if kept:
                    await write_answer(connection, call, answer, now)
        self.answer = answer


class SqlBookings:
    """Opens the books for one call, and again where somebody was quicker."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        written: Callable[[], None],
    ) -> None:
        """`written` is called after each call, to wake whoever reads the outbox."""
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._written = written

    def bound(self) -> Bookings:
        """Every use case, ready to be asked."""
        expire = self._by_the_clock("expireHold", expire_hold)

        async def expire_holds(city: City, booking_ids: Sequence[UUID]) -> None:
            for booking_id in booking_ids:
                await expire(city, BookingId(booking_id))

        return Bookings(
            confirm=self._acting(confirm_booking),
            cancel=self._acting(cancel_booking),
            start=self._acting(start_booking),
            finish=self._acting(finish_booking),
            find=self._looking(find_booking),
            page=self._looking(list_bookings),
            preview_cancellation=self._looking(preview_cancellation),
            expire=expire,
            close_unused=self._by_the_clock("closeUnused", close_unused),
            cancel_unsecured=self._by_the_clock("cancelUnsecured", cancel_unsecured),
            expire_holds=expire_holds,
        )

    def _acting(self, use_case: Acting[Command]) -> UseCase[Any, Command]:
        async def bound(call: Call[Any], command: Command) -> Answer:
            async def once() -> Answer:
                now = self._clock()
                store = SqlBookingStore(self._database, call, self._new_id, now)
                await use_case(command, store=store, actor=call.actor, now=now)
                if store.answer is None:
                    raise RuntimeError("a use case records its outcome")
                return store.answer

            answer = await answered_once(call, once, nothing_lapses)
            self._written()
            return answer

        return bound

    def _by_the_clock(self, route: str, use_case: Acting[BookingId]) -> Callable[[City, BookingId], Awaitable[None]]:
        """For the system itself. Raises Unavailable where it cannot be done now: the job comes again."""
        act = self._acting(use_case)

        async def bound(city: City, booking_id: BookingId) -> None:
            actor = Actor(SYSTEM, city, frozenset({Role.OPERATOR}))
            await act(Call(city, actor, route, "", "", route, "", _unasked), booking_id)

        return bound

    def _looking(self, use_case: Looking[Asked, Found]) -> Callable[[Actor, Asked], Awaitable[Found]]:
        async def bound(actor: Actor, asked: Asked) -> Found:
            async def once() -> Found:
                async with self._database.statements.session() as session:
                    books = SqlBookingReader(session, actor.city)
                    return await use_case(asked, books=books, actor=actor, now=self._clock())

            return await through(once)

        return bound


def _unasked(outcome: Any) -> Answer:
    """Nobody waits for an answer; but work that could not be done must come again."""
    if isinstance(outcome, Refusal) and outcome.reason is NotAnswerable.IN_FLIGHT:
        raise Unavailable("somebody was quicker, several times")
    return NOTHING
