"""The bookings' books in PostgreSQL, and their use cases bound to them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from adapters.database.answering import LapsedHolds, LostRace, answered_once, nothing_lapses, through
from adapters.database.booking.changes import write_answer, write_change, write_note
from adapters.database.booking.reading import SHEET, WHERE_IT_STANDS, SqlBookingReader
from adapters.database.booking.reservations import DESK, facts_of, kind_of
from adapters.database.connections import Database, Joined
from domain.booking.bookings import BookingId
from domain.booking.changing import ExtendBooking
from domain.booking.events import NOT_FINAL, AlreadyThere
from domain.booking.extensions import BookingOverdue
from domain.booking.withdrawing import WithdrawFromBooking
from domain.identity import SYSTEM, Actor, City, Role
from domain.refusals import Refusal
from services.booking import Bookings
from services.booking.approving import approve_booking, ask_approvers_again, reject_booking
from services.booking.changing import extend_booking, keep_overdue_use, lapse, preview, shorten_booking
from services.booking.life import (
    assign_resource,
    cancel_booking,
    cancel_unsecured,
    close_unused,
    confirm_booking,
    expire_hold,
    finish_booking,
    start_booking,
    withdraw_from_booking,
)
from services.booking.ports import Done, LifeDesk, Outcome
from services.booking.problems import report_problem, resolve_problems
from services.booking.reading import find_booking, list_bookings
from services.booking.subscribing import give_notice_of, list_subscriptions, roll_booking
from services.calls import Answer, Call, NotAnswerable, Unavailable, UseCase

# What was entered without a check of a driver's says when the licence itself ends, as far as anybody knows.
LIFE = DESK.format(
    facts=f"""
  'life', (SELECT json_build_object('sheet', {SHEET}, 'tariff', t.tariff, 'policy', t.policy, 'code', r.code,
      'handover', CASE WHEN b.service = 'fleet' THEN json_build_object(
        'licensed', coalesce((SELECT v.kind IN ('car', 'van') FROM vehicles v WHERE v.city = b.city AND v.id = b.resource_id), true),
        'required', coalesce(y.settings->'requires'->'fleet', '[]'),
        'shown', (SELECT coalesce(json_agg(json_build_object('kind', f.kind, 'valid_until', f.valid_until, 'classes', f.classes,
            'ends', CASE WHEN f.kind = 'licence' THEN CASE WHEN k.number IS NULL THEN f.valid_until ELSE k.licence_until END END)), '[]'::json)
          FROM proofs f LEFT JOIN licence_checks k ON k.city = f.city AND k.person_id = f.person_id AND f.kind = 'licence'
            AND k.result = 'valid' AND k.checked_at = f.checked_at
          WHERE f.city = b.city AND f.person_id = b.holder_id)) END,
      'stood_at', CASE WHEN b.service = 'fleet' THEN (SELECT e.odometer_end FROM trips w JOIN LATERAL (
          SELECT e.odometer_end FROM trip_entries e WHERE e.city = w.city AND e.trip_id = w.id ORDER BY e.version DESC LIMIT 1) e ON true
        WHERE w.city = b.city AND w.vehicle_id = b.resource_id AND e.odometer_end IS NOT NULL
        ORDER BY w.started_at DESC, w.id DESC LIMIT 1) END,
      'approving', CASE WHEN r.pool_id IS NOT NULL THEN approving_of(r.city, r.pool_id) END,
      'still_in_use', b.service = 'fleet' AND EXISTS (SELECT FROM bookings u WHERE u.city = b.city AND u.resource_id = b.resource_id
        AND u.service = 'fleet' AND u.state = 'in_use' AND u.id <> b.id),
      'charging', b.service = 'charging' AND EXISTS (SELECT FROM charging_sessions g WHERE g.city = b.city AND g.booking_id = b.id
        AND g.state NOT IN ('completed', 'invalid')),
      'measured', CASE WHEN b.service = 'charging' THEN (SELECT json_build_object('energy_kwh', (sum(g.energy_wh) / 1000.0)::text,
          'parked', 'PT' || sum(g.parked_s) || 'S', 'periods', (SELECT coalesce(json_agg(p.value), '[]')
            FROM charging_sessions h CROSS JOIN jsonb_array_elements(h.periods) p WHERE h.city = b.city AND h.booking_id = b.id))
        FROM charging_sessions g WHERE g.city = b.city AND g.booking_id = b.id HAVING count(*) > 0) END,
      'claimed_until', (SELECT max(c.claimed_until) FROM claims c WHERE c.city = b.city AND c.booking_id = b.id),
      'following', (SELECT json_build_object('start', c.claimed_from, 'booking_id', c.booking_id,
          'holder_id', (SELECT n.holder_id FROM bookings n WHERE n.city = c.city AND n.id = c.booking_id),
          'lapses_at', (SELECT CASE WHEN n.state = 'held' THEN n.hold_expires_at
                        WHEN c.claimed_from >= n.ends THEN n.extension_expires_at END
                        FROM bookings n WHERE n.city = c.city AND n.id = c.booking_id))
        FROM claims c WHERE c.city = b.city AND c.resource_id = b.resource_id AND c.claimed_from > b.starts
          AND c.booking_id IS DISTINCT FROM b.id ORDER BY c.claimed_from LIMIT 1))
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
        self, asked: Asked_contra, /, *, books: "SqlLifeReader", actor: Actor, now: datetime
    ) -> Found_co: ...


class _Facts(Struct, frozen=True):
    life: LifeDesk | None


class _Desk(Struct, frozen=True):
    facts: _Facts


_facts = msgspec.json.Decoder(_Facts)
_desk = msgspec.json.Decoder(_Desk)


class SqlLifeReader(SqlBookingReader):
    """Besides what is shown of bookings, what their decisions look at."""

    async def life(self, booking_id: BookingId) -> LifeDesk | None:
        found = await self._session.one(LIFE, self._city, SYSTEM, "", "", booking_id)
        return _desk.decode(found or "").facts.life


class SqlBookingStore:
    """The books, open for one call. `answer` is set once the outcome is recorded, `waits` where that is for a payment.

    `clears` says that lapsed holds of others are to be released first, `settles` that what waits for a payment is not
    the last word yet: the card is asked, and then the caller asks again.
    """

    def __init__(
        self,
        database: Database | Joined,
        call: Call[Any],
        new_id: Callable[[], UUID],
        now: datetime,
        *,
        clears: bool = False,
        settles: bool = False,
    ) -> None:
        self._database = database
        self._call = call
        self._new_id = new_id
        self._now = now
        self._clears = clears
        self._settles = settles
        self.answer: Answer | None = None
        self.waits = False

    async def desk(self, booking_id: BookingId) -> LifeDesk | None:
        call = self._call
        async with self._database.statements.session() as session:
            found = await session.one(LIFE, call.city, call.actor.id, call.route, call.key, booking_id)
        life = facts_of(found, call, _facts).life
        following = life.following if life else None
        if self._clears and following is not None and following.has_lapsed(self._now):
            raise LapsedHolds([following.booking_id] if following.booking_id else [])
        return life

    async def record(self, booking_id: BookingId, outcome: Outcome) -> None:
        """One transaction. Raises LostRace where the booking has changed since, or the key was answered."""
        call, now = self._call, self._now
        answer = call.answer(outcome)
        change = None if isinstance(outcome, Refusal) or isinstance(outcome.change, AlreadyThere) else outcome.change
        final = outcome.reason not in NOT_FINAL if isinstance(outcome, Refusal) else not self._is_to_be_paid(outcome)
        kept = bool(call.key) and final
        if change is not None or kept:
            action = f"refused:{outcome.reason}" if isinstance(outcome, Refusal) else kind_of(outcome.change)
            async with self._database.transactions.city(call.city) as connection:
                if change is not None and not await write_change(connection, call.city, change):
                    raise LostRace
                tell = change is not None
                await write_note(connection, call, action, booking_id, tell=tell, new_id=self._new_id, now=now)
                asked = change.booking.asked if change is not None else None
                if asked is not None and asked.decided_at == now and asked.deputy_for is not None:
                    stands_for, kind = asked.deputy_for, "approval.decided_for"
                    await write_note(connection, call, kind, stands_for, tell=False, new_id=self._new_id, now=now)
                if isinstance(change, BookingOverdue) and change.delayed is not None:
                    kind, subject = kind_of(change.delayed), change.delayed.booking_id
                    await write_note(connection, call, kind, subject, tell=True, new_id=self._new_id, now=now)
                if kept:
                    await write_answer(connection, call, answer, now)
        self.answer = answer

    def _is_to_be_paid(self, outcome: Done) -> bool:
        more = outcome.change.booking.waiting
        self.waits = more is not None and not more.awaits_approval
        return self._settles and self.waits


class SqlBookings:
    """Opens the books for one call, and again where somebody was quicker."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        written: Callable[[], None],
        settle: Callable[[City, UUID], Awaitable[None]] | None = None,
    ) -> None:
        """`written` is called after each call, to wake whoever reads the outbox; `settle` does what a booking's money
        needs: it asks the known card for an extension. Without it that is left to the holder."""
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._written = written
        self._settle = settle

    def bound(self) -> Bookings:
        """Every use case, ready to be asked."""
        expire = self._by_the_clock("expireHold", expire_hold)
        lapse_extension = self._by_the_clock("lapseExtension", lapse)

        async def expire_holds(city: City, booking_ids: Sequence[UUID]) -> None:
            for booking_id in booking_ids:
                await expire(city, BookingId(booking_id))
                await lapse_extension(city, BookingId(booking_id))

        return Bookings(
            confirm=self._acting(confirm_booking),
            cancel=self._acting(cancel_booking),
            approve=self._acting(approve_booking),
            reject=self._acting(reject_booking),
            report=self._acting(report_problem),
            resolve=self._acting(resolve_problems),
            start=self._acting(start_booking),
            finish=self._acting(finish_booking),
            find=self._looking(find_booking),
            page=self._looking(list_bookings),
            extend=self._extending(expire_holds),
            shorten=self._acting(shorten_booking),
            give_notice=self._acting(give_notice_of),
            subscriptions=self._looking(list_subscriptions),
            preview=self._looking(preview),
            expire=expire,
            close_unused=self._by_the_clock("closeUnused", close_unused),
            cancel_unsecured=self._by_the_clock("cancelUnsecured", cancel_unsecured),
            lapse_extension=lapse_extension,
            keep_overdue=self._by_the_clock("keepOverdue", keep_overdue_use),
            withdraw=self._withdrawing(),
            assign=self._by_the_clock("assignResource", assign_resource),
            ask_again=self._by_the_clock("askAgain", ask_approvers_again),
            roll=self._by_the_clock("rollBooking", roll_booking),
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

    def _extending(
        self, expire_holds: Callable[[City, Sequence[UUID]], Awaitable[None]]
    ) -> UseCase[Any, ExtendBooking]:
        """Claim the time, ask the known card between two transactions, and say what came of it."""

        async def bound(call: Call[Any], command: ExtendBooking) -> Answer:
            waits = False

            async def once(settles: bool) -> Answer:
                nonlocal waits
                now = self._clock()
                store = SqlBookingStore(self._database, call, self._new_id, now, clears=True, settles=settles)
                await extend_booking(command, store=store, actor=call.actor, now=now)
                if store.answer is None:
                    raise RuntimeError("a use case records its outcome")
                waits = store.waits
                return store.answer

            expire = partial(expire_holds, call.city)
            settle = self._settle
            answer = await answered_once(call, lambda: once(settle is not None), expire)
            self._written()
            if not waits or settle is None:
                return answer
            await settle(call.city, command.booking_id)
            return await answered_once(call, lambda: once(False), expire)

        return bound

    def _by_the_clock(self, route: str, use_case: Acting[BookingId]) -> Callable[[City, BookingId], Awaitable[None]]:
        """For the system itself. Raises Unavailable where it cannot be done now: the job comes again."""
        act = self._acting(use_case)

        async def bound(city: City, booking_id: BookingId) -> None:
            await act(unasked(city, route), booking_id)

        return bound

    def _withdrawing(self) -> Callable[[City, BookingId, datetime], Awaitable[bool]]:
        act = self._acting(withdraw_from_booking)

        async def bound(city: City, booking_id: BookingId, declared_at: datetime) -> bool:
            actor = Actor(SYSTEM, city, frozenset({Role.OPERATOR}))
            call = Call(city, actor, "withdraw", "", "", "withdraw", "", _done_or_refused)
            return await act(call, WithdrawFromBooking(booking_id, declared_at)) == NOTHING

        return bound

    def _looking(self, use_case: Looking[Asked, Found]) -> Callable[[Actor, Asked], Awaitable[Found]]:
        async def bound(actor: Actor, asked: Asked) -> Found:
            async def once() -> Found:
                async with self._database.statements.session() as session:
                    books = SqlLifeReader(session, actor.city)
                    return await use_case(asked, books=books, actor=actor, now=self._clock())

            return await through(once)

        return bound


def unasked(city: City, route: str) -> Call[Any]:
    """The system's own call."""
    return Call(city, Actor(SYSTEM, city, frozenset({Role.OPERATOR})), route, "", "", route, "", _unasked)


def _unasked(outcome: Any) -> Answer:
    """Nobody waits for an answer; but work that could not be done must come again."""
    if isinstance(outcome, Refusal) and outcome.reason is NotAnswerable.IN_FLIGHT:
        raise Unavailable("somebody was quicker, several times")
    return NOTHING


def _done_or_refused(outcome: Any) -> Answer:
    done = _unasked(outcome)
    return Answer(409, "", "") if isinstance(outcome, Refusal) else done
