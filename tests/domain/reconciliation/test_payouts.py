"""Payouts as what is expected at the bank: found by their reference, else by amount and day; what failed is not missed."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.payments.transactions import Payout, PayoutState
from domain.reconciliation.exceptions import ExceptionKind
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from domain.reconciliation.matching import Rule, rest
from domain.reconciliation.payouts import awaited
from domain.reconciliation.reconciling import Outcome, reconcile
from domain.reconciliation.statements import BankLine
from tests.domain.payments.test_transactions import a_payout
from tests.domain.reconciliation.statements import MONDAY, a_heading, a_line

NAME = "STRIPE TECHNOLOGY EUROPE LTD"
ARRIVES = date(2026, 11, 25)


def line(position: int, amount: int, **said: Any) -> BankLine:
    return replace(a_line(a_heading(19), position, amount, **said), counterparty=NAME)  # of Wednesday


def look(lines: list[BankLine], *payouts: Payout, days: int = 3) -> Outcome:
    expected = awaited(payouts, "stripe")
    return reconcile(lines, rest(lines, ()), expected, rejected=frozenset(), today=ARRIVES + timedelta(days))


def test_a_payout_is_expected_on_its_day_under_its_references() -> None:
    paid = a_payout(PayoutState.PAID, trace_id="ST-K3L9Q8")
    expected = Expected(
        ExpectedId("payout:po_1"), ExpectedKind.PAYOUT, 1908, "EUR", ARRIVES, ("ST-K3L9Q8", "po_1"), "stripe"
    )
    assert awaited([paid], "stripe") == (expected,)


def test_a_negative_one_is_drawn_from_the_account() -> None:
    drawn = look([line(1, -3970)], a_payout(PayoutState.PAID, amount=-3970))
    assert [(each.rule, each.parts[0].amount) for each in drawn.matches] == [(Rule.AMOUNT_AND_DATE, -3970)]


def test_the_reference_counts_before_amount_and_day() -> None:
    """Two of one amount on one day: only the bank's reference tells them apart."""
    first, second = (a_payout(PayoutState.PAID, id=f"po_{n}", trace_id=f"TRACE-000{n}") for n in (1, 2))
    lines = [line(1, 1908, text="STRIPE TRACE-0002"), line(2, 1908, end_to_end_id="TRACE-0001")]
    found = look(lines, first, second)
    by_line = {each.parts[0].line_id: each.parts[0].expected_id for each in found.matches}
    assert by_line == {lines[0].id: "payout:po_2", lines[1].id: "payout:po_1"}
    assert {each.rule for each in found.matches} == {Rule.REFERENCE}


def test_without_a_reference_two_of_one_amount_are_left_to_a_person() -> None:
    found = look([line(1, 1908)], *(a_payout(PayoutState.PAID, id=f"po_{n}") for n in (1, 2)))
    assert [each.kind for each in found.findings] == [ExceptionKind.AMBIGUOUS_LINE]


def test_one_that_does_not_come_is_missed_after_some_days() -> None:
    assert look([], a_payout(PayoutState.PAID), days=5).findings == ()
    assert [each.kind for each in look([], a_payout(PayoutState.PAID), days=6).findings] == [
        ExceptionKind.MISSING_AT_BANK
    ]


def test_one_that_failed_is_not_missed_and_explains_money_that_came_and_went() -> None:
    failed = a_payout(PayoutState.FAILED, trace_id="TRACE-0001")
    assert look([], failed, days=99).findings == ()
    came, went = line(1, 1908, text="TRACE-0001"), line(2, -1908, text="Rueckgabe TRACE-0001")
    found = look([came, went], failed)
    assert {(each.parts[0].expected_id, each.parts[0].amount) for each in found.matches} == {
        ("payout:po_1", 1908),
        ("payout:po_1:return", -1908),
    }


@pytest.mark.parametrize("payout", [a_payout(PayoutState.CANCELED), a_payout(PayoutState.PAID, amount=0)])
def test_what_never_goes_is_not_expected(payout: Payout) -> None:
    assert awaited([payout], "stripe") == ()


@given(st.lists(st.tuples(st.integers(-99_999, 99_999), st.sampled_from(PayoutState), st.integers(0, 20)), max_size=8))
def test_every_payout_that_goes_its_way_is_expected_once_with_its_amount(
    drawn: list[tuple[int, PayoutState, int]],
) -> None:
    payouts = [
        a_payout(state, id=f"po_{n}", amount=amount, arrives_on=MONDAY + timedelta(days))
        for n, (amount, state, days) in enumerate(drawn)
    ]
    expected = awaited(payouts, "stripe")
    assert len({each.id for each in expected}) == len(expected)
    going = [each for each in payouts if each.amount and not each.is_over]
    assert [(each.amount, each.due_on) for each in expected if each.kind is ExpectedKind.PAYOUT] == [
        (each.amount, each.arrives_on) for each in going
    ]
