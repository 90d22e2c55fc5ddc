"""The deposit of a booking: who claims of it, when, how much, and what that is invoiced as."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, Payer, State
from domain.booking.deposits import ClaimDeposit, NotClaimable, claim_deposit, is_kept_out, no_deposit
from domain.booking.events import BookingCancelled, BookingNotUsed, DepositClaimed, NotPossible
from domain.booking.invoicing import billed
from domain.booking.life import bill, not_used
from domain.booking.publishing import policy_faults
from domain.booking.terms import DepositAsked, DepositPolicy, frozen_terms
from domain.booking.withdrawing import cancel_or_withdraw
from domain.identity import Actor, Role
from domain.invoicing.invoices import Why
from domain.payments.deposits import Deposit, claimable_until
from domain.payments.payments import Payment, PaymentId, PaymentState, Purpose, RecoveryPoint
from domain.payments.settlement import CaptureHold, Contested, debt, is_owing, next_step
from domain.pricing.quotes import LineKind
from domain.refusals import Refusal
from tests.examples import (
    A_DEAL,
    BERLIN,
    NOON,
    SHORT_POLICY,
    TOWN_HALL,
    a_booking,
    a_payment,
    a_pool_car,
    an_actor,
    an_id,
    euros,
    hours,
)

CAR = a_pool_car(shared=True)
TWO = NOON + hours(2)
POLICY = replace(SHORT_POLICY, deposit=DepositPolicy(Decimal(150), 2 * 86400))
GERD = an_actor("gerd", Role.FLEET_MANAGER, pools=[TOWN_HALL])
FATIMA = an_actor("fatima", Role.FINANCE)
OF_THE_LIBRARY = an_actor("lea", Role.FLEET_MANAGER, pools=["library"])
ADA_TOO = an_actor("ada", Role.FINANCE)


def a_trip(state: State = State.COMPLETED, **changes: Any) -> Booking:
    trip = a_booking(state, CAR)
    return replace(trip, terms=frozen_terms(POLICY, trip.period, trip.quote, trip.made_at, A_DEAL), **changes)


def held(trip: Booking, **changes: Any) -> Payment:
    mine: dict[str, Any] = {"id": PaymentId(an_id("deposit")), "purpose": Purpose.DEPOSIT, "amount": euros("150.00")}
    return replace(a_payment(trip), **(mine | changes))


def claimed(trip: Booking, *payments: Payment, by: Actor = GERD, **said: Any) -> DepositClaimed | Refusal[NotClaimable]:
    command = replace(ClaimDeposit(trip.id, 9000, "Kratzer an der Tür"), **said)
    return claim_deposit(command, trip, payments or (held(trip),), TOWN_HALL, actor=by, now=TWO)


def test_what_is_asked_stands_in_the_terms_and_is_kept_after_the_use_alone() -> None:
    assert a_trip().terms.deposit == DepositAsked(euros("150.00"), 2 * 86400)
    kept = NOON + hours(1) + timedelta(days=2)
    assert [bill(a_trip(state)).deposit for state in (State.HELD, State.IN_USE, State.COMPLETED, State.CANCELLED)] == [
        Deposit(euros("150.00"), wanted=False),
        Deposit(euros("150.00"), wanted=True),
        Deposit(euros("150.00"), wanted=False, keep_until=kept),
        Deposit(euros("150.00"), wanted=False),
    ]
    assert bill(a_trip(payer=Payer.COST_CENTRE)).deposit is None


@pytest.mark.parametrize("by", [GERD, FATIMA])
def test_whoever_runs_the_pool_and_finance_claim_a_part_beside_the_price(by: Actor) -> None:
    trip = a_trip()
    outcome = claimed(trip, by=by)

    assert isinstance(outcome, DepositClaimed)
    after = outcome.booking
    assert (trip.fee, after.fee, after.quote.total) == (euros("5.00"), euros("95.00"), euros("95.00"))
    assert (after.quote.vat_total, after.version) == (trip.quote.vat_total, trip.version + 1)
    damage = after.quote.lines[-1]
    assert (damage.kind, damage.description, damage.gross, damage.vat) == (
        LineKind.DAMAGE, "Kratzer an der Tür", euros("90.00"), euros("0.00"),
    )  # fmt: skip
    assert bill(after).deposit == replace(bill(trip).deposit or Deposit(euros("1.00"), False), claimed=9000)


def test_the_damage_is_invoiced_by_itself_outside_of_the_tax() -> None:
    outcome = claimed(a_trip())
    assert isinstance(outcome, DepositClaimed)

    use, damage = billed(outcome.booking, (), BERLIN, TWO)

    assert (use.why, use.gross) == (Why.USE, euros("5.00"))
    assert (damage.why, damage.gross) == (Why.DAMAGE, euros("90.00"))


@pytest.mark.parametrize("by", [OF_THE_LIBRARY, ADA_TOO, an_actor("kim", Role.DRIVER, pools=[TOWN_HALL])])
def test_for_anybody_else_and_of_her_own_there_is_no_such_booking(by: Actor) -> None:
    assert claimed(a_trip(), by=by) == Refusal(NotClaimable.UNKNOWN_BOOKING)


@pytest.mark.parametrize("state", [state for state in State if state is not State.COMPLETED])
def test_nothing_is_claimed_of_what_was_not_used_to_its_end(state: State) -> None:
    assert claimed(a_trip(state)) == Refusal(NotClaimable.WRONG_STATE)


def test_not_more_is_claimed_than_is_held_and_not_twice() -> None:
    trip = a_trip()
    first = claimed(trip, amount=15000)

    assert isinstance(first, DepositClaimed)
    assert claimed(first.booking, amount=1) == Refusal(NotClaimable.DEPOSIT_CLAIMED)
    assert claimed(trip, amount=15001) == Refusal(NotClaimable.MORE_THAN_DEPOSIT, "/amount/amount")
    assert claimed(trip, seen=trip.version - 1) == Refusal(NotClaimable.VERSION_MISMATCH)
    assert claimed(a_booking(State.COMPLETED, CAR)) == Refusal(NotClaimable.NO_DEPOSIT)


@pytest.mark.parametrize(
    "changes", [{"recovery_point": RecoveryPoint.RELEASING}, {"capture_before": TWO}, {"purpose": Purpose.BOOKING}]
)
def test_what_is_being_let_go_or_has_lapsed_is_there_no_more(changes: dict[str, Any]) -> None:
    trip = a_trip()
    gone = held(trip, **changes)

    assert claimed(trip, gone) == Refusal(NotClaimable.DEPOSIT_GONE)
    assert no_deposit(a_trip(State.CONFIRMED), [gone], TWO) == Refusal(NotPossible.DEPOSIT_REQUIRED)


def test_a_claim_is_taken_of_the_deposit_and_the_price_of_its_own_hold() -> None:
    outcome = claimed(a_trip())
    assert isinstance(outcome, DepositClaimed)
    trip = outcome.booking
    price = a_payment(trip, amount=euros("60.00"))
    taken = replace(price, state=price.state.CAPTURED, captured=500)

    def step(*payments: Payment) -> object:
        return next_step(bill(trip), payments, PaymentId(an_id("new")), TWO, Contested())

    assert step(price, held(trip)) == CaptureHold(price, 500)
    assert step(taken, held(trip)) == CaptureHold(held(trip), 9000)
    assert step(taken, replace(held(trip), state=price.state.CAPTURED, captured=9000)) is None


def test_terms_say_what_is_wrong_with_the_deposit() -> None:
    assert policy_faults(POLICY) == ()
    assert policy_faults(replace(POLICY, deposit=DepositPolicy(Decimal(15000), 5 * 86400))) == (
        "terms.deposit.amount is 1 to 5000",
        "terms.deposit.release_after_s is at most 4 days: a card holds nothing longer than a week, and often less",
    )


@pytest.mark.parametrize(
    ("state", "purpose", "fee"),
    [
        (PaymentState.AUTHORISED, Purpose.DEPOSIT, True),
        (PaymentState.FAILED, Purpose.DEPOSIT, True),
        (PaymentState.REQUIRES_PAYMENT_METHOD, Purpose.DEPOSIT_IN_PERSON, True),
        (PaymentState.REQUIRES_PAYMENT_METHOD, Purpose.DEPOSIT, False),
        (None, Purpose.DEPOSIT, False),
    ],
)
def test_whoever_is_kept_out_as_no_card_could_be_asked_pays_nothing(
    state: PaymentState | None, purpose: Purpose, fee: bool
) -> None:
    trip = a_trip(State.CONFIRMED)
    payments = [held(trip, state=state, purpose=purpose)] if state is not None else []
    assert not is_kept_out(trip, payments, trip.terms.earliest_start - timedelta.resolution)
    out = is_kept_out(trip, payments, trip.end)
    unused = not_used(trip, CAR, trip.end, kept_out=out)
    cancelled = cancel_or_withdraw(trip, CAR, by_holder=True, now=trip.end, kept_out=out)
    assert isinstance(unused, BookingNotUsed)
    assert isinstance(cancelled, BookingCancelled)
    assert (unused.booking.fee != euros("0.00"), cancelled.booking.fee != euros("0.00")) == (fee, fee)


@pytest.mark.parametrize(
    ("remainder", "deposit", "owing"),
    [
        (PaymentState.CAPTURED, PaymentState.RELEASED, True),
        (PaymentState.CAPTURED, PaymentState.AUTHORISED, False),
        (PaymentState.PROCESSING, PaymentState.RELEASED, False),
        (None, PaymentState.RELEASED, False),
    ],
)
def test_what_is_claimed_and_no_card_is_asked_for_any_more_is_paid_by_its_holder(
    remainder: PaymentState | None, deposit: PaymentState, owing: bool
) -> None:
    """The remainder was for a late end; another one is not begun."""
    outcome = claimed(a_trip())
    assert isinstance(outcome, DepositClaimed)
    owed = bill(outcome.booking)
    price = replace(
        a_payment(outcome.booking, PaymentState.CAPTURED), method_id="visa", captured=owed.amount.amount - 9100
    )
    rest = a_payment(outcome.booking, id=PaymentId(an_id("rest")), purpose=Purpose.REMAINDER, amount=euros("1.00"))
    rests = []
    if remainder is not None:
        rests = [replace(rest, state=remainder, captured=100 if remainder is PaymentState.CAPTURED else 0)]
    payments = [price, held(outcome.booking, state=deposit), *rests]
    assert is_owing(owed, payments) is owing
    due = debt(owed, PaymentId(an_id("debt")), payments, TWO)
    assert (due.amount if due else None) == (euros("90.00") if owing else None)


@pytest.mark.parametrize(
    ("hold", "until"),
    [
        ({"capture_before": TWO + hours(24)}, TWO + hours(24)),
        ({"capture_before": TWO + hours(72)}, TWO + hours(48)),
        ({"capture_before": None}, TWO + hours(48)),
        ({"state": PaymentState.RELEASED}, None),
    ],
)
def test_it_is_claimable_until_it_is_let_go_or_its_hold_lapses(hold: dict[str, Any], until: datetime | None) -> None:
    over, in_use = a_trip(finished_at=TWO), a_trip(State.IN_USE)
    asked = [bill(trip).deposit for trip in (over, in_use)]
    assert [claimable_until(due, held(over, **hold)) for due in asked if due is not None] == [until, None]
