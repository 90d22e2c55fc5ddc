"""What a payment learns from its provider, in whatever order the messages come."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.payments.payments import (
    Capture,
    Intent,
    Kind,
    Payment,
    PaymentId,
    PaymentState,
    Purpose,
    RecoveryPoint,
    abandoned,
    declined_for_good,
    news,
    observed,
    refused,
)
from tests.examples import an_id, euros, person_id

NOW = datetime(2030, 6, 3, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
UNTIL = NOW + timedelta(days=7)
S, R = PaymentState, RecoveryPoint

NEW = Payment(
    id=PaymentId(an_id("payment")),
    booking_id=an_id("booking"),
    holder_id=person_id("ada"),
    kind=Kind.PAYMENT,
    purpose=Purpose.BOOKING,
    capture=Capture.MANUAL,
    amount=euros("24.70"),
    made_at=NOW,
    updated_at=NOW,
)
OPENED = replace(NEW, intent_id="pi_1", recovery_point=R.OPENED, version=2)
HELD = replace(OPENED, state=S.AUTHORISED, recovery_point=R.SETTLED, method_id="pm_1", capture_before=UNTIL, version=3)
TAKEN = replace(HELD, state=S.CAPTURED, captured=2470, version=5)

# A payment's life as its provider goes through it.
LIFE = (
    Intent("pi_1", S.REQUIRES_PAYMENT_METHOD),
    Intent("pi_1", S.REQUIRES_PAYMENT_METHOD, failure="generic_decline"),
    Intent("pi_1", S.REQUIRES_ACTION, method_id="pm_1"),
    Intent("pi_1", S.PROCESSING, method_id="pm_1"),
    Intent("pi_1", S.AUTHORISED, method_id="pm_1", capture_before=UNTIL),
    Intent("pi_1", S.CAPTURED, method_id="pm_1", captured=2000),
    Intent("pi_1", S.CAPTURED, method_id="pm_1", captured=2000, refunded=500),
    Intent("pi_1", S.REFUNDED, method_id="pm_1", captured=2000, refunded=2000),
)


def test_a_card_that_says_yes_is_news() -> None:
    intent = Intent("pi_1", S.AUTHORISED, method_id="pm_1", capture_before=UNTIL)
    assert observed(OPENED, intent, LATER) == replace(HELD, updated_at=LATER)


def test_what_is_known_already_is_no_news() -> None:
    intent = Intent("pi_1", S.AUTHORISED, method_id="pm_1", capture_before=UNTIL)
    assert observed(HELD, intent, LATER) is HELD


def test_news_begins_the_count_of_looks_again() -> None:
    looked = replace(OPENED, attempts=3, retry_at=LATER)
    seen = observed(looked, Intent("pi_1", S.REQUIRES_ACTION), LATER)
    assert (seen.attempts, seen.retry_at) == (0, None)
    assert observed(looked, Intent("pi_1", S.REQUIRES_PAYMENT_METHOD), LATER) is looked


@given(st.lists(st.sampled_from(LIFE), max_size=20), st.integers(0, len(LIFE) - 1))
def test_messages_in_any_order_and_any_number_end_with_the_latest(heard: list[Intent], latest: int) -> None:
    """Amounts and states are those of the furthest that was heard, whatever else came before, after or twice."""
    payment = NEW
    known = [intent for intent in heard if LIFE.index(intent) <= latest]
    for intent in [*known, LIFE[latest], *known]:
        payment = observed(payment, intent, LATER)
    furthest = LIFE[latest]
    if latest > 2:
        assert payment.state is furthest.state
    assert (payment.captured, payment.refunded) == (furthest.captured, furthest.refunded)


def test_a_failed_hold_stays_failed_until_it_is_held_after_all() -> None:
    failed = replace(OPENED, state=S.FAILED, recovery_point=R.SETTLED, failure="generic_decline")
    assert observed(failed, Intent("pi_1", S.PROCESSING), LATER).state is S.FAILED
    assert observed(failed, Intent("pi_1", S.AUTHORISED), LATER).state is S.AUTHORISED
    assert observed(HELD, Intent("pi_1", S.FAILED, failure="late"), LATER) is HELD


@pytest.mark.parametrize("given_up", [abandoned(NEW, NOW), declined_for_good(NEW, "lost", NOW)])
def test_a_payment_that_we_had_given_up_is_what_its_provider_says(given_up: Payment) -> None:
    seen = observed(given_up, Intent("pi_1", S.AUTHORISED, method_id="pm_1"), LATER)
    assert (seen.state, seen.intent_id, seen.recovery_point) == (S.AUTHORISED, "pi_1", R.SETTLED)


def test_a_capture_is_under_way_until_its_effect_is_seen() -> None:
    asked = replace(HELD, recovery_point=R.CAPTURING, pending=2000)
    held = Intent("pi_1", S.AUTHORISED, method_id="pm_1", capture_before=UNTIL)
    assert observed(asked, held, LATER) is asked
    seen = observed(asked, Intent("pi_1", S.CAPTURED, method_id="pm_1", captured=2000), LATER)
    assert (seen.recovery_point, seen.captured, seen.pending, seen.kept) == (R.SETTLED, 2000, 0, 2000)


def test_a_capture_that_came_too_late_is_over() -> None:
    asked = replace(HELD, recovery_point=R.CAPTURING, pending=2000)
    seen = observed(asked, Intent("pi_1", S.RELEASED, method_id="pm_1"), LATER)
    assert (seen.state, seen.recovery_point, seen.pending) == (S.RELEASED, R.SETTLED, 0)


@pytest.mark.parametrize("state", [S.RELEASED, S.CAPTURED, S.SAVED])
def test_letting_go_is_over_when_it_happened_or_cannot_happen_any_more(state: PaymentState) -> None:
    asked = replace(OPENED, recovery_point=R.RELEASING)
    assert observed(asked, Intent("pi_1", S.REQUIRES_ACTION), LATER).recovery_point is R.RELEASING
    assert observed(asked, Intent("pi_1", S.AUTHORISED), LATER).recovery_point is R.RELEASING
    assert observed(asked, Intent("pi_1", state), LATER).recovery_point is R.SETTLED


def test_a_refund_is_under_way_until_all_of_it_is_seen() -> None:
    asked = replace(TAKEN, refunded=400, refunds=1, recovery_point=R.REFUNDING, pending=500)
    assert observed(asked, Intent("pi_1", S.CAPTURED, "pm_1", 2470, 400), LATER) is asked
    seen = observed(asked, Intent("pi_1", S.CAPTURED, "pm_1", 2470, 900), LATER)
    assert (seen.recovery_point, seen.refunded, seen.refunds, seen.pending) == (R.SETTLED, 900, 2, 0)


def test_a_part_that_somebody_else_gave_back_does_not_pass_for_ours() -> None:
    asked = replace(TAKEN, recovery_point=R.REFUNDING, pending=500)
    between = observed(asked, Intent("pi_1", S.CAPTURED, "pm_1", 2470, 300), LATER)
    assert between is asked
    seen = observed(between, Intent("pi_1", S.CAPTURED, "pm_1", 2470, 800), LATER)
    assert (seen.recovery_point, seen.refunded, seen.pending) == (R.SETTLED, 800, 0)


def test_a_step_that_was_refused_is_over_and_its_next_try_has_another_key() -> None:
    asked = replace(TAKEN, recovery_point=R.REFUNDING, pending=500)
    after = refused(asked, LATER)
    assert (after.recovery_point, after.pending, after.refunds) == (R.SETTLED, 0, 1)
    withdrawn = refused(replace(OPENED, recovery_point=R.RELEASING), LATER)
    assert withdrawn.recovery_point is R.OPENED


def test_others_hear_of_each_new_state_and_of_each_refund() -> None:
    assert news(None, NEW) == ()
    assert news(NEW, OPENED) == ()
    assert news(OPENED, HELD) == ("payment.authorised",)
    assert news(HELD, replace(HELD, attempts=1)) == ()
    assert news(TAKEN, replace(TAKEN, refunded=500)) == ("payment.refunded",)
    assert news(TAKEN, replace(TAKEN, refunded=2470, state=S.REFUNDED)) == ("payment.refunded",)
