"""Who has to say yes before a booking counts, and what follows from a yes, a no and no word at all."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.actions import actions
from domain.booking.approval import Approval, ApprovalState
from domain.booking.approval_rules import Approving, Condition, Ground
from domain.booking.approving import approve, decisions, reject
from domain.booking.bookings import Booking, Grant, Payer, ReasonCode, State
from domain.booking.events import (
    AlreadyThere,
    BookingApproved,
    BookingCancelled,
    BookingConfirmed,
    BookingExpired,
    NotPossible,
)
from domain.booking.holds import hold
from domain.booking.life import cancel, confirm, expire, is_covered
from domain.booking.paying import is_regained, pay, secured
from domain.identity import Role
from domain.payments.payments import PaymentId
from domain.refusals import Refusal
from tests.examples import (
    NOON,
    TOWN_HALL,
    a_booking,
    a_payment,
    a_pool_car,
    an_actor,
    an_agreement,
    an_id,
    an_offer,
    an_order,
    euros,
    hours,
    minutes,
    person_id,
)

NOW = NOON - hours(48)
DUE = NOW + hours(4)
CAR = a_pool_car(shared=True, approving=Approving(4 * 3600))
MANAGER = an_actor("grace", Role.FLEET_MANAGER, pools=[TOWN_HALL])
OPERATOR = an_actor("olga", Role.OPERATOR)
ADA = an_actor("ada", Role.DRIVER)
PENDING = Approval(ApprovalState.PENDING, DUE)
APPROVED = Approval(ApprovalState.APPROVED, DUE, person_id("grace"), NOW)
WRONG_STATE = Refusal(NotPossible.WRONG_STATE)


def waiting(payer: Payer = Payer.SELF, state: State = State.HELD, **changes: Any) -> Booking:
    """Ada's, made just now."""
    facts: dict[str, Any] = {"approval": PENDING, "hold_expires_at": DUE if state is State.HELD else None}
    booking = a_booking(state, CAR, order=an_order(CAR, payer=payer), made_at=NOW)
    return replace(booking, **(facts | changes))


def held_by(*roles: Role, pools: tuple[str, ...] = (), now: datetime = NOW, payer: Payer = Payer.SELF) -> Booking:
    order = an_order(CAR, payer=payer)
    grant = hold(order, an_offer(CAR), an_agreement(order, CAR, now), an_actor("ada", *roles, pools=pools), now)
    assert isinstance(grant, Grant)
    return grant.booking


def asked_until(due: datetime, now: datetime = NOW) -> Approval:
    """Without rules, because everything is asked for; half way the manager is reminded, where that is not at once."""
    half = (due - now) / 2
    at = now + half if half >= minutes(15) else None
    whole = (Ground(Condition.ALWAYS),)
    return Approval(ApprovalState.PENDING, due, grounds=whole, remind_at=at, end=NOON + hours(1))


# -- who waits, and until when


@pytest.mark.parametrize("payer", Payer)
def test_a_booking_of_a_pool_that_wants_to_approve_is_held_until_that_is_due(payer: Payer) -> None:
    booking = held_by(Role.DRIVER, payer=payer)
    assert (booking.state, booking.approval, booking.hold_expires_at) == (State.HELD, asked_until(DUE), DUE)


def test_whoever_runs_the_pool_asks_nobody() -> None:
    booking = held_by(Role.FLEET_MANAGER, pools=(TOWN_HALL,), payer=Payer.COST_CENTRE)
    assert (booking.state, booking.approval) == (State.CONFIRMED, None)
    elsewhere = held_by(Role.FLEET_MANAGER, pools=("fire-brigade",))
    assert elsewhere.approval == asked_until(DUE)


@pytest.mark.parametrize(
    ("before", "due_before"), [(hours(48), hours(44)), (hours(3), hours(0)), (minutes(1), -minutes(9))]
)
def test_the_approval_is_due_at_the_start_at_the_latest_if_there_is_time_for_it(
    before: timedelta, due_before: timedelta
) -> None:
    booking = held_by(Role.DRIVER, now=NOON - before)
    assert booking.approval == asked_until(NOON - due_before, NOON - before)


# -- what waits with it


def test_what_is_not_paid_has_to_be_paid_before_the_approval_is_asked_for() -> None:
    assert confirm(waiting(), covered=False, now=NOW) == Refusal(NotPossible.PAYMENT_REQUIRED)
    assert confirm(waiting(), covered=True, now=NOW) == Refusal(NotPossible.APPROVAL_PENDING)


def test_what_a_cost_centre_pays_for_waits_for_the_approval_alone() -> None:
    booking = waiting(Payer.COST_CENTRE)
    assert confirm(booking, is_covered(booking, (), NOW), NOW) == Refusal(NotPossible.APPROVAL_PENDING)
    assert actions(booking, None, ADA, NOW) == ("cancel",)


def test_a_card_does_not_confirm_what_nobody_has_approved() -> None:
    booking = waiting()
    assert secured(booking, [a_payment(booking)], NOW) is None
    assert secured(replace(booking, approval=APPROVED), [a_payment(booking)], NOW) is not None


def test_paying_does_not_move_the_due_date() -> None:
    booking = waiting(approval=replace(PENDING, due_at=NOW + minutes(5)), hold_expires_at=NOW + minutes(5))
    due = pay(booking, (), ADA, PaymentId(an_id("payment")), NOW)
    assert not isinstance(due, Refusal)
    assert due.booking == booking


# -- yes


@pytest.mark.parametrize("actor", [MANAGER, OPERATOR])
def test_what_is_paid_is_confirmed_by_the_approval(actor: Any) -> None:
    booking = waiting()
    given = Approval(ApprovalState.APPROVED, DUE, actor.id, NOW)
    expected = replace(booking, state=State.CONFIRMED, approval=given, hold_expires_at=None, updated_at=NOW, version=2)
    assert approve(booking, CAR, [a_payment(booking)], actor, NOW) == BookingConfirmed(expected)


def test_where_nothing_is_to_pay_the_approval_confirms() -> None:
    assert isinstance(approve(waiting(Payer.COST_CENTRE), CAR, (), MANAGER, NOW), BookingConfirmed)


@pytest.mark.parametrize(
    ("before", "to_pay_until"), [(hours(47), NOON - hours(23)), (hours(5), NOON), (minutes(1), NOON + minutes(14))]
)
def test_what_is_not_paid_yet_has_a_day_for_it_or_until_the_start(before: timedelta, to_pay_until: datetime) -> None:
    now = NOON - before
    approval = Approval(ApprovalState.PENDING, now + minutes(30))
    booking = waiting(approval=approval, hold_expires_at=approval.due_at)
    given = Approval(ApprovalState.APPROVED, approval.due_at, MANAGER.id, now)
    assert approve(booking, CAR, (), MANAGER, now) == BookingApproved(
        replace(booking, approval=given, hold_expires_at=to_pay_until, updated_at=now, version=2)
    )


def test_a_second_yes_changes_nothing() -> None:
    booking = waiting(approval=APPROVED)
    assert approve(booking, CAR, (), MANAGER, NOW) == AlreadyThere(booking)


# -- no


def test_a_no_cancels_free_of_charge_and_is_explained() -> None:
    booking = waiting()
    said = Approval(ApprovalState.REJECTED, DUE, MANAGER.id, NOW)
    cancelled = replace(
        booking,
        state=State.CANCELLED,
        approval=said,
        reason_code=ReasonCode.APPROVAL_REJECTED,
        reason="Winterdienst",
        fee=euros("0.00"),
        hold_expires_at=None,
        updated_at=NOW,
        version=2,
    )
    assert reject(booking, CAR, "Winterdienst", MANAGER, NOW) == BookingCancelled(cancelled)
    assert reject(cancelled, CAR, None, OPERATOR, NOW) == AlreadyThere(cancelled)


def test_a_holder_who_gives_up_waiting_withdraws_the_question() -> None:
    outcome = cancel(waiting(), True, NOW)
    assert isinstance(outcome, BookingCancelled)
    assert outcome.booking.approval == replace(PENDING, state=ApprovalState.WITHDRAWN)


# -- no word


def test_without_a_word_by_the_due_date_the_booking_expires_and_a_late_payment_does_not_revive_it() -> None:
    booking = waiting()
    assert expire(booking, DUE - minutes(1)) == WRONG_STATE
    outcome = expire(booking, DUE)
    assert isinstance(outcome, BookingExpired)
    assert (outcome.booking.reason_code, outcome.booking.approval) == (
        ReasonCode.APPROVAL_MISSED,
        replace(PENDING, state=ApprovalState.MISSED),
    )
    assert not is_regained(outcome.booking)
    assert secured(outcome.booking, [a_payment(booking)], DUE) is None


def test_what_was_approved_and_not_paid_expires_like_any_hold() -> None:
    outcome = expire(waiting(approval=APPROVED), DUE)
    assert isinstance(outcome, BookingExpired)
    assert (outcome.booking.reason_code, outcome.booking.approval) == (ReasonCode.HOLD_EXPIRED, APPROVED)


# -- by whom, and when


@pytest.mark.parametrize(
    ("booking", "at"),
    [
        (waiting(), DUE),
        (waiting(approval=None), NOW),
        (waiting(state=State.CONFIRMED, approval=None), NOW),
        (waiting(state=State.CANCELLED), NOW),
        (waiting(state=State.EXPIRED), NOW),
    ],
)
def test_nothing_else_can_be_decided_on(booking: Booking, at: datetime) -> None:
    assert approve(booking, CAR, (), MANAGER, at) == WRONG_STATE
    assert reject(booking, CAR, None, MANAGER, at) == WRONG_STATE
    assert decisions(booking, CAR, MANAGER, at) == ()


@pytest.mark.parametrize(
    "actor",
    [ADA, an_actor("ada"), an_actor("ada", Role.FLEET_MANAGER, pools=["fire-brigade"]), an_actor("ada", Role.FINANCE)],
)
def test_holders_and_others_do_not_decide(actor: Any) -> None:
    assert approve(waiting(), CAR, (), actor, NOW) == Refusal(NotPossible.FORBIDDEN)
    assert reject(waiting(), CAR, None, actor, NOW) == Refusal(NotPossible.FORBIDDEN)
    assert decisions(waiting(), CAR, actor, NOW) == ()


def test_whoever_may_decide_is_told_so() -> None:
    assert decisions(waiting(), CAR, MANAGER, NOW) == decisions(waiting(), CAR, OPERATOR, NOW) == ("approve", "reject")
