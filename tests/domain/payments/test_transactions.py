"""What the provider says of payouts and disputes, in any order and as often as it likes."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.payments.transactions import (
    NEWS,
    TRANSACTION_SEEN,
    Dispute,
    DisputeState,
    Payout,
    PayoutState,
    dispute_news,
    dispute_seen,
    payout_news,
    payout_seen,
)

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
LEARNT = datetime(2027, 2, 1, tzinfo=UTC)


def a_payout(state: PayoutState = PayoutState.PENDING, **more: Any) -> Payout:
    plain = Payout("po_1", 1908, "EUR", state, True, False, AT, date(2026, 11, 25))
    return replace(plain, **more)


def a_dispute(state: DisputeState = DisputeState.NEEDS_RESPONSE, **more: Any) -> Dispute:
    plain = Dispute("dp_1", "ch_1", "pi_1", 1970, "EUR", "fraudulent", state, AT, is_refundable=False)
    return replace(plain, **more)


STORY_OF_A_PAYOUT = (
    a_payout(),
    a_payout(PayoutState.IN_TRANSIT),
    a_payout(PayoutState.PAID, is_reconciled=True),
    a_payout(PayoutState.PAID, is_reconciled=True, trace_id="T1"),
    a_payout(
        PayoutState.FAILED, is_reconciled=True, trace_id="T1", failure="account_closed", failure_transaction_id="txn_9"
    ),
)
OPENED = a_dispute(transactions=("txn_1",), withdrawn=1970, fee=2000)
STORY_OF_A_DISPUTE = (
    a_dispute(DisputeState.INQUIRY, is_refundable=True),
    OPENED,
    replace(OPENED, state=DisputeState.UNDER_REVIEW, has_evidence=True, submissions=1),
    replace(
        OPENED,
        state=DisputeState.WON,
        has_evidence=True,
        submissions=1,
        transactions=("txn_1", "txn_2"),
        withdrawn=0,
    ),
)


@pytest.mark.parametrize("order", list(permutations(range(len(STORY_OF_A_PAYOUT)))))
def test_a_payout_ends_the_same_in_whatever_order_it_is_learnt_of(order: tuple[int, ...]) -> None:
    seen: Payout | None = None
    for step in order:
        seen = payout_seen(seen, STORY_OF_A_PAYOUT[step])
    assert seen == STORY_OF_A_PAYOUT[-1]


@given(st.lists(st.sampled_from(range(len(STORY_OF_A_DISPUTE))), max_size=8), st.permutations(range(4)))
def test_a_dispute_ends_the_same_in_whatever_order_and_however_often(again: list[int], order: list[int]) -> None:
    seen: Dispute | None = None
    for step in (*again, *order):
        seen = dispute_seen(seen, STORY_OF_A_DISPUTE[step], LEARNT)
    assert seen == replace(STORY_OF_A_DISPUTE[-1], decided_at=LEARNT)


def test_what_is_no_news_leaves_the_very_same_value() -> None:
    payout, dispute = STORY_OF_A_PAYOUT[3], STORY_OF_A_DISPUTE[2]
    for said in STORY_OF_A_PAYOUT[:4]:
        assert payout_seen(payout, said) is payout
    for earlier in STORY_OF_A_DISPUTE[:3]:
        assert dispute_seen(dispute, earlier, LEARNT) is dispute


def test_others_hear_of_each_step_of_a_payout_once() -> None:
    assert payout_news(None, STORY_OF_A_PAYOUT[0]) == ("settlement.payout_pending",)
    assert payout_news(STORY_OF_A_PAYOUT[1], STORY_OF_A_PAYOUT[2]) == (
        "settlement.payout_paid",
        "settlement.payout_reconciled",
    )
    assert payout_news(STORY_OF_A_PAYOUT[2], STORY_OF_A_PAYOUT[3]) == ()
    assert payout_news(STORY_OF_A_PAYOUT[3], STORY_OF_A_PAYOUT[4]) == ("settlement.payout_failed",)


def test_others_hear_when_a_dispute_opens_changes_and_ends() -> None:
    inquiry, opened, reviewed, won = STORY_OF_A_DISPUTE
    told = [
        dispute_news(before, after)
        for before, after in ((None, inquiry), (inquiry, opened), (opened, reviewed), (reviewed, won), (won, won))
    ]
    assert told == [
        ("settlement.dispute_opened",),
        ("settlement.dispute_changed",),
        ("settlement.dispute_changed",),
        ("settlement.dispute_won",),
        (),
    ]


def test_a_dispute_that_is_lost_when_it_is_first_heard_of_was_opened_too() -> None:
    returned = replace(OPENED, state=DisputeState.LOST)
    assert dispute_news(None, returned) == ("settlement.dispute_opened", "settlement.dispute_lost")
    assert {*dispute_news(None, returned), TRANSACTION_SEEN} < NEWS


def test_a_refund_is_forbidden_while_the_bank_has_the_money_or_may_take_it() -> None:
    inquiry, opened, reviewed, won = STORY_OF_A_DISPUTE
    lost = replace(opened, state=DisputeState.LOST)
    assert [d.forbids_refunds for d in (inquiry, opened, reviewed, lost, won)] == [False, True, True, True, False]


def test_a_lost_dispute_may_still_be_won_on_appeal_and_never_the_other_way_round() -> None:
    lost, won = replace(OPENED, state=DisputeState.LOST), STORY_OF_A_DISPUTE[-1]
    assert dispute_seen(lost, won, LEARNT).state is DisputeState.WON
    assert dispute_seen(won, lost, LEARNT) is won


def test_a_dispute_was_decided_when_the_provider_says_so_or_when_we_learnt_of_it() -> None:
    said, later = LEARNT - timedelta(hours=5), LEARNT + timedelta(days=9)
    lost = dispute_seen(OPENED, replace(OPENED, state=DisputeState.LOST, decided_at=said), LEARNT)
    assert lost.decided_at == said
    assert dispute_seen(lost, replace(OPENED, state=DisputeState.LOST, withdrawn=0), later).decided_at == said
    assert dispute_seen(lost, STORY_OF_A_DISPUTE[-1], later).decided_at == later
