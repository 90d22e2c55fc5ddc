"""Bookings without a set end: how far ahead they are claimed, what a notice brings, and when the city gives one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, Readings, State
from domain.booking.changing import Following, Surroundings, extend, shorten
from domain.booking.events import AlreadyThere, BookingFinished, BookingWithdrawn, NotPossible
from domain.booking.extensions import BookingRolled, NoticeGiven
from domain.booking.invoicing import billed
from domain.booking.life import finish
from domain.booking.open_ended import NoticeBy, SubscriptionPolicy
from domain.booking.publishing import policy_faults
from domain.booking.resources import Resource, Service
from domain.booking.subscribing import earliest_end, give_notice, roll, rolls_at, without_set_end
from domain.booking.withdrawing import withdraw
from domain.identity import City
from domain.invoicing.invoices import Why
from domain.periods import Period
from domain.refusals import Refusal
from tests.examples import BERLIN, LEASE_POLICY, TARIFFS, a_booking, a_payment, a_resource, an_id, an_order, euros

BIKE = a_resource(Service.BIKE_LEASING)
POLICY = replace(LEASE_POLICY, max_duration_s=1827 * 86400)
HERE = City("braunschweig")


def on(month: int, day: int = 31, hour: int = 9, year: int = 2027) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


START = on(1)  # ten in the morning in Berlin, on the last day of a month


def a_subscription(state: State = State.IN_USE, start: datetime = START) -> Booking:
    """For three months at least, with a month's notice."""
    agreed = without_set_end(POLICY, BERLIN)
    assert agreed is not None
    order = an_order(BIKE, period=Period(start, agreed.claimed_at_first(start)))
    made = a_booking(state, BIKE, order=order, made_at=start - timedelta(days=1))
    latest = start + timedelta(seconds=POLICY.max_duration_s)
    return replace(made, terms=replace(made.terms, subscription=agreed, latest_end=latest))


def around(booking: Booking, bike: Resource = BIKE, **changes: Any) -> Surroundings:
    found = Surroundings(bike, BERLIN, TARIFFS[Service.BIKE_LEASING], POLICY, booking.end, None)
    return replace(found, **changes)


def test_a_bike_is_claimed_for_the_minimum_term_and_the_notice_and_then_for_a_month_more_each_month() -> None:
    booking = a_subscription()
    assert (booking.end, rolls_at(booking)) == (on(5, hour=8), on(4, 30, hour=8))
    assert roll(booking, around(booking), on(4, 30, hour=7)) == AlreadyThere(booking)

    rolled = roll(booking, around(booking), on(4, 30, hour=8))

    assert isinstance(rolled, BookingRolled)
    after = rolled.booking
    assert (after.end, rolled.claimed_until, after.version) == (on(6, 30, hour=8), on(6, 30, hour=8), 4)
    assert (after.quote.total, after.quote.due_now) == (euros("145.00"), euros("29.00"))
    assert rolls_at(after) == on(5, hour=8)
    assert roll(after, around(after), on(4, 30, hour=8)) == AlreadyThere(after)


def test_whoever_slept_for_three_months_makes_up_for_them_at_once() -> None:
    booking = a_subscription()
    rolled = roll(booking, around(booking), on(7, 31, hour=12))
    assert isinstance(rolled, BookingRolled)
    assert rolled.booking.end == on(9, 30, hour=8)


@pytest.mark.parametrize(
    ("given_at", "ends"),
    [
        (on(2, 1), on(4, 30, hour=8)),  # long before the minimum term is over
        (on(3, 30, hour=8), on(4, 30, hour=8)),  # a month before it is over, to the hour
        (on(3, 31, hour=9), on(5, 31, hour=8)),
        (on(4, 29), on(5, 31, hour=8)),
    ],
)
def test_a_notice_ends_it_with_a_month_of_its_own_after_the_minimum_term(given_at: datetime, ends: datetime) -> None:
    booking = a_subscription()
    noticed = give_notice(booking, around(booking), NoticeBy.HOLDER, given_at)
    assert isinstance(noticed, NoticeGiven)
    assert (noticed.booking.end, noticed.claimed_until) == (ends, ends)
    assert rolls_at(noticed.booking) is None
    assert give_notice(noticed.booking, around(noticed.booking), NoticeBy.CITY, ends) == AlreadyThere(noticed.booking)


@given(start=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)), days=st.integers(0, 900))  # noqa: DTZ001 - made aware below
def test_what_is_claimed_always_lasts_as_long_as_a_notice_takes(start: datetime, days: int) -> None:
    """Whenever somebody thinks of it, and however the months fall, once the clock has done its work."""
    booking = a_subscription(start=start.replace(tzinfo=UTC))
    now = booking.start + timedelta(days=days)
    rolled = roll(booking, around(booking), now)
    after = rolled.booking if isinstance(rolled, BookingRolled | AlreadyThere) else booking
    agreed = after.terms.subscription
    assert agreed is not None
    ends = earliest_end(agreed, after.period, now)
    least = max(agreed.after(booking.start, 3), agreed.after(now, 1))
    assert least <= ends <= after.end
    assert ends - least < timedelta(days=32)


def test_the_city_gives_notice_only_where_somebody_else_was_promised_what_comes_then() -> None:
    booking, now = a_subscription(), on(4, 30, hour=8)
    others = Following(on(6, 2), BookingId(an_id("grace's")))
    lapsed = replace(others, lapses_at=now)
    repair = Following(on(6, 2), None)

    noticed = roll(booking, around(booking, following=others), now)
    assert isinstance(noticed, NoticeGiven)
    agreed = noticed.booking.terms.subscription
    assert agreed is not None
    assert agreed.notice is not None
    assert (noticed.booking.end, agreed.notice.by) == (booking.end, NoticeBy.CITY)
    for nobodys in (lapsed, repair, replace(others, start=on(6, 30, hour=8))):
        assert isinstance(roll(booking, around(booking, following=nobodys), now), BookingRolled)
    retired = replace(BIKE, usable_until=on(6, 1))
    assert isinstance(roll(booking, around(booking, retired), now), NoticeGiven)
    full = replace(booking, terms=replace(booking.terms, latest_end=on(6, 1)))
    assert isinstance(roll(full, around(full), now), NoticeGiven)


@pytest.mark.parametrize("state", [State.HELD, State.COMPLETED, State.CANCELLED, State.EXPIRED])
def test_what_nobody_has_rolls_on_no_more(state: State) -> None:
    booking = a_subscription(state)
    for done in (
        roll(booking, around(booking), on(9, 1)),
        give_notice(booking, around(booking), NoticeBy.HOLDER, on(9, 1)),
    ):
        assert done == Refusal(NotPossible.WRONG_STATE)
    lease = replace(booking, terms=replace(booking.terms, subscription=None))
    assert give_notice(lease, around(lease), NoticeBy.HOLDER, on(9, 1)) == Refusal(NotPossible.UNKNOWN_BOOKING)


def test_it_is_neither_extended_nor_shortened_and_given_back_in_its_last_month() -> None:
    booking = a_subscription()
    by_notice = Refusal(NotPossible.ENDS_BY_NOTICE)
    more = extend(booking, on(8, hour=8), around(booking), payments=(), by=booking.holder_id, now=on(2, 1))
    assert more == by_notice
    assert shorten(booking, on(3, hour=8), around(booking), True, on(2, 1)) == by_notice

    def back(of: Booking, now: datetime) -> object:
        return finish(of, BIKE, Readings(), tariff=TARIFFS[Service.BIKE_LEASING], time_zone=BERLIN, now=now)

    assert back(booking, on(5, 30)) == by_notice
    noticed = give_notice(booking, around(booking), NoticeBy.HOLDER, on(2, 1))
    assert isinstance(noticed, NoticeGiven)
    assert back(noticed.booking, on(3, 30)) == by_notice
    assert isinstance(back(noticed.booking, on(3, 31)), BookingFinished)
    assert isinstance(back(replace(booking, problem_open=True), on(2, 2)), BookingFinished)


def test_months_are_billed_as_they_begin_and_none_after_the_end() -> None:
    booking = a_subscription()
    noticed = give_notice(booking, around(booking), NoticeBy.HOLDER, on(2, 1))
    assert isinstance(noticed, NoticeGiven)
    paid = a_payment(booking, captured=2900)
    owed = billed(noticed.booking, [paid], BERLIN, on(12, year=2027))
    assert [(each.why, each.gross, each.later) for each in owed] == [
        (Why.INSTALMENT, euros("29.00"), later) for later in (False, True, True)
    ]


def test_a_withdrawal_costs_the_days_it_was_used_and_only_if_its_holder_wanted_it_at_once() -> None:
    booking = a_subscription()
    five_days = START + timedelta(days=5)
    free = withdraw(booking, BIKE, five_days, five_days)
    right = replace(booking.terms.withdrawal, early_start=True)
    wanted = replace(booking, terms=replace(booking.terms, withdrawal=right))
    used = withdraw(wanted, BIKE, five_days, five_days)
    assert isinstance(free, BookingWithdrawn)
    assert isinstance(used, BookingWithdrawn)
    # 5 of the 120 days, an hour less, of four months at 29 euros.
    assert (free.booking.fee, used.booking.fee) == (euros("0"), euros("4.84"))
    assert rolls_at(used.booking) is None


def test_a_subscription_is_published_with_a_term_that_can_be_sold() -> None:
    def faults(minimum: int, notice: int, **changes: Any) -> int:
        agreed = SubscriptionPolicy(minimum, notice)
        return len(policy_faults(replace(LEASE_POLICY, subscription=agreed, **changes)))

    assert [faults(3, 1), faults(11, 1), faults(0, 1), faults(3, 0), faults(3, 4)] == [0, 1, 1, 1, 1]
    assert faults(25, 1, max_duration_s=1827 * 86400) == 1
