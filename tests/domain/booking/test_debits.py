"""Paying by direct debit: what may be paid so, and what a debit does to a booking while its bank takes days to say yes or
no."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, State
from domain.booking.events import BookingCancelled, BookingConfirmed
from domain.booking.life import bill, cancel_unpaid, is_covered
from domain.booking.paying import NotPayable, PaymentDue, pay, secured, waits_for_debit
from domain.booking.resources import Service
from domain.booking.terms import DebitPolicy
from domain.payments.owing import owed
from domain.payments.payments import (
    PAY_BEFORE_START,
    Capture,
    Intent,
    Payment,
    PaymentId,
    PaymentState,
    Purpose,
    RecoveryPoint,
    observed,
)
from domain.payments.settlement import Begin, CancelUnpaid, Release, next_step
from domain.periods import Period
from domain.refusals import Refusal
from tests.examples import NOON, a_booking, a_payment, a_resource, an_actor, an_id, an_order, euros, hours, minutes

BIKE = a_resource(Service.BIKE_LEASING)
CREDITOR = "DE98ZZZ09999999999"
NEXT = PaymentId(an_id("next payment"))


def a_lease(state: State = State.HELD, debits: DebitPolicy | None = DebitPolicy()) -> Booking:  # noqa: B008 - frozen
    """Three months from noon, made two days before: 29 euros are taken at once."""
    lease = a_booking(state, BIKE, order=an_order(BIKE, period=Period(NOON, NOON + timedelta(days=91))))
    return replace(lease, terms=replace(lease.terms, debits=debits))


def a_debit(booking: Booking, state: PaymentState = PaymentState.PROCESSING) -> Payment:
    """Under way as long as its state says nothing else."""
    over = state is not PaymentState.PROCESSING
    return a_payment(
        booking,
        state,
        capture=Capture.AUTOMATIC,
        capture_before=None,
        creditor_id=CREDITOR,
        mandate="MANDATE-1",
        method_id="pm_account" if state is not PaymentState.FAILED else None,
        captured=2900 if state is PaymentState.CAPTURED else 0,
        recovery_point=RecoveryPoint.SETTLED if over else RecoveryPoint.OPENED,
    )


HELD = a_lease()
CONFIRMED = a_lease(State.CONFIRMED)
IN_USE = a_lease(State.IN_USE)
MADE = HELD.made_at


def due(booking: Booking, *payments: Payment, creditor: str | None = CREDITOR, hours_before: float = 48) -> Payment:
    found = pay(booking, payments, an_actor("ada"), NEXT, NOON - hours(hours_before), creditor_id=creditor)
    assert isinstance(found, PaymentDue), found
    return found.payment


def test_what_is_taken_at_once_may_be_debited_where_city_and_terms_offer_it() -> None:
    assert due(replace(HELD, hold_expires_at=None)).creditor_id == CREDITOR
    assert due(replace(HELD, hold_expires_at=None), creditor=None).creditor_id is None
    assert due(replace(a_lease(debits=None), hold_expires_at=None)).creditor_id is None


def test_what_is_held_is_never_debited() -> None:
    ride = a_booking(State.HELD, hold_expires_at=None)
    ride = replace(ride, terms=replace(ride.terms, debits=DebitPolicy()))
    assert (due(ride).capture, due(ride).creditor_id) == (Capture.MANUAL, None)


def test_nothing_is_debited_when_there_is_no_time_to_mend_it() -> None:
    lease = replace(HELD, hold_expires_at=None)
    assert due(lease, hours_before=2.01).creditor_id == CREDITOR
    assert due(lease, hours_before=2).creditor_id is None


@pytest.mark.parametrize("trusted", [True, False])
def test_a_debit_under_way_confirms_a_lease_that_starts_later_where_the_terms_trust_in_it(trusted: bool) -> None:
    lease = a_lease(debits=DebitPolicy(confirm_on_processing=trusted))
    event = secured(lease, [a_debit(lease)], MADE)
    assert isinstance(event, BookingConfirmed) is trusted
    assert is_covered(lease, [a_debit(lease)], MADE) is trusted
    assert secured(lease, [a_debit(lease)], NOON) is None


def test_without_that_trust_its_time_waits_for_the_money() -> None:
    lease = a_lease(debits=DebitPolicy(confirm_on_processing=False))
    waiting = waits_for_debit(lease, [a_debit(lease)], MADE)
    assert waiting == replace(
        lease, hold_expires_at=NOON - PAY_BEFORE_START, updated_at=MADE, version=lease.version + 1
    )
    assert waits_for_debit(waiting, [a_debit(lease)], MADE) is None
    assert waits_for_debit(lease, [a_debit(lease, PaymentState.FAILED)], MADE) is None
    assert isinstance(secured(waiting, [a_debit(lease, PaymentState.CAPTURED)], MADE + hours(40)), BookingConfirmed)


def test_a_bank_that_does_not_pay_is_the_end_of_that_payment_and_its_mandate_stays_known() -> None:
    under_way = a_debit(CONFIRMED)
    said = Intent("pi_1", PaymentState.FAILED, failure="payment_method_provider_decline")
    failed = observed(replace(under_way, intent_id="pi_1"), said, NOON)
    assert (failed.state, failed.recovery_point, failed.mandate) == (
        PaymentState.FAILED,
        RecoveryPoint.SETTLED,
        "MANDATE-1",
    )
    card = observed(failed, Intent("pi_1", PaymentState.CAPTURED, "pm_card", captured=2900), NOON)
    assert (card.captured, card.mandate) == (2900, None)


def test_before_the_start_the_holder_mends_it_or_the_lease_goes_free_of_charge() -> None:
    failed = a_debit(CONFIRMED, PaymentState.FAILED)
    assert (due(CONFIRMED, failed).capture, due(CONFIRMED, failed).creditor_id) == (Capture.AUTOMATIC, CREDITOR)
    early, late = NOON - PAY_BEFORE_START - minutes(1), NOON - PAY_BEFORE_START
    assert next_step(bill(CONFIRMED), [failed], NEXT, early) is None
    assert next_step(bill(CONFIRMED), [failed], NEXT, late) == CancelUnpaid()
    assert isinstance(cancel_unpaid(CONFIRMED, [failed], late), BookingCancelled)
    asked = pay(CONFIRMED, [failed], an_actor("ada"), NEXT, late, creditor_id=CREDITOR)
    assert asked == Refusal(NotPayable.TOO_LATE_TO_PAY)


def test_once_the_use_has_begun_it_is_a_debt_that_the_holder_may_pay_herself() -> None:
    failed, bill_now = a_debit(IN_USE, PaymentState.FAILED), bill(IN_USE)
    assert owed(bill(CONFIRMED), [failed], ()) == euros("0.00")
    assert owed(bill_now, [failed], ()) == euros("29.00")
    assert next_step(bill_now, [failed], NEXT, NOON + hours(5)) is None
    debt = due(IN_USE, failed, hours_before=-5)
    assert (debt.purpose, debt.amount, debt.creditor_id) == (Purpose.DEBT, euros("29.00"), CREDITOR)
    left = replace(debt, recovery_point=RecoveryPoint.OPENED)
    assert next_step(bill_now, [failed, left], NEXT, NOON + hours(6)) is None
    assert next_step(bill_now, [failed, left], NEXT, NOON + hours(30)) == Release(left)


def test_what_is_missing_in_the_end_is_debited_by_the_same_mandate_and_nothing_is_held_on_it() -> None:
    taken = a_debit(CONFIRMED, PaymentState.CAPTURED)
    more = replace(bill(replace(CONFIRMED, state=State.COMPLETED, fee=euros("31.00"))))
    step = next_step(more, [taken], NEXT, NOON + hours(1))
    assert isinstance(step, Begin)
    assert (step.payment.method_id, step.payment.creditor_id, step.payment.amount) == (
        "pm_account",
        CREDITOR,
        euros("2.00"),
    )
    ride = bill(a_booking(State.CONFIRMED))
    gone = replace(taken, state=PaymentState.REFUNDED, refunded=2900, captured=1)
    assert next_step(ride, [gone], NEXT, NOON - hours(1)) is None
