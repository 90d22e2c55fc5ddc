"""When a holder is written to: days are in June, when Braunschweig's clock is two hours ahead of UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, ReasonCode, State
from domain.booking.resources import Service
from domain.cities.notices import NoticeSettings
from domain.notices.occasions import ONCE, OPTIONAL, URGENT, Occasion
from domain.notices.planning import Reminder, Unsent, again, not_before, outdated, reaches_guests, upcoming
from domain.periods import Period
from domain.quiet_hours import QuietHours
from tests.examples import NOON, a_booking, a_resource, an_order, hours, minutes

ZONE = ZoneInfo("Europe/Berlin")
EVERY = NoticeSettings()
BOOKED = NOON - hours(48)


def local(written: str, day: int = 3) -> datetime:
    """That time of the clock on a day of June 2030, in UTC."""
    return datetime.fromisoformat(f"2030-06-0{day}T{written}").replace(tzinfo=ZONE).astimezone(UTC)


def mark(at: datetime) -> str:
    return at.isoformat()


def from_to(start: datetime, end: datetime, state: State = State.CONFIRMED, **changes: Any) -> Booking:
    car = a_resource(Service.FLEET)
    return a_booking(state, car, order=an_order(car, period=Period(start, end)), made_at=BOOKED, **changes)


def planned(booking: Booking, now: datetime, settings: NoticeSettings = EVERY) -> tuple[Reminder, ...]:
    return upcoming(booking, settings, ZONE, now)


def test_whoever_has_no_account_is_written_to_only_where_her_station_did_not_begin() -> None:
    given_up, left = [
        replace(a_booking(State.CANCELLED), reason_code=code) for code in (ReasonCode.NO_PLUG, ReasonCode.BY_HOLDER)
    ]
    assert [each for each in Occasion if reaches_guests(each, given_up)] == [Occasion.CANCELLED]
    assert [each for each in Occasion if reaches_guests(each, left)] == []


# -- reminders


def test_a_start_is_reminded_of_an_hour_before() -> None:
    booking = from_to(NOON, NOON + hours(2))
    assert planned(booking, BOOKED) == (Reminder(Occasion.START_NEAR, mark(NOON), NOON - hours(1)),)


def test_an_end_is_reminded_of_half_an_hour_before() -> None:
    booking, end = from_to(NOON, NOON + hours(2), State.IN_USE), NOON + hours(2)
    assert planned(booking, NOON) == (Reminder(Occasion.END_NEAR, mark(end), end - minutes(30)),)


def test_whoever_books_within_the_hour_is_not_reminded() -> None:
    assert planned(from_to(NOON, NOON + hours(2)), NOON - hours(1)) == ()
    assert len(planned(from_to(NOON, NOON + hours(2)), NOON - hours(1) - timedelta(microseconds=1))) == 1


@pytest.mark.parametrize(
    ("state", "settings"),
    [
        (State.CONFIRMED, NoticeSettings(before_start_min=None)),
        (State.IN_USE, NoticeSettings(before_end_min=None)),
        (State.HELD, EVERY),
        (State.COMPLETED, EVERY),
        (State.CANCELLED, EVERY),
    ],
)
def test_of_other_bookings_nobody_is_reminded(state: State, settings: NoticeSettings) -> None:
    assert planned(from_to(NOON, NOON + hours(2), state), NOON - hours(3), settings) == ()


def test_a_lease_has_no_last_half_hour() -> None:
    bike = a_resource(Service.BIKE_LEASING)
    assert planned(a_booking(State.CONFIRMED, bike, order=an_order(bike)), BOOKED) == ()


def test_a_reminder_in_the_night_comes_in_the_morning_where_that_is_in_time() -> None:
    booking = from_to(local("07:30"), local("09:00"))
    assert planned(booking, BOOKED) == (Reminder(Occasion.START_NEAR, mark(local("07:30")), local("07:00")),)


def test_a_reminder_that_cannot_wait_for_the_morning_comes_in_the_evening() -> None:
    booking, evening = from_to(local("06:30"), local("09:00")), local("22:00", day=2)
    assert planned(booking, BOOKED) == (Reminder(Occasion.START_NEAR, mark(local("06:30")), evening),)


def test_a_quarter_of_an_hour_is_the_shortest_reminder() -> None:
    in_time, too_late = from_to(local("07:15"), local("09:00")), from_to(local("07:14"), local("09:00"))
    assert [each.at for each in planned(in_time, BOOKED)] == [local("07:00")]
    assert [each.at for each in planned(too_late, BOOKED)] == [local("22:00", day=2)]


def test_whoever_books_in_the_night_for_the_early_morning_is_not_reminded() -> None:
    booking, wanted = from_to(local("06:30"), local("09:00")), local("05:30")
    assert planned(booking, local("23:00", day=2)) == (
        Reminder(Occasion.START_NEAR, mark(local("06:30")), wanted, Unsent.QUIET_HOURS),
    )


def test_without_quiet_hours_reminders_come_at_any_hour() -> None:
    booking = from_to(local("06:30"), local("09:00"))
    assert [each.at for each in planned(booking, BOOKED, NoticeSettings(quiet=None))] == [local("05:30")]


def test_an_hour_before_is_an_hour_on_the_night_when_the_clock_jumps() -> None:
    """Half past three on 31 March 2030 is half an hour after half past one; nobody sleeps between one and two here."""
    settings = NoticeSettings(quiet=QuietHours("22:00", "01:00"))
    start = datetime(2030, 3, 31, 3, 30, tzinfo=ZONE).astimezone(UTC)
    (reminder,) = planned(from_to(start, start + hours(2)), start - hours(9), settings)
    assert reminder.at.astimezone(ZONE).isoformat() == "2030-03-31T01:30:00+01:00"
    assert start - reminder.at == hours(1)


# -- who is late


def test_whoever_is_over_is_warned_after_five_minutes_at_any_hour() -> None:
    over = from_to(local("20:00"), local("23:00"), State.IN_USE, overdue_until=local("23:15"))
    warned = Reminder(Occasion.LATE, mark(local("23:00")), local("23:05"))
    assert planned(over, local("22:59")) == (warned,)
    assert planned(over, local("23:20")) == (replace(warned, at=local("23:20")),)
    assert planned(over, local("23:20"), NoticeSettings(late_after_min=None)) == ()


def test_a_use_that_may_still_end_in_time_is_not_late() -> None:
    """Somebody comes right after it, so it was looked at before its end and could not be prolonged."""
    over = from_to(local("10:00"), local("11:00"), State.IN_USE, overdue_until=local("11:00"))
    assert planned(over, local("10:59")) == ()


# -- what waits for the end of the quiet hours


@pytest.mark.parametrize("occasion", sorted(URGENT))
def test_what_is_urgent_never_waits(occasion: Occasion) -> None:
    booking, night = from_to(NOON, NOON + hours(2)), local("03:00")
    assert not_before(occasion, booking, EVERY, ZONE, night) == night


@pytest.mark.parametrize("occasion", sorted(set(Occasion) - URGENT))
def test_everything_else_waits_for_the_morning(occasion: Occasion) -> None:
    booking = from_to(NOON, NOON + hours(2))
    assert not_before(occasion, booking, EVERY, ZONE, local("03:00")) == local("07:00")
    assert not_before(occasion, booking, EVERY, ZONE, local("21:00")) == local("21:00")


@pytest.mark.parametrize(
    ("start", "sent"), [("09:00", "07:00"), ("08:59", "03:00"), ("06:00", "03:00"), ("23:00", "07:00")]
)
def test_a_swap_right_before_the_start_does_not_wait(start: str, sent: str) -> None:
    booking = from_to(local(start), local(start) + hours(1))
    assert not_before(Occasion.SWAPPED, booking, EVERY, ZONE, local("03:00")) == local(sent)


def test_an_approval_waits_only_as_long_as_there_is_time_to_pay() -> None:
    booking = from_to(NOON, NOON + hours(2), State.HELD, hold_expires_at=local("09:00"))
    approved = Occasion.APPROVED, booking, EVERY, ZONE, local("03:00")
    assert not_before(*approved) == local("07:00")
    soon = replace(booking, hold_expires_at=local("08:59"))
    assert not_before(Occasion.APPROVED, soon, EVERY, ZONE, local("03:00")) == local("03:00")


def test_a_refused_hold_is_told_while_there_is_time_to_pay_otherwise() -> None:
    live = from_to(local("11:00"), local("12:00"))
    assert not_before(Occasion.PAYMENT_FAILED, live, EVERY, ZONE, local("03:00")) == local("07:00")
    sooner = from_to(local("10:59"), local("12:00"))
    assert not_before(Occasion.PAYMENT_FAILED, sooner, EVERY, ZONE, local("03:00")) == local("03:00")
    over = from_to(local("01:00"), local("02:00"), State.COMPLETED)
    assert not_before(Occasion.PAYMENT_FAILED, over, EVERY, ZONE, local("03:00")) == local("07:00")


@pytest.mark.parametrize("occasion", [Occasion.NOT_USED, Occasion.REMINDED])
def test_what_is_over_can_wait(occasion: Occasion) -> None:
    over = from_to(local("01:00"), local("02:00"), State.NO_SHOW)
    assert not_before(occasion, over, EVERY, ZONE, local("03:00")) == local("07:00")


@pytest.mark.parametrize(
    ("night", "morning"),
    [
        ("2030-03-31T00:30:00+00:00", "2030-03-31T05:00:00+00:00"),
        ("2030-10-27T00:30:00+00:00", "2030-10-27T06:00:00+00:00"),
    ],
)
def test_seven_is_seven_on_both_nights_when_the_clock_jumps(night: str, morning: str) -> None:
    start = datetime(2030, 12, 1, 12, tzinfo=UTC)
    booking = from_to(start, start + hours(1))
    sent = not_before(Occasion.SWAPPED, booking, EVERY, ZONE, datetime.fromisoformat(night))
    assert sent == datetime.fromisoformat(morning)


# -- what is no longer true when its time comes


@pytest.mark.parametrize(
    ("occasion", "state", "now", "unsent"),
    [
        (Occasion.START_NEAR, State.CONFIRMED, NOON - hours(1), None),
        (Occasion.START_NEAR, State.CONFIRMED, NOON, Unsent.TOO_LATE),
        (Occasion.START_NEAR, State.IN_USE, NOON - hours(1), Unsent.NO_LONGER_TRUE),
        (Occasion.START_NEAR, State.CANCELLED, NOON - hours(1), Unsent.BOOKING_OVER),
        (Occasion.END_NEAR, State.IN_USE, NOON + hours(1), None),
        (Occasion.END_NEAR, State.IN_USE, NOON + hours(2), Unsent.TOO_LATE),
        (Occasion.END_NEAR, State.COMPLETED, NOON + hours(1), Unsent.BOOKING_OVER),
        (Occasion.LATE, State.IN_USE, NOON + hours(3), None),
        (Occasion.LATE, State.COMPLETED, NOON + hours(3), Unsent.BOOKING_OVER),
        (Occasion.CONFIRMED, State.CANCELLED, NOON, None),
    ],
)
def test_a_reminder_is_true_only_as_long_as_there_is_something_to_remind_of(
    occasion: Occasion, state: State, now: datetime, unsent: Unsent | None
) -> None:
    booking = from_to(NOON, NOON + hours(2), state)
    about = mark(NOON if occasion is Occasion.START_NEAR else NOON + hours(2))
    assert outdated(occasion, about, booking, now) is unsent


@pytest.mark.parametrize("occasion", [Occasion.END_NEAR, Occasion.LATE])
def test_a_reminder_of_an_end_that_was_put_off_is_outdated(occasion: Occasion) -> None:
    extended = from_to(NOON, NOON + hours(3), State.IN_USE)
    assert outdated(occasion, mark(NOON + hours(2)), extended, NOON + hours(1)) is Unsent.BOOKING_MOVED


# -- trying again


def test_what_could_not_be_sent_is_tried_again_ever_more_rarely_and_given_up_after_hours() -> None:
    pauses = [again(attempts, NOON) for attempts in range(1, 13)]
    waited = [(at - NOON).total_seconds() for at in pauses if at is not None]
    assert waited == [1, 3, 9, 27, 81, 243, 729, 2187, 3600, 3600, 3600]
    assert pauses[-1] is None


# -- kinds


def test_what_the_law_wants_told_cannot_be_switched_off() -> None:
    """§ 312i BGB: that an order came in; § 356a BGB: that a withdrawal did. And no bill is switched off."""
    told = {Occasion.CONFIRMED, Occasion.CHANGED, Occasion.CANCELLED, Occasion.WITHDRAWN, Occasion.REMINDED}
    assert not OPTIONAL & (told | {Occasion.LATE, Occasion.SWAPPED, Occasion.PAYMENT_FAILED, Occasion.NOT_USED})
    assert not ONCE & OPTIONAL
