"""What cancelling would mean, before it is done."""

from datetime import datetime

import pytest

from domain.booking.bookings import State
from domain.booking.events import BookingCancelled
from domain.booking.previews import Preview, cancellation
from domain.booking.withdrawing import cancel_or_withdraw
from domain.payments.payments import PaymentState
from tests.examples import NOON, a_booking, a_payment, a_resource, euros, hours, minutes

ONE = NOON + hours(1)


@pytest.mark.parametrize(
    ("now", "fee", "back", "until"),
    [
        (NOON - hours(30), "0.00", "2.40", NOON - hours(24)),
        (NOON - hours(5), "1.20", "1.20", NOON - hours(1)),
        (NOON - minutes(5), "2.40", "0.00", ONE),
    ],
)
def test_the_fee_is_named_with_what_goes_back_and_until_when_that_counts(
    now: datetime, fee: str, back: str, until: datetime
) -> None:
    booking = a_booking(State.CONFIRMED)
    assert cancellation(booking, a_resource(), [a_payment(booking)], True, now) == Preview(
        allowed=True,
        end=ONE,
        price=euros(fee),
        delta=euros(fee) - euros("2.40"),
        fee=euros(fee),
        refund=euros(back),
        latest_end=None,
        valid_until=until,
    )


def test_money_that_was_taken_goes_back_as_far_as_it_was_kept() -> None:
    booking = a_booking(State.CONFIRMED)
    taken = a_payment(booking, PaymentState.CAPTURED, captured=240, refunded=100)
    assert cancellation(booking, a_resource(), [taken], True, NOON - hours(30)).refund == euros("1.40")


def test_a_saved_card_holds_nothing_that_could_go_back() -> None:
    booking = a_booking(State.CONFIRMED)
    assert cancellation(
        booking, a_resource(), [a_payment(booking, PaymentState.SAVED)], True, NOON - hours(30)
    ).refund.is_zero


def test_a_hold_is_given_back_for_nothing_until_it_expires() -> None:
    held = a_booking(State.HELD)
    preview = cancellation(held, a_resource(), [], True, held.made_at)
    assert (preview.fee, preview.valid_until) == (euros("0.00"), held.hold_expires_at)


def test_staff_cancels_free_of_charge_until_the_end() -> None:
    preview = cancellation(a_booking(State.CONFIRMED), a_resource(), [], False, NOON - minutes(5))
    assert (preview.fee, preview.valid_until) == (euros("0.00"), ONE)


@pytest.mark.parametrize("state", [State.IN_USE, State.COMPLETED, State.EXPIRED, State.CANCELLED, State.NO_SHOW])
def test_what_cannot_be_cancelled_stays_as_it_is(state: State) -> None:
    nothing = euros("0.00")
    assert cancellation(a_booking(state), a_resource(), [], True, NOON) == Preview(
        False, ONE, euros("2.40"), nothing, nothing, nothing, None, None
    )


def test_what_may_not_be_used_that_long_any_more_costs_nothing_to_give_up() -> None:
    """As cancelling itself does: no fee a minute before the start."""
    booking, at = a_booking(State.CONFIRMED), NOON - minutes(1)
    short = a_resource(usable_until=booking.end - minutes(1))
    cancelled = cancel_or_withdraw(booking, short, True, at)
    assert isinstance(cancelled, BookingCancelled)
    assert (cancelled.booking.fee, cancellation(booking, short, [], True, at).fee) == (euros("0.00"), euros("0.00"))
    assert not cancellation(booking, a_resource(), [], True, at).fee.is_zero
