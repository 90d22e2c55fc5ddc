"""Every notice is in the log before it is in the mail, and goes out once: whatever crashes, and however often it is asked
for."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec import Struct
from sqlalchemy import insert, update

from adapters.database import tables
from adapters.database.housekeeping import Housekeeping
from adapters.database.notices.log import SqlNoticeLog, due_notices, failed_notices
from adapters.database.notices.reading import SqlNotices
from adapters.mail.composing import composer
from domain.booking.bookings import Booking, BookingId, State
from domain.identity import City
from domain.notices.occasions import Occasion
from domain.periods import Period
from infra.ids import new_id
from services.notices.ports import Message, NoticeDesk
from services.notices.telling import LEASE, deliver, remind, tell
from tests.adapters.jobs.desk import Clock
from tests.adapters.mail.notices import BRAUNSCHWEIG
from tests.database import Databases, SeededCity
from tests.examples import NOON, a_booking, an_order, hours, minutes, person_id

pytestmark = pytest.mark.database
ZONE = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2030, 6, 2, 23, tzinfo=ZONE).astimezone(UTC)
MORNING = datetime(2030, 6, 3, 7, tzinfo=ZONE).astimezone(UTC)
SENT, PLANNED, FAILED = ("sent", None), ("planned", None), ("failed", None)


class Box:
    """Takes letters, or fails with what it is told to."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.fails_with: BaseException | None = None

    async def send(self, message: Message) -> None:
        if self.fails_with is not None:
            raise self.fails_with
        self.letters.append(message)

    @property
    def subjects(self) -> list[str]:
        return [letter.subject.partition(":")[0] for letter in self.letters]


class World(Struct, frozen=True):
    """A city with Ada in it, and a worker whose clock is moved by hand."""

    database: Databases
    seeded: SeededCity
    clock: Clock
    box: Box

    @property
    def city(self) -> City:
        return self.seeded.city

    @property
    def desk(self) -> NoticeDesk:
        log = SqlNoticeLog(self.database.app.transactions, self.clock)
        return NoticeDesk(SqlNotices(self.database.app.statements), log, composer(), self.box, self.clock)

    async def booked(self, state: State = State.CONFIRMED, **changes: Any) -> Booking:
        """From noon until two."""
        point = self.seeded.charge_points[0]
        order = an_order(point, period=Period(NOON, NOON + hours(2)))
        booking = a_booking(state, point, order=order, **changes)
        await self.database.place(self.city, booking, point)
        return booking

    async def becomes(self, booking: Booking, **values: Any) -> None:
        async with self.database.app.transactions.city(self.city) as connection:
            changed = update(tables.bookings).values(**values).filter_by(city=self.city, id=booking.id)
            await connection.execute(changed)

    async def switches_off(self, *kinds: str) -> None:
        async with self.database.app.transactions.city(self.city) as connection:
            await connection.execute(update(tables.persons).values(notices_off=kinds).filter_by(city=self.city))

    async def tell(self, occasion: Occasion, booking: Booking, entry_id: UUID | None = None) -> bool:
        return await tell(occasion, self.city, booking.id, entry_id or new_id(), self.clock(), desk=self.desk)

    async def remind(self, booking: Booking) -> int:
        return await remind(self.city, booking.id, desk=self.desk)

    async def sweep(self, at: datetime) -> None:
        """What the worker sends by the clock, asking twice for each."""
        self.clock.now = at
        due = await due_notices(self.database.relay.statements, at, 1000)
        for city, notice_id in due:
            if city == self.city:
                twice = (deliver(city, notice_id, desk=self.desk) for _ in range(2))
                for done in await asyncio.gather(*twice, return_exceptions=True):
                    if isinstance(done, BaseException):
                        raise done

    async def log(self) -> list[tuple[Any, ...]]:
        """By when it happened: occasion, and what became of it."""
        sql = "SELECT occasion, state, unsent FROM notices WHERE city = :city ORDER BY happened_at, planned_for"
        return [(occasion, (state, unsent)) for occasion, state, unsent in await self.database.rows(self.city, sql)]

    async def heard(self) -> list[str]:
        """What followers of the city's bookings hear."""
        sql = "SELECT action FROM audit WHERE city = :city ORDER BY at"
        return [action for (action,) in await self.database.rows(self.city, sql)]


@pytest.fixture
async def world(database: Databases) -> World:
    seeded = await database.new_city()
    async with database.app.transactions.city(seeded.city) as connection:
        settings = msgspec.to_builtins(BRAUNSCHWEIG)
        await connection.execute(update(tables.cities).values(settings=settings).filter_by(city=seeded.city))
        ada = {"id": person_id("ada"), "email": "ada@example.org", "language": "de", "made_at": NOON}
        await connection.execute(insert(tables.persons).values(city=seeded.city, **ada))
    return World(database, seeded, Clock(NOON - hours(5)), Box())


# -- once


async def test_what_is_told_is_in_the_log(world: World) -> None:
    booking, entry = await world.booked(), new_id()
    assert await world.tell(Occasion.CONFIRMED, booking, entry)
    rows = await world.database.rows(
        world.city,
        """SELECT id, booking_id, person_id, occasion, about, happened_at, dated, planned_for, state, unsent, attempts, due_at,
          failure, settled_at FROM notices WHERE city = :city""",
    )
    now = world.clock()
    confirmed = (entry, booking.id, booking.holder_id, "confirmed", "", now, now, now)
    assert rows == [(*confirmed, "sent", None, 1, None, None, now)]
    assert [(letter.id, letter.to) for letter in world.box.letters] == [(entry, "ada@example.org")]


async def test_what_is_asked_for_many_times_at_once_goes_out_once(world: World) -> None:
    booking, entry = await world.booked(), new_id()
    told = await asyncio.gather(*(world.tell(Occasion.CHANGED, booking, entry) for _ in range(6)))
    assert sorted(told) == [False] * 5 + [True]
    assert world.box.subjects == ["Buchung geändert"]


async def test_what_happens_to_a_booking_once_is_told_once_whoever_says_so(world: World) -> None:
    booking = await world.booked(State.CANCELLED)
    assert [await world.tell(Occasion.CANCELLED, booking) for _ in range(2)] == [True, False]
    assert await world.log() == [("cancelled", SENT)]


async def test_every_change_is_told(world: World) -> None:
    booking = await world.booked()
    for _ in range(2):
        assert await world.tell(Occasion.CHANGED, booking)
        world.clock.forward(minutes(1))
    assert world.box.subjects == ["Buchung geändert"] * 2


async def test_a_worker_that_ends_while_it_sends_leaves_it_to_another(world: World) -> None:
    booking = await world.booked()
    world.box.fails_with = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await world.tell(Occasion.CONFIRMED, booking)
    world.box.fails_with = None
    begun = world.clock()
    await world.sweep(begun + LEASE - timedelta(seconds=1))
    assert (world.box.letters, await world.log()) == ([], [("confirmed", PLANNED)])
    await world.sweep(begun + LEASE)
    assert (world.box.subjects, await world.log()) == (["Buchung bestätigt"], [("confirmed", SENT)])


async def test_a_worker_that_ends_each_time_is_not_sent_for_ever(world: World) -> None:
    booking = await world.booked()
    world.box.fails_with = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await world.tell(Occasion.CONFIRMED, booking)
    for _ in range(11):
        with pytest.raises(asyncio.CancelledError):
            await world.sweep(world.clock() + LEASE)
    await world.sweep(world.clock() + LEASE)
    assert await world.log() == [("confirmed", FAILED)]


# -- failing


async def test_what_cannot_be_sent_is_tried_again_later_each_time_and_given_up(world: World) -> None:
    booking = await world.booked()
    world.box.fails_with = OSError("ada@example.org is unknown here")
    with pytest.raises(OSError, match="unknown"):
        await world.tell(Occasion.CONFIRMED, booking)
    waited = []
    for _ in range(11):
        ((due_at, failure),) = await world.database.rows(
            world.city, "SELECT due_at, failure FROM notices WHERE city = :city"
        )
        waited.append((due_at - world.clock()).total_seconds())
        assert failure == "OSError"  # an error's words may name a person
        await world.sweep(due_at - timedelta(microseconds=1))
        with pytest.raises(OSError, match="unknown"):
            await world.sweep(due_at)
    assert waited == [1, 3, 9, 27, 81, 243, 729, 2187, 3600, 3600, 3600]
    assert await world.log() == [("confirmed", FAILED)]
    async with world.database.relay.statements.session() as session:
        lately, long_after = [await failed_notices(session, world.clock() + timedelta(days=days)) for days in (7, 8)]
    assert lately > long_after


async def test_a_mail_server_that_comes_back_gets_what_waited(world: World) -> None:
    booking = await world.booked()
    world.box.fails_with = OSError()
    with pytest.raises(OSError):  # noqa: PT011 - without words
        await world.tell(Occasion.CONFIRMED, booking)
    world.box.fails_with = None
    await world.sweep(world.clock() + timedelta(seconds=1))
    assert (world.box.subjects, await world.log()) == (["Buchung bestätigt"], [("confirmed", SENT)])


# -- what is not true any more


async def test_a_confirmation_that_a_cancellation_overtook_is_skipped_and_the_log_says_why(world: World) -> None:
    booking = await world.booked(State.CANCELLED)
    assert not await world.tell(Occasion.CONFIRMED, booking)
    assert (world.box.letters, await world.log()) == ([], [("confirmed", ("skipped", "booking_over"))])


@pytest.mark.parametrize("occasion", [Occasion.NOT_APPROVED, Occasion.PAID_TOO_LATE, Occasion.PAYMENT_FAILED])
async def test_what_was_never_to_be_told_is_not_in_the_log(world: World, occasion: Occasion) -> None:
    assert not await world.tell(occasion, await world.booked(State.CANCELLED))
    assert await world.log() == []


async def test_whoever_was_erased_meanwhile_is_not_written_to(world: World) -> None:
    booking = await world.booked()
    await world.remind(booking)
    async with world.database.app.transactions.city(world.city) as connection:
        await connection.execute(update(tables.persons).values(email=None, erased_at=NOON).filter_by(city=world.city))
    await world.sweep(NOON - hours(1))
    assert (world.box.letters, await world.log()) == ([], [("start_near", ("skipped", "no_address"))])


# -- the night


async def test_what_can_wait_is_sent_in_the_morning_and_dated_so(world: World) -> None:
    world.clock.now = NIGHT
    booking = await world.booked()
    assert not await world.tell(Occasion.SWAPPED, booking)
    await world.sweep(MORNING - timedelta(seconds=1))
    assert (world.box.letters, await world.log()) == ([], [("swapped", PLANNED)])
    await world.sweep(MORNING)
    assert [(letter.subject.partition(":")[0], letter.written_at) for letter in world.box.letters] == [
        ("Anderer Ladepunkt", MORNING)
    ]


async def test_what_is_urgent_is_sent_in_the_night(world: World) -> None:
    world.clock.now = NIGHT
    assert await world.tell(Occasion.CHANGED, await world.booked())


async def test_of_two_swaps_in_a_night_the_last_is_told(world: World) -> None:
    booking = await world.booked()
    world.clock.now = NIGHT
    for _ in range(2):
        await world.tell(Occasion.SWAPPED, booking)
        world.clock.forward(minutes(5))
    await world.sweep(MORNING)
    assert world.box.subjects == ["Anderer Ladepunkt"]
    assert await world.log() == [("swapped", ("skipped", "superseded")), ("swapped", SENT)]


async def test_what_fails_into_the_night_waits_for_the_morning_with_all_its_attempts(world: World) -> None:
    booking = await world.booked()
    world.clock.now = datetime(2030, 6, 2, 21, 59, 59, tzinfo=ZONE).astimezone(UTC)
    world.box.fails_with = OSError()
    with pytest.raises(OSError):  # noqa: PT011 - without words
        await world.tell(Occasion.SWAPPED, booking)
    await world.sweep(world.clock() + timedelta(seconds=1))
    rows = await world.database.rows(world.city, "SELECT state, due_at, attempts FROM notices WHERE city = :city")
    assert rows == [("planned", MORNING, 0)]
    world.box.fails_with = None
    await world.sweep(MORNING)
    assert await world.log() == [("swapped", SENT)]


# -- reminders


async def test_a_reminder_is_sent_when_its_time_comes_and_followers_hear_of_it(world: World) -> None:
    booking = await world.booked()
    assert [await world.remind(booking) for _ in range(2)] == [1, 1]
    await world.sweep(NOON - hours(1) - timedelta(seconds=1))
    assert (world.box.letters, await world.log(), await world.heard()) == ([], [("start_near", PLANNED)], [])
    for _ in range(2):
        await world.sweep(NOON - hours(1))
    assert (world.box.subjects, await world.log()) == (["Beginnt bald"], [("start_near", SENT)])
    assert await world.heard() == ["booking.start_near"]


async def test_followers_hear_once_of_a_reminder_that_the_mail_server_does_not_take(world: World) -> None:
    await world.remind(await world.booked())
    world.box.fails_with = OSError()
    for after in (0, 1):
        with pytest.raises(OSError):  # noqa: PT011 - without words
            await world.sweep(NOON - hours(1) + timedelta(seconds=after))
    assert await world.heard() == ["booking.start_near"]


async def test_a_cancelled_booking_is_not_reminded_of(world: World) -> None:
    booking = await world.booked()
    await world.remind(booking)
    await world.becomes(booking, state="cancelled")
    await world.sweep(NOON - hours(1))
    assert (world.box.letters, await world.log()) == ([], [("start_near", ("skipped", "booking_over"))])
    assert await world.heard() == []


async def test_an_extended_use_is_reminded_of_its_new_end_only(world: World) -> None:
    booking, end = await world.booked(State.IN_USE), NOON + hours(2)
    world.clock.now = NOON
    await world.remind(booking)
    await world.becomes(booking, ends=end + hours(1))
    await world.remind(booking)
    await world.sweep(end - minutes(30))
    await world.sweep(end + minutes(30))
    assert world.box.subjects == ["Endet bald"]
    assert "17:00 Uhr" in world.box.letters[0].subject
    assert await world.log() == [("end_near", ("skipped", "booking_moved")), ("end_near", SENT)]


async def test_a_shortened_use_is_reminded_of_its_new_end_only(world: World) -> None:
    booking, end = await world.booked(State.IN_USE), NOON + hours(2)
    world.clock.now = NOON
    await world.remind(booking)
    await world.becomes(booking, ends=end - hours(1))
    await world.remind(booking)
    await world.sweep(end - minutes(90))
    await world.sweep(end - minutes(30))
    assert await world.log() == [("end_near", SENT), ("end_near", ("skipped", "booking_moved"))]


async def test_whoever_is_late_is_warned_and_whoever_came_back_is_not(world: World) -> None:
    booking, end = await world.booked(State.IN_USE), NOON + hours(2)
    world.clock.now = end - minutes(1)
    await world.becomes(booking, overdue_until=end + minutes(15))
    await world.remind(booking)
    await world.sweep(end + minutes(5))
    assert (world.box.subjects, await world.heard()) == (["Bitte zurückgeben"], ["booking.late"])

    await world.becomes(booking, ends=end + hours(1), overdue_until=end + hours(2))
    await world.remind(booking)
    await world.becomes(booking, state="completed")
    await world.sweep(end + hours(2))
    assert await world.log() == [("late", SENT), ("late", ("skipped", "booking_over"))]


async def test_a_reminder_that_no_good_time_is_left_for_is_in_the_log(world: World) -> None:
    world.clock.now = NIGHT
    point = world.seeded.charge_points[0]
    early = Period(MORNING - minutes(30), MORNING)
    booking = a_booking(State.CONFIRMED, point, order=an_order(point, period=early))
    await world.database.place(world.city, booking, point)
    await world.remind(booking)
    assert await world.log() == [("start_near", ("skipped", "quiet_hours"))]


async def test_of_a_booking_that_is_not_there_nobody_is_reminded(world: World) -> None:
    assert await remind(world.city, BookingId(uuid5(new_id(), "nobody's")), desk=world.desk) == 0


# -- what one does without


async def test_what_is_switched_off_is_not_sent_and_the_log_says_so(world: World) -> None:
    booking = await world.booked()
    await world.switches_off("start_near", "assigned")
    assert not await world.tell(Occasion.ASSIGNED, booking)
    assert await world.tell(Occasion.CONFIRMED, booking)
    await world.remind(booking)
    await world.sweep(NOON - hours(1))
    assert world.box.subjects == ["Buchung bestätigt"]
    assert dict(await world.log()) == {
        "assigned": ("skipped", "switched_off"),
        "confirmed": SENT,
        "start_near": ("skipped", "switched_off"),
    }
    assert await world.heard() == []


async def test_what_is_switched_off_in_time_is_not_sent_any_more(world: World) -> None:
    await world.remind(await world.booked())
    await world.switches_off("start_near")
    await world.sweep(NOON - hours(1))
    assert (world.box.letters, await world.log()) == ([], [("start_near", ("skipped", "switched_off"))])


# -- how long it is kept


async def test_a_log_is_kept_for_a_year(world: World) -> None:
    await world.tell(Occasion.CONFIRMED, await world.booked())
    house = Housekeeping(world.database.relay.statements)
    await house.forget(world.clock() + timedelta(days=365))
    assert len(await world.log()) == 1
    while await house.forget(world.clock() + timedelta(days=365, microseconds=1)):
        pass
    assert await world.log() == []
