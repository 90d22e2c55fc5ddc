"""What a reader is offered, and which of several payments counts."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from domain.booking.actions import actions, current_payment
from domain.booking.bookings import Booking, State
from domain.payments.payments import Kind, Payment, PaymentId, PaymentState, Purpose
from tests.examples import NOON, a_booking, a_payment, an_actor, an_id, hours, minutes

ADA, GRACE = an_actor("ada"), an_actor("grace")
BEFORE = NOON - hours(48)


def another(payment: Payment, state: PaymentState, purpose: Purpose = Purpose.BOOKING) -> Payment:
    """A payment made an hour after this one."""
    made_at = payment.made_at + hours(1)
    return replace(payment, id=PaymentId(an_id(f"{state} {purpose}")), state=state, purpose=purpose, made_at=made_at)


@pytest.mark.parametrize(
    ("state", "now", "offered"),
    [
        (State.HELD, BEFORE, ("pay", "cancel")),
        (State.HELD, BEFORE + minutes(10), ("cancel",)),
        (State.CONFIRMED, NOON - minutes(16), ("cancel", "extend", "shorten")),
        (State.CONFIRMED, NOON - minutes(15), ("cancel", "start", "extend", "shorten")),
        (State.CONFIRMED, NOON + hours(1), ("cancel",)),
        (State.IN_USE, NOON, ("finish", "extend", "shorten")),
        (State.IN_USE, NOON + hours(1), ("finish", "extend")),
        (State.IN_USE, NOON + hours(7 * 24), ("finish",)),
        (State.COMPLETED, NOON, ()),
        (State.EXPIRED, NOON, ()),
        (State.CANCELLED, NOON, ()),
        (State.NO_SHOW, NOON, ()),
    ],
)
def test_a_booking_says_what_its_holder_may_do_now(state: State, now: datetime, offered: tuple[str, ...]) -> None:
    assert actions(a_booking(state), None, ADA, now) == offered


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (PaymentState.REQUIRES_PAYMENT_METHOD, ("pay", "confirm", "cancel")),
        (PaymentState.REQUIRES_ACTION, ("pay", "confirm", "cancel")),
        (PaymentState.PROCESSING, ("pay", "confirm", "cancel")),
        (PaymentState.AUTHORISED, ("confirm", "cancel")),
        (PaymentState.FAILED, ("pay", "cancel")),
    ],
)
def test_a_hold_is_paid_until_it_is_secured_and_looked_at_again_once_that_began(
    state: PaymentState, offered: tuple[str, ...]
) -> None:
    held = a_booking(State.HELD)
    assert actions(held, a_payment(held, state), ADA, BEFORE) == offered


def test_nobody_pays_for_somebody_else() -> None:
    assert actions(a_booking(State.HELD), None, GRACE, BEFORE) == ("cancel",)


def test_a_refused_hold_on_a_saved_card_is_mended_until_two_hours_before_the_start() -> None:
    booking = a_booking(State.CONFIRMED)
    refused = a_payment(booking, PaymentState.FAILED, purpose=Purpose.LATER_HOLD)
    mending = another(refused, PaymentState.REQUIRES_ACTION)

    assert actions(booking, refused, ADA, NOON - hours(2) - minutes(1)) == ("pay", "cancel", "shorten")
    assert actions(booking, mending, ADA, NOON - hours(2) - minutes(1)) == ("pay", "cancel", "shorten")
    assert actions(booking, refused, ADA, NOON - hours(2)) == ("cancel", "shorten")


def test_a_hold_that_is_being_made_in_the_holders_absence_asks_nothing_of_them() -> None:
    booking = a_booking(State.CONFIRMED)
    begun = a_payment(booking, PaymentState.REQUIRES_PAYMENT_METHOD, purpose=Purpose.LATER_HOLD)
    assert actions(booking, begun, ADA, NOON - hours(23)) == ("cancel", "extend", "shorten")


def saved_card(booking: Booking) -> Payment:
    return a_payment(booking, PaymentState.SAVED, kind=Kind.SETUP)


def test_the_latest_payment_that_did_not_fail_is_the_one_that_counts() -> None:
    first = a_payment(a_booking())
    failed = another(first, PaymentState.FAILED)
    assert current_payment([]) is None
    assert current_payment([failed, first]) == first
    assert current_payment([failed]) == failed


def test_a_failed_hold_overrides_the_saved_card_that_it_was_tried_on() -> None:
    saved = saved_card(a_booking())
    failed = another(saved, PaymentState.FAILED, Purpose.LATER_HOLD)
    assert current_payment([saved, failed]) == failed
    assert current_payment([saved, another(saved, PaymentState.AUTHORISED, Purpose.LATER_HOLD)]) != saved


def test_a_card_saved_after_a_failure_is_the_news() -> None:
    failed = a_payment(a_booking(), PaymentState.FAILED)
    saved = another(failed, PaymentState.SAVED)
    assert current_payment([failed, saved]) == saved
