"""What is owed of a bill that payments did not bring, or of which a bank took something back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.money import Money
from domain.payments.deposits import Deposit
from domain.payments.owing import contested, owed
from domain.payments.payments import Capture, Kind, Payment, PaymentId, PaymentState, Purpose, RecoveryPoint
from domain.payments.settlement import Bill, Contested, Phase
from domain.payments.transactions import Dispute, DisputeState, LostDispute
from tests.examples import an_id, person_id

NOW = datetime(2030, 6, 3, 12, tzinfo=UTC)
ADA = person_id("ada")


def a_bill(amount: int) -> Bill:
    start = NOW - timedelta(hours=3)
    return Bill(an_id("booking"), ADA, Phase.OWED, Money(amount, "EUR"), start, NOW)


def a_payment(captured: int, refunded: int = 0) -> Payment:
    """Of which a bank debited so much, and so much was given back."""
    made = Payment(
        PaymentId(an_id("payment")),
        an_id("booking"),
        ADA,
        Kind.PAYMENT,
        Purpose.BOOKING,
        Capture.AUTOMATIC,
        Money(captured, "EUR"),
        NOW,
        NOW,
    )
    return replace(
        made,
        state=PaymentState.CAPTURED,
        recovery_point=RecoveryPoint.SETTLED,
        captured=captured,
        refunded=refunded,
    )


def lost(amount: int, *, is_claimed: bool = True) -> LostDispute:
    return LostDispute("dp_1", amount, "EUR", "debit_not_authorized", NOW, NOW, is_claimed)


@pytest.mark.parametrize(
    ("bill", "payment", "dispute", "expected"),
    [
        pytest.param(100, a_payment(100), lost(100), 100, id="all of it came back"),
        pytest.param(20, a_payment(100), lost(100), 20, id="all came back, and only 20 were used"),
        pytest.param(100, a_payment(100, 30), lost(70), 70, id="30 were goodwill"),
        pytest.param(20, a_payment(100, 80), lost(20), 20, id="what was too much was given back before"),
        pytest.param(20, a_payment(100, 80), lost(100), 100, id="the bank took back what was given back as well"),
        pytest.param(120, a_payment(100), lost(100), 120, id="and 20 were never taken"),
        pytest.param(100, a_payment(100), lost(100, is_claimed=False), 0, id="it is the city's loss"),
        pytest.param(100, a_payment(100, 30), lost(0), 0, id="goodwill alone is not asked for"),
    ],
)
def test_a_debit_that_came_back_is_owed_as_far_as_the_bill_is_open(
    bill: int, payment: Payment, dispute: LostDispute, expected: int
) -> None:
    assert owed(a_bill(bill), (payment,), (dispute,)) == Money(expected, "EUR")


def a_dispute(name: str, state: DisputeState, *, withdrawn: int = 3_000, is_refundable: bool = False) -> Dispute:
    """About 30 euros of the payment of that name."""
    payment_id = PaymentId(an_id(name))
    made = Dispute(
        f"dp_{name}", "ch", "pi", 3_000, "EUR", "fraudulent", state, NOW, is_refundable, payment_id=payment_id
    )
    return replace(made, withdrawn=withdrawn)


def test_what_banks_have_is_lost_or_undecided() -> None:
    given_in, returned, regained = "given in", "returned", "regained"
    disputes = (
        a_dispute(given_in, DisputeState.LOST),
        a_dispute(returned, DisputeState.LOST),
        a_dispute(regained, DisputeState.WON, withdrawn=0),
        a_dispute("open", DisputeState.UNDER_REVIEW),
        a_dispute("on its way back", DisputeState.WON),
        a_dispute("given back by the bank", DisputeState.PREVENTED),
        a_dispute("inquiry", DisputeState.INQUIRY, withdrawn=0, is_refundable=True),
        replace(a_dispute("another's", DisputeState.UNDER_REVIEW), payment_id=None),
    )
    gone = [
        replace(lost(3_000), id=f"dp_{name}", is_claimed=name == returned) for name in (given_in, returned, regained)
    ]
    gone[2] = replace(gone[2], won_at=NOW)
    undecided = ("open", "on its way back", "given back by the bank")
    assert contested(disputes, gone) == Contested(
        {PaymentId(an_id(name)): 3_000 for name in (given_in, returned)},
        3_000,
        {PaymentId(an_id(name)): 3_000 for name in undecided},
    )


cents = st.integers(0, 500)


@given(cents, cents, cents, cents)
def test_never_more_is_owed_than_the_bill_leaves_open(bill: int, captured: int, refunded: int, taken: int) -> None:
    payment = a_payment(captured, min(refunded, captured))
    found = owed(a_bill(bill), (payment,), (lost(taken),))
    assert found is not None
    kept = captured - min(refunded, captured) - min(taken, captured)
    assert 0 <= found.amount <= max(bill - kept, 0)
    assert found.is_zero or kept < bill
    assert owed(a_bill(bill), (payment,), ()) == Money(max(bill - captured, 0), "EUR")


@pytest.mark.parametrize(("claimed", "expected"), [(0, Money(30, "EUR")), (50, None)])
def test_a_deposit_that_is_kept_for_a_while_is_no_money_under_way_unless_it_is_claimed(
    claimed: int, expected: Money | None
) -> None:
    deposit = replace(
        a_payment(0), id=PaymentId(an_id("deposit")), purpose=Purpose.DEPOSIT, state=PaymentState.AUTHORISED
    )
    bill = replace(a_bill(130 + claimed), deposit=Deposit(Money(150, "EUR"), wanted=False, claimed=claimed))
    assert owed(bill, [a_payment(100), deposit], []) == expected
