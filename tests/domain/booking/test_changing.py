"""More time and less of it: what is decided, and what it costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, Payer, Readings, State
from domain.booking.changing import (
    Following,
    Surroundings,
    extend,
    lapse_extension,
    latest_end,
    lost_extension,
    paid_extension,
    price_of_freeing,
    repriced,
    shorten,
)
from domain.booking.events import AlreadyThere, BookingCancelled, BookingFinished, NotPossible
from domain.booking.extensions import (
    BookingDelayed,
    BookingExtended,
    BookingOverdue,
    BookingShortened,
    ExtensionAsked,
    ExtensionLapsed,
)
from domain.booking.life import cancel, finish
from domain.booking.overdue import keep_overdue
from domain.booking.resources import Resource, Service
from domain.identity import PersonId
from domain.payments.payments import Kind, PaymentState, Purpose
from domain.periods import Period
from domain.refusals import Refusal
from tests.examples import (
    BERLIN,
    NOON,
    POLICIES,
    TARIFFS,
    a_booking,
    a_payment,
    a_pool_car,
    a_resource,
    an_id,
    an_order,
    euros,
    hours,
    minutes,
    person_id,
)

ONE, TWO, THREE = NOON + hours(1), NOON + hours(2), NOON + hours(3)
BEFORE = NOON - hours(3)
GRACES = BookingId(an_id("grace's"))


def around(resource: Resource | None = None, following: Following | None = None, **changes: Any) -> Surroundings:
    """An hour at a charge point, and nobody after it."""
    resource = resource or a_resource()
    known = Surroundings(
        resource,
        BERLIN,
        TARIFFS[resource.service],
        POLICIES[resource.service],
        ONE + timedelta(seconds=resource.buffer_after_s),
        following,
    )
    return replace(known, **changes)


def longer(
    booking: Booking, end: datetime = TWO, *, now: datetime = BEFORE, by_holder: bool = True, **changes: Any
) -> Any:
    payments = changes.pop("payments", (a_payment(booking),))
    by = booking.holder_id if by_holder else person_id("grace")
    return extend(booking, end, around(**changes), payments=payments, by=by, now=now)


def shorter(booking: Booking, end: datetime, *, now: datetime, by_holder: bool = True, **changes: Any) -> Any:
    return shorten(booking, end, around(**changes), by_holder, now)


CONFIRMED, IN_USE = a_booking(State.CONFIRMED), a_booking(State.IN_USE)


def asked(now: datetime = BEFORE) -> Booking:
    """It waits for its payment."""
    event = longer(CONFIRMED, now=now)
    assert isinstance(event, ExtensionAsked)
    return event.booking


@pytest.mark.parametrize(
    ("booking", "now", "end", "reason", "pointer"),
    [
        (a_booking(State.HELD), BEFORE, TWO, NotPossible.WRONG_STATE, ""),
        (a_booking(State.COMPLETED), BEFORE, TWO, NotPossible.WRONG_STATE, ""),
        (a_booking(State.CANCELLED), BEFORE, TWO, NotPossible.WRONG_STATE, ""),
        (CONFIRMED, ONE, TWO, NotPossible.WRONG_STATE, ""),
        (CONFIRMED, BEFORE, NOON + minutes(30), NotPossible.END_DOES_NOT_FIT, ""),
        (IN_USE, TWO, NOON + minutes(90), NotPossible.PERIOD_IN_THE_PAST, "/end"),
        (CONFIRMED, BEFORE, NOON + timedelta(days=7, seconds=1), NotPossible.PERIOD_TOO_LONG, "/end"),
    ],
)
def test_what_cannot_be_extended_says_why(
    booking: Booking, now: datetime, end: datetime, reason: NotPossible, pointer: str
) -> None:
    refused = longer(booking, end, now=now)
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.pointer) == (reason, pointer)


def test_an_end_that_is_there_already_changes_nothing() -> None:
    assert longer(CONFIRMED, ONE) == AlreadyThere(CONFIRMED)
    waiting = asked()
    assert longer(waiting, TWO) == AlreadyThere(waiting)
    assert longer(waiting, THREE) == Refusal(NotPossible.WRONG_STATE)


def test_nothing_lasts_longer_than_what_is_booked_may_be_used() -> None:
    until = TWO - minutes(1)
    car = a_pool_car(usable_until=until)
    trip = a_booking(State.CONFIRMED, car, order=an_order(car, payer=Payer.COST_CENTRE))
    assert longer(trip, TWO, resource=car) == Refusal(NotPossible.NOT_USABLE, "/end", latest_end=until)
    assert isinstance(longer(trip, until, resource=car), BookingExtended)


def test_whoever_comes_next_is_named_by_the_latest_end() -> None:
    car = a_pool_car()
    trip = a_booking(State.CONFIRMED, car, order=an_order(car, payer=Payer.COST_CENTRE))
    grace = Following(THREE, GRACES)
    assert longer(trip, THREE, resource=car, following=grace) == Refusal(
        NotPossible.TAKEN, latest_end=THREE - minutes(15)
    )
    assert isinstance(longer(trip, THREE - minutes(15), resource=car, following=grace), BookingExtended)
    right_behind = Following(ONE, GRACES)
    assert latest_end(trip, around(car, right_behind)) == ONE


@pytest.mark.parametrize(
    ("state", "changes", "at_once"),
    [
        (PaymentState.AUTHORISED, {}, False),
        (PaymentState.AUTHORISED, {"amount": euros("4.80")}, True),
        (PaymentState.AUTHORISED, {"amount": euros("4.31")}, True),
        (PaymentState.AUTHORISED, {"amount": euros("4.30")}, False),
        (PaymentState.SAVED, {"kind": Kind.SETUP}, True),
        (PaymentState.CAPTURED, {"captured": 240}, False),
    ],
)
def test_a_hold_or_a_card_that_is_held_later_covers_more_time(
    state: PaymentState, changes: dict[str, Any], at_once: bool
) -> None:
    event = longer(CONFIRMED, now=NOON - hours(30), payments=(a_payment(CONFIRMED, state, **changes),))
    assert isinstance(event, BookingExtended if at_once else ExtensionAsked)


def test_a_saved_card_covers_nothing_more_once_it_is_being_held() -> None:
    saved = a_payment(CONFIRMED, PaymentState.SAVED, kind=Kind.SETUP)
    hold = a_payment(CONFIRMED, id=an_id("later"), purpose=Purpose.LATER_HOLD)
    assert isinstance(longer(CONFIRMED, payments=(saved,)), ExtensionAsked)
    assert isinstance(longer(CONFIRMED, now=NOON - hours(30), payments=(saved, hold)), ExtensionAsked)


def test_a_price_that_is_not_safe_itself_cannot_grow() -> None:
    saved = a_payment(CONFIRMED, PaymentState.SAVED, kind=Kind.SETUP)
    refused = a_payment(CONFIRMED, PaymentState.FAILED, id=an_id("later"), purpose=Purpose.LATER_HOLD)
    assert longer(CONFIRMED, payments=(saved, refused)) == Refusal(NotPossible.PAYMENT_REQUIRED)


def test_time_that_costs_nothing_more_is_given_at_once() -> None:
    """Five hours cost the cap of a day, and so do ten."""
    booking = a_booking(State.CONFIRMED, order=an_order(a_resource(), period=Period(NOON, NOON + hours(5))))
    event = longer(booking, NOON + hours(10), payments=(a_payment(booking),))
    assert isinstance(event, BookingExtended)
    assert event.booking.quote.total == euros("12.00")


def test_staff_give_what_is_free_and_nothing_else() -> None:
    assert longer(CONFIRMED, by_holder=False) == Refusal(NotPossible.FORBIDDEN)
    plenty = a_payment(CONFIRMED, amount=euros("9.00"))
    assert isinstance(longer(CONFIRMED, by_holder=False, payments=(plenty,)), BookingExtended)


def test_an_extension_that_waits_leaves_end_and_price_and_says_what_is_missing() -> None:
    booking = asked()
    waiting = booking.waiting
    assert waiting is not None
    assert (booking.end, booking.quote, booking.version) == (ONE, CONFIRMED.quote, 3)
    assert (waiting.end, waiting.delta, waiting.missing) == (TWO, euros("2.40"), euros("2.40"))
    assert (waiting.expires_at, waiting.claimed_from, waiting.claimed_until) == (BEFORE + minutes(10), ONE, TWO)
    assert waiting.terms.no_show_fee == euros("4.80")


def test_it_lapses_when_its_time_is_over_and_not_before() -> None:
    booking = asked()
    assert lapse_extension(booking, BEFORE + minutes(9)) == Refusal(NotPossible.WRONG_STATE)
    event = lapse_extension(booking, BEFORE + minutes(10))
    assert isinstance(event, ExtensionLapsed)
    assert (event.frees_from, event.booking.waiting) == (ONE, None)
    assert lapse_extension(event.booking, BEFORE + minutes(11)) == Refusal(NotPossible.WRONG_STATE)
    assert lapse_extension(CONFIRMED, BEFORE) == Refusal(NotPossible.WRONG_STATE)


def test_what_is_paid_is_applied_also_after_it_lapsed() -> None:
    booking = asked()
    lapsed = lapse_extension(booking, BEFORE + minutes(10))
    assert isinstance(lapsed, ExtensionLapsed)
    first = a_payment(booking)
    more = a_payment(booking, id=an_id("more"), purpose=Purpose.EXTENSION, amount=euros("2.40"))
    for waiting in (booking, lapsed.booking):
        assert paid_extension(waiting, (first,), BEFORE) is None
        assert paid_extension(waiting, (first, replace(more, state=PaymentState.REQUIRES_ACTION)), BEFORE) is None
        assert paid_extension(waiting, (first, more), TWO) is None
        event = paid_extension(waiting, (first, more), BEFORE)
        assert event is not None
        assert (event.booking.end, event.booking.quote.total, event.booking.extension, event.claimed_until) == (
            TWO,
            euros("4.80"),
            None,
            TWO,
        )
    assert lost_extension(lapsed.booking, BEFORE).booking.extension is None
    assert paid_extension(CONFIRMED, (first, more), BEFORE) is None


@pytest.mark.parametrize(
    ("now", "fee"),
    [
        (NOON - hours(30), "0.00"),
        (NOON - hours(23), "1.20"),
        (NOON - hours(1), "1.20"),
        (NOON - minutes(59), "2.40"),
        # The use has begun: now it is the end that is so far away.
        (NOON, "1.20"),
        (NOON + hours(1), "1.20"),
        (NOON + hours(1) + minutes(1), "2.40"),
    ],
)
def test_what_is_freed_costs_its_share_of_a_cancellation(now: datetime, fee: str) -> None:
    state = State.CONFIRMED if now < NOON else State.IN_USE
    booking = a_booking(state, order=an_order(a_resource(), period=Period(NOON, THREE)))
    event = shorter(booking, TWO, now=now)
    assert isinstance(event, BookingShortened)
    quote = event.booking.quote
    assert (quote.total, quote.due_now) == (euros("4.80") + euros(fee), euros("4.80") + euros(fee))
    assert sum(line.gross.amount for line in quote.lines) == quote.total.amount
    assert sum(line.vat.amount for line in quote.lines) == quote.vat_total.amount
    assert (event.claimed_until, event.booking.end) == (TWO, TWO)


def test_what_is_given_back_because_something_is_wrong_with_it_costs_nothing() -> None:
    booking = a_booking(State.IN_USE, order=an_order(a_resource(), period=Period(NOON, THREE)), problem_open=True)
    event = shorter(booking, TWO, now=NOON + minutes(90))
    assert isinstance(event, BookingShortened)
    assert event.booking.quote.total == euros("4.80")


def test_staff_free_time_at_nobodys_cost() -> None:
    booking = a_booking(State.CONFIRMED, order=an_order(a_resource(), period=Period(NOON, THREE)))
    event = shorter(booking, TWO, now=NOON - minutes(5), by_holder=False)
    assert isinstance(event, BookingShortened)
    assert event.booking.quote.total == euros("4.80")


def test_a_fee_that_was_kept_stays_whatever_comes_after() -> None:
    point = a_resource()
    booking = a_booking(State.IN_USE, order=an_order(point, period=Period(NOON, THREE)))
    now = NOON + hours(1) + minutes(30)
    short = shorter(booking, TWO, now=now).booking
    assert short.quote.total == euros("7.20")
    again = longer(short, THREE, now=now, payments=(a_payment(short, amount=euros("20.00")),)).booking
    assert again.quote.total == euros("9.60")
    finished = finish(short, point, Readings(), tariff=TARIFFS[Service.CHARGING], time_zone=BERLIN, now=now)
    assert isinstance(finished, BookingFinished)
    assert finished.booking.fee == euros("7.20")


@pytest.mark.parametrize(
    ("end", "now", "reason", "pointer"),
    [
        (TWO, BEFORE, NotPossible.END_DOES_NOT_FIT, ""),
        (NOON + minutes(14), BEFORE, NotPossible.PERIOD_TOO_SHORT, "/end"),
        (NOON, BEFORE, NotPossible.PERIOD_TOO_SHORT, "/end"),
        (NOON + minutes(20), NOON + minutes(20), NotPossible.PERIOD_IN_THE_PAST, "/end"),
    ],
)
def test_what_cannot_be_shortened_says_why(end: datetime, now: datetime, reason: NotPossible, pointer: str) -> None:
    assert shorter(IN_USE, end, now=now) == Refusal(reason, pointer)
    assert shorter(a_booking(State.COMPLETED), end, now=now) == Refusal(NotPossible.WRONG_STATE)


def test_the_present_end_takes_back_what_waits_and_else_changes_nothing() -> None:
    assert shorter(CONFIRMED, ONE, now=BEFORE) == AlreadyThere(CONFIRMED)
    booking = asked()
    event = shorter(booking, ONE, now=BEFORE)
    assert event == BookingShortened(replace(CONFIRMED, version=4, updated_at=BEFORE), ONE)


periods = st.integers(1, 96).map(lambda quarters: quarters * minutes(15))


@given(whole=periods, kept=periods, ahead=st.integers(-90, 48), then=st.integers(0, 10))
def test_shortening_and_then_cancelling_never_costs_less_than_cancelling(
    whole: timedelta, kept: timedelta, ahead: int, then: int
) -> None:
    """And shortening never costs more than all of it."""
    if kept >= whole:
        whole, kept = kept + minutes(15), whole
    now = NOON - hours(ahead)
    if now >= NOON:
        now = NOON - minutes(1)
    booking = a_booking(State.CONFIRMED, order=an_order(a_resource(), period=Period(NOON, NOON + whole)))
    event = shorter(booking, NOON + kept, now=now)
    assert isinstance(event, BookingShortened)
    at_once = cancel(booking, True, now)
    later = cancel(event.booking, True, now + hours(then))
    assert isinstance(at_once, BookingCancelled)
    assert isinstance(later, BookingCancelled)
    assert later.booking.fee is not None
    assert at_once.booking.fee is not None
    # Each of two fees is rounded by itself.
    assert later.booking.fee.amount >= at_once.booking.fee.amount - 1
    assert event.booking.quote.total.amount <= booking.quote.total.amount


@given(first=periods, more=periods)
def test_longer_and_back_again_is_the_same_price_while_that_is_free(first: timedelta, more: timedelta) -> None:
    booking = a_booking(State.CONFIRMED, order=an_order(a_resource(), period=Period(NOON, NOON + first)))
    plenty = (a_payment(booking, amount=euros("999.00")),)
    event = longer(booking, NOON + first + more, now=NOON - hours(30), payments=plenty)
    assert isinstance(event, BookingExtended)
    back = shorter(event.booking, booking.end, now=NOON - hours(30))
    assert isinstance(back, BookingShortened)
    assert (back.booking.quote, back.booking.terms) == (booking.quote, booking.terms)


def at(day: int, hour: int, month: int) -> datetime:
    return datetime(2030, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "first", "then", "price"),
    [
        # 31 March 2030, two o'clock becomes three: from midnight to five on the clock are four hours.
        (at(30, 23, 3), at(31, 0, 3), at(31, 3, 3), "9.60"),
        # 27 October 2030, three o'clock becomes two: from midnight to five on the clock are six hours, the cap is 12.00.
        (at(26, 22, 10), at(26, 23, 10), at(27, 4, 10), "12.00"),
    ],
)
def test_in_both_nights_of_the_year_hours_are_hours(
    start: datetime, first: datetime, then: datetime, price: str
) -> None:
    booking = a_booking(State.CONFIRMED, order=an_order(a_resource(), period=Period(start, first)))
    assert repriced(booking, then, around()).total == euros(price)
    event = longer(booking, then, now=start - hours(30), payments=(a_payment(booking, amount=euros("99.00")),))
    assert isinstance(event, BookingExtended)
    assert event.booking.end - event.booking.start == then - start
    assert price_of_freeing(event.booking, first, booking.quote, around(), start - hours(30)) == 0


def a_lease(start: datetime, end: datetime, state: State = State.CONFIRMED) -> Booking:
    bike = a_resource(Service.BIKE_LEASING)
    return a_booking(state, bike, order=an_order(bike, period=Period(start, end)))


@pytest.mark.parametrize(
    ("start", "end", "longer_by", "total"),
    [
        (
            datetime(2031, 1, 31, 11, tzinfo=UTC),
            datetime(2031, 2, 28, 11, tzinfo=UTC),
            datetime(2031, 3, 31, 10, tzinfo=UTC),
            "58.00",
        ),
        (
            datetime(2031, 1, 31, 11, tzinfo=UTC),
            datetime(2031, 2, 28, 11, tzinfo=UTC),
            datetime(2031, 4, 30, 10, tzinfo=UTC),
            "87.00",
        ),
        (
            datetime(2032, 1, 31, 11, tzinfo=UTC),
            datetime(2032, 2, 29, 11, tzinfo=UTC),
            datetime(2032, 3, 31, 10, tzinfo=UTC),
            "58.00",
        ),
        (
            datetime(2030, 9, 30, 10, tzinfo=UTC),
            datetime(2030, 10, 30, 11, tzinfo=UTC),
            datetime(2030, 11, 30, 11, tzinfo=UTC),
            "58.00",
        ),
    ],
)
def test_a_lease_is_extended_by_whole_months_and_nothing_is_to_pay_yet(
    start: datetime, end: datetime, longer_by: datetime, total: str
) -> None:
    lease, bike = a_lease(start, end), a_resource(Service.BIKE_LEASING)
    taken = a_payment(lease, PaymentState.CAPTURED, captured=2900)
    event = longer(lease, longer_by, now=start, resource=bike, claimed_until=end, payments=(taken,))
    assert isinstance(event, BookingExtended)
    quote = event.booking.quote
    assert (quote.total, quote.due_now) == (euros(total), euros("29.00"))
    odd = longer(lease, longer_by + hours(1), now=start, resource=bike, claimed_until=end, payments=(taken,))
    assert isinstance(odd, Refusal)
    assert odd.reason is NotPossible.NOT_WHOLE_MONTHS
    back = shorter(event.booking, end, now=start + timedelta(days=20), resource=bike)
    assert isinstance(back, BookingShortened)
    assert back.booking.quote == lease.quote


def test_the_latest_end_of_a_lease_is_the_last_whole_month_before_the_next() -> None:
    start = datetime(2031, 1, 31, 11, tzinfo=UTC)
    lease = a_lease(start, datetime(2031, 2, 28, 11, tzinfo=UTC))
    grace = Following(datetime(2031, 4, 15, tzinfo=UTC), GRACES)
    assert latest_end(lease, around(a_resource(Service.BIKE_LEASING), grace)) == datetime(2031, 3, 31, 10, tzinfo=UTC)
    grace = Following(datetime(2031, 3, 1, tzinfo=UTC), GRACES)
    assert latest_end(lease, around(a_resource(Service.BIKE_LEASING), grace)) == lease.end


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (ONE - minutes(1), ONE + minutes(15)),
        (ONE, ONE + minutes(15)),
        (ONE + minutes(14), ONE + minutes(15)),
        (ONE + minutes(15), ONE + minutes(30)),
        (ONE + hours(5), ONE + hours(5.25)),
    ],
)
def test_an_overdue_use_keeps_its_claim_to_the_next_quarter(now: datetime, until: datetime) -> None:
    car = a_pool_car()
    trip = a_booking(State.IN_USE, car)
    event = keep_overdue(trip, around(car), now)
    assert isinstance(event, BookingOverdue)
    assert (event.booking.overdue_until, event.claimed_until, event.delayed) == (until, until + minutes(15), None)
    assert (event.booking.end, event.booking.version) == (ONE, trip.version + 1)


def test_what_is_not_overdue_is_left_alone() -> None:
    nothing = Refusal(NotPossible.WRONG_STATE)
    assert keep_overdue(IN_USE, around(), ONE - minutes(1) - timedelta.resolution) == nothing
    assert keep_overdue(CONFIRMED, around(), TWO) == nothing
    assert keep_overdue(a_booking(State.COMPLETED), around(), TWO) == nothing
    assert keep_overdue(replace(IN_USE, overdue_until=TWO), around(), TWO - minutes(2)) == nothing


def test_before_its_end_a_use_claims_what_is_free_and_nobody_is_told_that_she_has_to_wait() -> None:
    before = ONE - minutes(1)
    grace = Following(ONE + minutes(10), GRACES)
    ahead = keep_overdue(IN_USE, around(following=grace), before)
    assert isinstance(ahead, BookingOverdue)
    assert (ahead.claimed_until, ahead.delayed, ahead.booking.overdue_until) == (ONE + minutes(10), None, ONE)
    again = around(following=grace, claimed_until=ONE + minutes(10))
    assert keep_overdue(ahead.booking, again, before) == Refusal(NotPossible.WRONG_STATE)
    late = keep_overdue(ahead.booking, again, ONE)
    assert isinstance(late, BookingOverdue)
    assert (late.claimed_until, late.delayed) == (None, BookingDelayed(GRACES))
    assert keep_overdue(IN_USE, around(following=Following(ONE, GRACES)), before) == Refusal(NotPossible.WRONG_STATE)


def test_the_next_holder_is_told_once_and_her_time_is_hers() -> None:
    grace = Following(ONE + minutes(10), GRACES)
    first = keep_overdue(IN_USE, around(following=grace), ONE)
    assert isinstance(first, BookingOverdue)
    assert (first.claimed_until, first.delayed) == (ONE + minutes(10), BookingDelayed(GRACES))
    second = keep_overdue(first.booking, around(following=grace, claimed_until=ONE + minutes(10)), ONE + minutes(15))
    assert isinstance(second, BookingOverdue)
    assert (second.claimed_until, second.delayed, second.booking.delays) == (None, None, GRACES)
    repair = keep_overdue(IN_USE, around(following=Following(ONE, None)), ONE)
    assert isinstance(repair, BookingOverdue)
    assert (repair.claimed_until, repair.delayed) == (None, None)


@pytest.mark.parametrize(
    "following",
    [
        Following(ONE, GRACES, holder_id=IN_USE.holder_id),
        Following(ONE, GRACES, lapses_at=ONE, holder_id=PersonId(an_id("grace"))),
    ],
)
def test_nobody_waits_where_the_next_time_is_her_own_or_lapsed(following: Following) -> None:
    kept = keep_overdue(IN_USE, around(following=following), ONE)
    assert isinstance(kept, BookingOverdue)
    assert (kept.delayed, kept.booking.delays) == (None, None)
