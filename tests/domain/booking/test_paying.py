"""Who may pay when, and what a secured price does to a booking."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, Payer, ReasonCode, State
from domain.booking.events import BookingConfirmed
from domain.booking.life import bill
from domain.booking.paying import NotPayable, PaymentDue, pay, secured
from domain.payments.payments import Kind, Payment, PaymentId, PaymentState, Purpose, RecoveryPoint
from domain.payments.settlement import first_payment, replacement
from domain.refusals import Refusal
from tests.examples import NOON, a_booking, a_payment, a_resource, an_actor, an_id, an_order, hours, minutes

ADA, BEN = an_actor("ada"), an_actor("ben")
NEXT = PaymentId(an_id("next payment"))
HELD = a_booking(State.HELD)
MADE = HELD.made_at
CONFIRMED = a_booking(State.CONFIRMED)
EXPIRED = a_booking(State.EXPIRED)
OPEN = a_payment(HELD, PaymentState.REQUIRES_ACTION)
SAVED = a_payment(CONFIRMED, PaymentState.SAVED, kind=Kind.SETUP, recovery_point=RecoveryPoint.SETTLED)
REFUSED = a_payment(
    CONFIRMED,
    PaymentState.FAILED,
    id=PaymentId(an_id("refused")),
    purpose=Purpose.LATER_HOLD,
    recovery_point=RecoveryPoint.SETTLED,
)
AGAIN = a_payment(CONFIRMED, PaymentState.REQUIRES_PAYMENT_METHOD, id=PaymentId(an_id("again")))


def asked(booking: Booking | None, *payments: Payment, at: datetime = MADE) -> PaymentDue | Refusal[NotPayable]:
    return pay(booking, payments, ADA, NEXT, at)


def test_a_hold_is_paid_by_a_payment_of_its_own_and_waits_a_quarter_of_an_hour() -> None:
    now = MADE + minutes(2)
    waiting = replace(
        HELD, hold_expires_at=now + minutes(15), hold_extended=True, updated_at=now, version=HELD.version + 1
    )
    due = asked(HELD, at=now)
    assert due == PaymentDue(first_payment(bill(HELD), NEXT, now), waiting)
    assert isinstance(due, PaymentDue)
    assert due.expires_at == now + minutes(15)


def test_the_hold_waits_longer_once_and_never_shorter() -> None:
    waited = replace(HELD, hold_extended=True)
    assert asked(waited, OPEN, at=MADE + minutes(5)) == PaymentDue(OPEN, waited)
    long = replace(HELD, hold_expires_at=MADE + hours(1))
    due = asked(long)
    assert isinstance(due, PaymentDue)
    assert due.booking.hold_expires_at == MADE + hours(1)


@pytest.mark.parametrize("state", [PaymentState.REQUIRES_ACTION, PaymentState.PROCESSING, PaymentState.AUTHORISED])
def test_what_was_begun_goes_on(state: PaymentState) -> None:
    waited = replace(HELD, hold_extended=True)
    begun = replace(OPEN, state=state)
    assert asked(waited, begun) == PaymentDue(begun, waited)


def test_what_was_withdrawn_makes_room_for_another() -> None:
    withdrawn = replace(OPEN, state=PaymentState.RELEASED, recovery_point=RecoveryPoint.SETTLED)
    due = asked(HELD, withdrawn)
    assert isinstance(due, PaymentDue)
    assert due.payment == first_payment(bill(HELD), NEXT, MADE)


def test_nobody_pays_for_somebody_else() -> None:
    assert pay(HELD, (), BEN, NEXT, MADE) == Refusal(NotPayable.UNKNOWN_BOOKING)
    assert asked(None) == Refusal(NotPayable.UNKNOWN_BOOKING)


@pytest.mark.parametrize("state", [State.IN_USE, State.COMPLETED, State.EXPIRED, State.CANCELLED, State.NO_SHOW])
def test_what_does_not_wait_for_money_is_not_paid(state: State) -> None:
    assert asked(a_booking(state)) == Refusal(NotPayable.WRONG_STATE)


def test_a_hold_whose_time_is_over_is_not_paid() -> None:
    assert HELD.hold_expires_at is not None
    assert asked(HELD, at=HELD.hold_expires_at) == Refusal(NotPayable.WRONG_STATE)


def test_what_the_cost_centre_pays_is_not_paid_again() -> None:
    car = a_resource()
    free = a_booking(State.CONFIRMED, car, order=an_order(car, payer=Payer.COST_CENTRE))
    assert asked(free) == Refusal(NotPayable.NOTHING_TO_PAY)


def test_a_payment_that_succeeded_is_shown_again() -> None:
    held = a_payment(CONFIRMED)
    due = asked(CONFIRMED, held)
    assert due == PaymentDue(held, CONFIRMED)
    assert isinstance(due, PaymentDue)
    assert due.expires_at is None


def test_a_refused_hold_is_mended_until_two_hours_before_the_start() -> None:
    before = NOON - hours(2) - timedelta(seconds=1)
    due = asked(CONFIRMED, SAVED, REFUSED, at=before)
    assert due == PaymentDue(replacement(bill(CONFIRMED), NEXT, before), CONFIRMED)
    assert isinstance(due, PaymentDue)
    assert due.expires_at == NOON - hours(2)
    assert asked(CONFIRMED, SAVED, REFUSED, AGAIN, at=before) == PaymentDue(AGAIN, CONFIRMED)
    assert asked(CONFIRMED, SAVED, REFUSED, AGAIN, at=NOON - hours(2)) == Refusal(NotPayable.TOO_LATE_TO_PAY)


def test_a_mended_hold_is_shown_again() -> None:
    mended = replace(AGAIN, state=PaymentState.AUTHORISED, recovery_point=RecoveryPoint.SETTLED)
    assert asked(CONFIRMED, SAVED, REFUSED, mended) == PaymentDue(mended, CONFIRMED)


def test_a_secured_hold_is_confirmed_even_if_its_time_was_over() -> None:
    late = MADE + hours(1)
    confirmed = replace(HELD, state=State.CONFIRMED, hold_expires_at=None, updated_at=late, version=HELD.version + 1)
    assert secured(HELD, [a_payment(HELD)], late) == BookingConfirmed(confirmed)


def test_an_expired_hold_comes_back_to_life_with_nothing_owed() -> None:
    late = MADE + hours(1)
    assert secured(EXPIRED, [a_payment(EXPIRED)], late) == BookingConfirmed(
        replace(
            EXPIRED, state=State.CONFIRMED, reason_code=None, fee=None, updated_at=late, version=EXPIRED.version + 1
        )
    )


@pytest.mark.parametrize(
    ("booking", "payment"),
    [
        (HELD, OPEN),
        (HELD, a_payment(HELD, PaymentState.RELEASED)),
        (EXPIRED, replace(a_payment(EXPIRED), recovery_point=RecoveryPoint.RELEASING)),
        (replace(EXPIRED, reason_code=ReasonCode.PAYMENT_FAILED), a_payment(EXPIRED)),
        (a_booking(State.CANCELLED), a_payment(a_booking(State.CANCELLED))),
        (CONFIRMED, a_payment(CONFIRMED)),
        (a_booking(State.IN_USE), a_payment(a_booking(State.IN_USE))),
    ],
)
def test_nothing_else_is_confirmed(booking: Booking, payment: Payment) -> None:
    assert secured(booking, [payment], MADE) is None


def test_what_has_ended_is_not_confirmed_any_more() -> None:
    assert secured(HELD, [a_payment(HELD)], HELD.end) is None
    assert secured(EXPIRED, [a_payment(EXPIRED)], EXPIRED.end) is None
