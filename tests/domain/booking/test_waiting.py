"""Who waits, what is offered to whom, and for how long."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from domain.booking.bookings import BookingId, Grant, Payer, State
from domain.booking.holds import NotBookable
from domain.booking.resources import Service
from domain.booking.sharing import Sharing, SharingWindow
from domain.booking.waiting import (
    LOOKED_AGAIN,
    EntryState,
    JoinWaitlist,
    NotWaiting,
    Term,
    TimedOffer,
    WaitlistDeclined,
    WaitlistEnded,
    WaitlistEntry,
    WaitlistEntryId,
    WaitlistJoined,
    WaitlistLapsed,
    WaitlistLookedAt,
    WaitlistOffered,
    WaitlistWithdrawn,
    accepted,
    close,
    decline,
    is_protected,
    is_too_near,
    join,
    looked_at,
    offer,
    offered_to,
    term_of,
    withdraw,
)
from domain.cities.booking import WaitlistSettings
from domain.identity import Role
from domain.periods import Period
from domain.quiet_hours import QuietHours
from domain.refusals import Refusal
from tests.examples import BERLIN, NOON, a_booking, a_pool_car, a_resource, an_actor, an_id, an_order, hours, minutes

ZONE = ZoneInfo(BERLIN)
NOW = NOON - hours(6)
ADA, BEN = an_actor("ada", Role.RESIDENT), an_actor("ben", Role.RESIDENT)
POINT = a_resource()
TAKEN = Refusal(NotBookable.TAKEN)
CITY = WaitlistSettings(offer_min=60, most_entries=2)
COMMAND = JoinWaitlist(WaitlistEntryId(an_id("entry")), Service.CHARGING, an_order(POINT))
FREE = Grant(a_booking(State.HELD, POINT), Period(NOON, NOON + hours(1)), POINT, BERLIN)
TERM = Term(NOW, NOW + hours(1))


def joined(tried: Any = TAKEN, own: tuple[WaitlistEntry, ...] = (), command: JoinWaitlist = COMMAND) -> Any:
    return join(command, tried, own, settings=CITY, actor=ADA, now=NOW)


def waiting(**changes: Any) -> WaitlistEntry:
    event = joined()
    assert isinstance(event, WaitlistJoined)
    return replace(event.entry, **changes)


def offered(term: Term = TERM) -> WaitlistEntry:
    event = offer(waiting(), FREE, term, NOW)
    assert isinstance(event, WaitlistOffered)
    return event.entry


def test_whoever_is_refused_waits_at_the_end_of_the_line() -> None:
    entry = waiting()
    assert (entry.state, entry.joined_at, entry.looked_at_again) == (EntryState.WAITING, NOW, NOW)
    assert entry.order(BookingId(an_id("again"))) == replace(COMMAND.order, booking_id=BookingId(an_id("again")))


@pytest.mark.parametrize(
    ("tried", "reason"),
    [
        (FREE, NotWaiting.STILL_AVAILABLE),
        (Refusal(NotBookable.PERIOD_TOO_LONG, "/end"), NotBookable.PERIOD_TOO_LONG),
        (Refusal(NotBookable.NOT_ELIGIBLE), NotBookable.NOT_ELIGIBLE),
        (Refusal(NotBookable.TOO_MANY_BOOKINGS), NotBookable.TOO_MANY_BOOKINGS),
    ],
)
def test_nobody_waits_for_what_can_be_had_or_never_can(tried: Any, reason: Any) -> None:
    assert joined(tried).reason is reason


def test_a_person_waits_once_for_the_same_time_and_for_so_many_in_all() -> None:
    same, later = waiting(), waiting(start=NOON + hours(1), end=NOON + hours(2))
    other = waiting(service=Service.FLEET)
    assert joined(own=(same,)) == Refusal(NotWaiting.ALREADY_WAITING, "/start")
    assert isinstance(joined(own=(later,)), WaitlistJoined)
    assert isinstance(joined(own=(other,)), WaitlistJoined)
    assert joined(own=(later, other)) == Refusal(NotWaiting.TOO_MANY_ENTRIES)


def test_what_is_free_is_claimed_until_the_offer_ends_and_what_is_not_is_looked_at_again() -> None:
    made = TimedOffer(POINT.id, Period(NOON, NOON + hours(1)), NOW, TERM)
    assert offered() == waiting(state=EntryState.OFFERED, offer=made, looked_at_again=None)
    later = WaitlistLookedAt(waiting(looked_at_again=NOW + LOOKED_AGAIN))
    assert offer(waiting(), TAKEN, TERM, NOW) == later
    assert looked_at(waiting(), NOW) == later


def test_an_offer_is_its_holders_and_lasts_to_its_end() -> None:
    entry, last = offered(), TERM.until - minutes(1)
    assert offered_to(ADA, entry, last) == entry
    assert offered_to(BEN, entry, last) == Refusal(NotWaiting.UNKNOWN_ENTRY)
    assert offered_to(ADA, None, last) == Refusal(NotWaiting.UNKNOWN_ENTRY)
    assert offered_to(ADA, waiting(), last) == Refusal(NotWaiting.NOTHING_OFFERED)
    assert offered_to(ADA, entry, TERM.until) == Refusal(NotWaiting.OFFER_OVER)
    booked = accepted(entry, BookingId(an_id("booking")), last).entry
    assert (booked.state, booked.booking_id, booked.settled_at) == (EntryState.ACCEPTED, an_id("booking"), last)
    assert offered_to(ADA, booked, last) == Refusal(NotWaiting.OFFER_OVER)


def test_what_is_declined_or_withdrawn_is_settled_once() -> None:
    entry = offered()
    gone = decline(ADA, entry, NOW)
    assert isinstance(gone, WaitlistDeclined)
    assert withdraw(ADA, gone.entry, NOW) == gone.entry
    assert isinstance(withdraw(ADA, entry, NOW), WaitlistWithdrawn)
    assert withdraw(BEN, entry, NOW) == Refusal(NotWaiting.UNKNOWN_ENTRY)
    assert close(gone.entry, NOON) is None


def test_the_clock_ends_an_offer_and_the_waiting() -> None:
    assert close(waiting(), NOON - minutes(1)) is None
    assert isinstance(close(waiting(), NOON), WaitlistEnded)
    assert close(offered(), TERM.until - minutes(1)) is None
    assert isinstance(close(offered(), TERM.until), WaitlistLapsed)
    assert isinstance(close(offered(Term(NOW, NOON)), NOON), WaitlistEnded)


def test_work_comes_first_in_the_time_that_its_pool_has_for_itself() -> None:
    sharing = Sharing((SharingWindow(from_="17:00", to="07:00"),), BERLIN)
    booking = replace(FREE.booking, payer=Payer.COST_CENTRE)
    shared = replace(FREE, booking=booking, resource=a_pool_car(shared=True, sharing=sharing))
    evening = replace(booking, start=NOON + hours(6), end=NOON + hours(7))
    assert is_protected(shared)
    assert not is_protected(replace(shared, booking=evening))
    assert not is_protected(replace(shared, booking=replace(booking, payer=Payer.SELF)))
    assert is_protected(replace(shared, booking=evening, resource=a_pool_car()))


def at(clock: str, day: int = 3) -> datetime:
    """By the clock of the city, on a day of June."""
    return datetime.fromisoformat(f"2030-06-{day:02}T{clock}").replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "start", "told_from", "until"),
    [
        (at("10:00"), at("18:00"), at("10:00"), at("11:00")),
        (at("16:00"), at("18:00"), at("16:00"), at("16:30")),
        (at("17:40"), at("18:00"), at("17:40"), at("17:45")),
        (at("21:30"), at("18:00", 4), at("21:30"), at("08:00", 4)),
        (at("23:30"), at("18:00", 4), at("07:00", 4), at("08:00", 4)),
        (at("23:30"), at("09:00", 4), at("07:00", 4), at("07:30", 4)),
        (at("23:30"), at("08:59", 4), at("23:30"), at("00:30", 4)),
        (at("05:00", 4), at("06:00", 4), at("05:00", 4), at("05:15", 4)),
    ],
    ids=["an hour", "a quarter", "the least", "over night", "in the morning", "less then", "too near", "now or never"],
)
def test_an_offer_lasts_less_as_the_start_comes_near_and_nobody_is_woken_for_it(
    now: datetime, start: datetime, told_from: datetime, until: datetime
) -> None:
    assert term_of(start, now, CITY, QuietHours(), ZONE) == Term(told_from, until)


def test_nothing_is_offered_in_the_last_minutes_and_without_quiet_hours_any_hour_is_as_good() -> None:
    assert [is_too_near(NOON, NOON - minutes(before)) for before in (9, 10)] == [True, False]
    assert term_of(at("18:00", 4), at("23:30"), CITY, None, ZONE) == Term(at("23:30"), at("00:30", 4))


def test_an_offer_always_ends_before_the_start_and_never_in_a_night_that_leaves_time_after_it() -> None:
    for now in (NOON + minutes(step) for step in range(0, 1440, 95)):
        for ahead in range(10, 3000, 83):
            start = now + minutes(ahead)
            term = term_of(start, now, CITY, QuietHours(), ZONE)
            assert now <= term.told_from < term.until < start
            night = QuietHours().around(term.until, ZONE)
            assert night is None or start - night.end < hours(2)
