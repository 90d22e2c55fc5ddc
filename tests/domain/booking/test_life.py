"""What holders, staff and the clock can do with a booking, and what they cannot."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, Payer, Readings, ReasonCode, State
from domain.booking.events import (
    AlreadyThere,
    BookingAssigned,
    BookingCancelled,
    BookingConfirmed,
    BookingExpired,
    BookingFinished,
    BookingNotUsed,
    BookingStarted,
    Decision,
    NotPossible,
)
from domain.booking.life import (
    assign,
    cancel,
    cancel_unpaid,
    code_fits,
    confirm,
    expire,
    finish,
    is_secured,
    not_used,
    start,
)
from domain.booking.resources import Resource, Service
from domain.booking.terms import frozen_terms
from domain.payments.payments import Kind, Payment, PaymentId, PaymentState, Purpose
from domain.periods import Period
from domain.pricing.quotes import LineKind
from domain.refusals import Refusal
from tests.examples import (
    A_DEAL,
    BERLIN,
    NOON,
    SHORT_POLICY,
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
)

ONE = NOON + hours(1)
WRONG_STATE = Refusal(NotPossible.WRONG_STATE)
BEFORE = NOON - hours(30)
NO_READINGS = Readings()


def all_but(*states: State) -> list[State]:
    return [state for state in State if state not in states]


def finished(
    booking: Booking, now: datetime, resource: Resource | None = None, stood_at: int | None = None, **readings: int
) -> Decision:
    resource = resource or a_resource(booking.service)
    return finish(
        booking,
        resource,
        msgspec.convert(readings, Readings),
        tariff=TARIFFS[booking.service],
        time_zone=BERLIN,
        now=now,
        stood_at=stood_at,
    )


# -- confirm


def test_a_hold_whose_price_is_secured_is_confirmed() -> None:
    held = a_booking(State.HELD)
    assert confirm(held, True, BEFORE) == BookingConfirmed(
        replace(held, state=State.CONFIRMED, hold_expires_at=None, updated_at=BEFORE, version=2)
    )


def test_a_hold_that_is_not_paid_waits() -> None:
    assert confirm(a_booking(State.HELD), False, BEFORE) == Refusal(NotPossible.PAYMENT_REQUIRED)


def test_a_hold_that_lapsed_is_confirmed_as_long_as_nobody_released_it() -> None:
    held = a_booking(State.HELD)
    assert held.hold_expires_at is not None
    outcome = confirm(held, True, held.hold_expires_at + minutes(1))
    assert isinstance(outcome, BookingConfirmed)


def test_a_time_that_is_over_is_not_confirmed_any_more() -> None:
    assert confirm(a_booking(State.HELD), True, ONE) == WRONG_STATE


@pytest.mark.parametrize("state", [State.CONFIRMED, State.IN_USE])
def test_confirming_again_changes_nothing(state: State) -> None:
    assert confirm(a_booking(state), False, BEFORE) == AlreadyThere(a_booking(state))


@pytest.mark.parametrize("state", all_but(State.HELD, State.CONFIRMED, State.IN_USE))
def test_what_is_over_is_not_confirmed(state: State) -> None:
    assert confirm(a_booking(state), True, BEFORE) == WRONG_STATE


@pytest.mark.parametrize("state", PaymentState)
def test_a_card_that_is_held_or_saved_secures_a_booking_and_so_does_money_taken(state: PaymentState) -> None:
    secure = {PaymentState.AUTHORISED, PaymentState.SAVED, PaymentState.CAPTURED}
    assert is_secured([a_payment(a_booking(), state)]) is (state in secure)
    assert not is_secured([])


# -- cancel


def test_giving_a_hold_back_costs_nothing() -> None:
    held = a_booking(State.HELD)
    assert cancel(held, True, NOON - minutes(1), "too far") == BookingCancelled(
        replace(
            held,
            state=State.CANCELLED,
            reason_code=ReasonCode.BY_HOLDER,
            reason="too far",
            fee=euros("0.00"),
            hold_expires_at=None,
            updated_at=NOON - minutes(1),
            version=2,
        )
    )


@pytest.mark.parametrize(
    ("before_start", "fee"),
    [
        (hours(25), "0.00"),
        (hours(24), "0.00"),
        (hours(24) - minutes(1), "1.20"),
        (hours(1), "1.20"),
        (minutes(59), "2.40"),
        (minutes(-10), "2.40"),
    ],
)
def test_the_fee_of_a_cancellation_rises_towards_the_start(before_start: timedelta, fee: str) -> None:
    outcome = cancel(a_booking(State.CONFIRMED), True, NOON - before_start)
    assert isinstance(outcome, BookingCancelled)
    assert outcome.booking.fee == euros(fee)


def test_what_staff_cancels_costs_the_holder_nothing() -> None:
    outcome = cancel(a_booking(State.CONFIRMED), False, NOON - minutes(5))
    assert isinstance(outcome, BookingCancelled)
    assert (outcome.booking.fee, outcome.booking.reason_code) == (euros("0.00"), ReasonCode.BY_STAFF)


def test_cancelling_again_changes_nothing() -> None:
    assert cancel(a_booking(State.CANCELLED), True, BEFORE) == AlreadyThere(a_booking(State.CANCELLED))


@pytest.mark.parametrize("state", all_but(State.HELD, State.CONFIRMED, State.CANCELLED))
def test_what_has_begun_or_is_over_is_not_cancelled(state: State) -> None:
    assert cancel(a_booking(state), True, BEFORE) == WRONG_STATE


# -- a saved card that was refused later


def refused_later(booking: Booking) -> list[Payment]:
    saved = a_payment(booking, PaymentState.SAVED, kind=Kind.SETUP)
    failed = a_payment(
        booking,
        PaymentState.FAILED,
        id=PaymentId(an_id("later hold")),
        purpose=Purpose.LATER_HOLD,
        made_at=NOON - hours(24),
    )
    return [saved, failed]


def test_a_booking_whose_saved_card_was_refused_is_cancelled_free_of_charge_two_hours_before() -> None:
    booking = a_booking(State.CONFIRMED)
    payments = refused_later(booking)
    assert cancel_unpaid(booking, payments, NOON - hours(2) - minutes(1)) == WRONG_STATE
    assert cancel_unpaid(booking, payments, NOON - hours(2)) == BookingCancelled(
        replace(
            booking,
            state=State.CANCELLED,
            reason_code=ReasonCode.PAYMENT_FAILED,
            fee=euros("0.00"),
            updated_at=NOON - hours(2),
            version=3,
        )
    )


def test_a_booking_that_is_paid_is_not_cancelled_as_unpaid() -> None:
    booking = a_booking(State.CONFIRMED)
    assert cancel_unpaid(booking, [a_payment(booking)], NOON - hours(1)) == WRONG_STATE
    assert cancel_unpaid(booking, [], NOON - hours(1)) == WRONG_STATE


# -- the clock


def test_a_hold_expires_at_its_instant_and_not_before() -> None:
    held = a_booking(State.HELD)
    assert held.hold_expires_at is not None
    at = held.hold_expires_at
    assert expire(held, at - minutes(1)) == WRONG_STATE
    assert expire(held, at) == BookingExpired(
        replace(
            held,
            state=State.EXPIRED,
            reason_code=ReasonCode.HOLD_EXPIRED,
            fee=euros("0.00"),
            updated_at=at,
            version=2,
        )
    )
    assert expire(a_booking(State.EXPIRED), at) == AlreadyThere(a_booking(State.EXPIRED))


@pytest.mark.parametrize("state", all_but(State.HELD, State.EXPIRED))
def test_only_a_hold_expires(state: State) -> None:
    assert expire(a_booking(state), NOON) == WRONG_STATE


def test_a_booking_nobody_came_for_is_closed_at_its_end_at_the_no_show_fee() -> None:
    booking = a_booking(State.CONFIRMED)
    assert not_used(booking, a_resource(), ONE - minutes(1)) == WRONG_STATE
    assert not_used(booking, a_resource(), ONE) == BookingNotUsed(
        replace(
            booking,
            state=State.NO_SHOW,
            reason_code=ReasonCode.NOT_STARTED,
            fee=euros("2.40"),
            updated_at=ONE,
            version=3,
        )
    )
    assert not_used(a_booking(State.NO_SHOW), a_resource(), ONE) == AlreadyThere(a_booking(State.NO_SHOW))


def test_nobody_pays_for_not_coming_where_the_papers_end_before_the_use() -> None:
    booking, short = a_booking(State.CONFIRMED), a_resource(usable_until=ONE - minutes(1))
    for resource, fee in ((short, "0.00"), (a_resource(usable_until=ONE), "2.40")):
        closed = not_used(booking, resource, ONE)
        assert isinstance(closed, BookingNotUsed)
        assert closed.booking.fee == euros(fee)


@pytest.mark.parametrize(("grace", "given_up_after"), [(0, 0), (600, 10), (3600, 60), (7200, 60), (None, 60)])
def test_a_booking_waits_for_its_holder_as_long_as_its_terms_say(grace: int | None, given_up_after: int) -> None:
    booking = a_booking(State.CONFIRMED)
    policy = replace(SHORT_POLICY, no_show_after_s=grace)
    booking = replace(booking, terms=frozen_terms(policy, booking.period, booking.quote, booking.made_at, A_DEAL))
    at = NOON + minutes(given_up_after)
    assert not_used(booking, a_resource(), at - timedelta.resolution) == WRONG_STATE
    given_up = not_used(booking, a_resource(), at)
    assert isinstance(given_up, BookingNotUsed)
    assert (given_up.booking.state, given_up.booking.fee) == (State.NO_SHOW, euros("2.40"))


def test_whoever_comes_late_may_start_as_long_as_nobody_has_closed_the_booking() -> None:
    booking = a_booking(State.CONFIRMED)
    booking = replace(booking, terms=replace(booking.terms, no_show_from=NOON + minutes(10)))
    assert isinstance(start(booking, a_resource(), Readings(), NOON + minutes(11)), BookingStarted)


@pytest.mark.parametrize("state", all_but(State.CONFIRMED, State.NO_SHOW))
def test_only_a_confirmed_booking_can_be_missed(state: State) -> None:
    assert not_used(a_booking(state), a_resource(), ONE) == WRONG_STATE


# -- start


def test_a_use_begins_a_quarter_of_an_hour_early_at_the_earliest_and_before_the_end() -> None:
    booking = a_booking(State.CONFIRMED)
    early = NOON - minutes(15)
    assert start(booking, a_resource(), NO_READINGS, early - minutes(1)) == Refusal(NotPossible.TOO_EARLY)
    assert start(booking, a_resource(), Readings(odometer_km=100), early) == BookingStarted(
        replace(
            booking,
            state=State.IN_USE,
            started_at=early,
            start_readings=Readings(odometer_km=100),
            updated_at=early,
            version=3,
        )
    )
    assert isinstance(start(booking, a_resource(), NO_READINGS, ONE - minutes(1)), BookingStarted)
    assert start(booking, a_resource(), NO_READINGS, ONE) == WRONG_STATE


def test_what_may_not_be_used_to_the_end_is_not_handed_over() -> None:
    booking = a_booking(State.CONFIRMED)
    too_soon = booking.end - minutes(1)
    assert start(booking, a_resource(usable_until=too_soon), NO_READINGS, NOON) == Refusal(
        NotPossible.NOT_USABLE, latest_end=too_soon
    )
    assert isinstance(start(booking, a_resource(usable_until=booking.end), NO_READINGS, NOON), BookingStarted)


@pytest.mark.parametrize("begun", [a_booking(State.CONFIRMED), a_booking(State.IN_USE, start_readings=None)])
def test_an_odometer_does_not_run_back_from_one_use_to_the_next(begun: Booking) -> None:
    def started(odometer_km: int | None) -> Decision:
        return start(begun, a_resource(), Readings(odometer_km=odometer_km), NOON, stood_at=1000)

    assert started(999) == Refusal(NotPossible.ODOMETER_RUNS_BACK, "/odometer_km")
    for read in (1000, 1001, None):
        assert not isinstance(started(read), Refusal)


def test_an_odometer_that_nobody_read_at_the_start_does_not_run_back_either() -> None:
    car = a_resource(Service.FLEET)
    trip = a_booking(State.IN_USE, car)
    assert finished(trip, ONE, stood_at=1000, odometer_km=999) == Refusal(
        NotPossible.ODOMETER_RUNS_BACK, "/odometer_km"
    )
    assert isinstance(finished(trip, ONE, stood_at=1000, odometer_km=1000), BookingFinished)
    far = finished(trip, ONE, stood_at=1000, odometer_km=1030)
    assert isinstance(far, BookingFinished)
    assert far.booking.start_readings == Readings(odometer_km=1000), "what was driven is charged"
    read = replace(trip, start_readings=Readings(odometer_km=900))
    assert isinstance(finished(read, ONE, stood_at=1000, odometer_km=950), BookingFinished), "the driver's own count"


def test_what_another_has_not_brought_back_is_not_started() -> None:
    outcome = start(a_booking(State.CONFIRMED), a_resource(), Readings(), NOON, still_in_use=True)
    assert outcome == Refusal(NotPossible.STILL_IN_USE)


def test_whoever_waits_for_what_is_not_back_is_waited_for() -> None:
    booking = a_booking(State.CONFIRMED)
    booking = replace(booking, terms=replace(booking.terms, no_show_from=NOON + minutes(10)), kept_waiting=True)
    assert not_used(booking, a_resource(), NOON + minutes(20), still_in_use=True) == WRONG_STATE
    closed = not_used(booking, a_resource(), booking.end, still_in_use=True)
    assert isinstance(closed, BookingNotUsed)
    assert closed.booking.fee == euros("0.00")


def test_what_is_in_use_cannot_be_started_again() -> None:
    assert start(a_booking(State.IN_USE), a_resource(), NO_READINGS, NOON) == WRONG_STATE


@pytest.mark.parametrize("state", all_but(State.CONFIRMED, State.IN_USE))
def test_only_a_confirmed_booking_starts(state: State) -> None:
    assert start(a_booking(state), a_resource(), NO_READINGS, NOON) == WRONG_STATE


def test_a_code_read_somewhere_else_does_not_fit() -> None:
    assert not code_fits("QR-7", "QR-8")
    assert code_fits("QR-8", "QR-8")
    assert code_fits(None, "QR-8")
    assert code_fits("QR-7", None)


# -- finish


def test_an_early_end_is_paid_as_booked_and_frees_the_resource() -> None:
    booking = a_booking(State.IN_USE)
    at = NOON + minutes(20)
    assert finished(booking, at, soc=80) == BookingFinished(
        replace(
            booking,
            state=State.COMPLETED,
            finished_at=at,
            finish_readings=Readings(soc=80),
            fee=euros("2.40"),
            updated_at=at,
            version=4,
        ),
        turnaround=None,
    )


def test_a_car_needs_its_quarter_of_an_hour_after_the_real_end() -> None:
    car = a_pool_car()
    outcome = finished(a_booking(State.IN_USE, car), NOON + minutes(20), car)
    assert isinstance(outcome, BookingFinished)
    assert outcome.turnaround == Period(NOON + minutes(20), NOON + minutes(35))


def test_a_use_that_took_longer_is_paid_for_as_long_as_it_took() -> None:
    outcome = finished(a_booking(State.IN_USE), ONE + minutes(1))
    assert isinstance(outcome, BookingFinished)
    assert (outcome.booking.fee, outcome.booking.quote.total) == (euros("4.80"), euros("4.80"))


def test_the_kilometres_driven_replace_those_that_were_estimated() -> None:
    car = a_resource(Service.FLEET)
    trip = a_booking(State.IN_USE, car, distance_km=10, start_readings=Readings(odometer_km=1000))
    assert trip.quote.total == euros("8.00")

    driven, unread = finished(trip, ONE, odometer_km=1030), finished(trip, ONE)

    assert isinstance(driven, BookingFinished)
    assert isinstance(unread, BookingFinished)
    assert (driven.booking.fee, unread.booking.fee) == (euros("14.00"), euros("8.00"))
    distance = next(line for line in driven.booking.quote.lines if line.kind is LineKind.DISTANCE)
    assert (distance.quantity, distance.gross) == (Decimal(30), euros("9.00"))


def test_an_odometer_does_not_run_back() -> None:
    trip = a_booking(State.IN_USE, a_resource(Service.FLEET), start_readings=Readings(odometer_km=1000))
    assert finished(trip, ONE, odometer_km=999) == Refusal(NotPossible.ODOMETER_RUNS_BACK, "/odometer_km")


def test_a_trip_on_a_cost_centre_is_written_down_and_costs_nothing() -> None:
    car = a_pool_car()
    order = an_order(car, payer=Payer.COST_CENTRE)
    trip = a_booking(State.IN_USE, car, order=order, start_readings=Readings(odometer_km=1000))
    outcome = finished(trip, ONE + hours(1), car, odometer_km=1012)
    assert isinstance(outcome, BookingFinished)
    assert outcome.booking.fee == euros("0.00")
    assert [(line.kind, line.quantity, line.gross) for line in outcome.booking.quote.lines] == [
        (LineKind.TIME, Decimal(2), euros("0.00")),
        (LineKind.DISTANCE, Decimal(12), euros("0.00")),
    ]


def test_a_lease_owes_the_instalment_that_was_taken() -> None:
    bike = a_resource(Service.BIKE_LEASING)
    order = an_order(bike, period=Period(NOON, NOON + hours(24 * 80)))
    outcome = finished(a_booking(State.IN_USE, bike, order=order), NOON + hours(24 * 80), bike)
    assert isinstance(outcome, BookingFinished)
    assert (outcome.booking.fee, outcome.booking.quote.total) == (euros("29.00"), euros("87.00"))


def test_finishing_again_changes_nothing() -> None:
    assert finished(a_booking(State.COMPLETED), ONE) == AlreadyThere(a_booking(State.COMPLETED))


@pytest.mark.parametrize("state", all_but(State.IN_USE, State.COMPLETED))
def test_only_a_use_in_progress_is_finished(state: State) -> None:
    assert finished(a_booking(state), ONE) == WRONG_STATE


# -- assign


def provisional(state: State = State.CONFIRMED) -> Booking:
    return a_booking(state, final_at=NOON - minutes(30))


@pytest.mark.parametrize("state", [State.HELD, State.CONFIRMED])
def test_a_provisional_resource_becomes_final_when_it_is_time(state: State) -> None:
    booking, due = provisional(state), NOON - minutes(30)
    assert assign(booking, due - timedelta.resolution) == WRONG_STATE
    final = replace(booking, final_at=None, updated_at=due, version=booking.version + 1)
    assert assign(booking, due) == BookingAssigned(final)
    assert assign(final, due) == AlreadyThere(final)


@pytest.mark.parametrize("state", all_but(State.HELD, State.CONFIRMED))
def test_what_has_begun_or_is_over_is_not_assigned(state: State) -> None:
    assert assign(provisional(state), NOON) == WRONG_STATE


def test_whoever_starts_has_what_she_stands_before() -> None:
    started = start(provisional(), a_resource(), Readings(), NOON - minutes(10))
    assert isinstance(started, BookingStarted)
    assert started.booking.final_at is None
