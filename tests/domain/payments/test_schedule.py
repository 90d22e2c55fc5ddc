"""When a payment is looked at again."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.payments.payments import Payment, PaymentState, Purpose, RecoveryPoint
from domain.payments.schedule import is_due, looked_at, must_wait, scheduled
from domain.payments.settlement import Bill, Phase
from tests.domain.payments.test_payments import HELD, NEW, OPENED, TAKEN, UNTIL
from tests.examples import an_id, euros, person_id

NOW = datetime(2030, 6, 3, 12, tzinfo=UTC)
START = NOW + timedelta(days=3)
AHEAD = Bill(an_id("booking"), person_id("ada"), Phase.SECURE, euros("24.70"), START, START + timedelta(hours=2))
OVER = replace(AHEAD, phase=Phase.OWED)
MINUTE = timedelta(minutes=1)
SAVED = replace(OPENED, state=PaymentState.SAVED, recovery_point=RecoveryPoint.SETTLED)
REFUSED = replace(SAVED, state=PaymentState.FAILED, purpose=Purpose.LATER_HOLD)
CAPTURING = replace(HELD, recovery_point=RecoveryPoint.CAPTURING)


@pytest.mark.parametrize(
    ("payment", "bill", "at"),
    [
        (NEW, AHEAD, NOW + MINUTE),
        (OPENED, AHEAD, NOW + MINUTE),
        (OPENED, OVER, NOW + MINUTE),
        (CAPTURING, OVER, NOW + MINUTE),
        (SAVED, AHEAD, START - timedelta(hours=24)),
        (SAVED, OVER, None),
        (REFUSED, AHEAD, START - timedelta(hours=2)),
        (REFUSED, OVER, None),
        (replace(REFUSED, purpose=Purpose.REMAINDER), AHEAD, None),
        (replace(HELD, state=PaymentState.RELEASED), AHEAD, START - timedelta(hours=24)),
        (HELD, AHEAD, UNTIL),
        (HELD, OVER, None),
        (TAKEN, AHEAD, None),
    ],
)
def test_each_payment_carries_the_time_of_its_next_look(payment: Payment, bill: Bill, at: datetime | None) -> None:
    assert scheduled(payment, bill, NOW).retry_at == at


def test_a_look_that_is_due_stays_due_until_somebody_has_looked() -> None:
    due = replace(OPENED, retry_at=NOW - MINUTE)
    assert scheduled(due, AHEAD, NOW) is not due
    assert scheduled(due, AHEAD, NOW) == due
    assert is_due(due, NOW)
    assert not is_due(replace(due, retry_at=None), NOW)


def test_the_looks_at_what_does_not_change_become_rarer() -> None:
    payment, waits = OPENED, []
    for _ in range(7):
        payment = looked_at(payment, NOW)
        assert payment.retry_at is not None
        waits.append((payment.retry_at - NOW) // MINUTE)
    assert waits == [1, 2, 5, 15, 60, 60, 60]


def test_a_hold_that_outlives_its_time_is_looked_at_ever_more_rarely() -> None:
    late = UNTIL + MINUTE
    looked = looked_at(replace(HELD, retry_at=UNTIL), late)
    assert scheduled(looked, AHEAD, late).retry_at == late + MINUTE


def test_what_is_due_by_now_is_being_done_by_whoever_asks() -> None:
    assert scheduled(SAVED, AHEAD, START - timedelta(hours=24)).retry_at is None
    assert scheduled(REFUSED, AHEAD, START - timedelta(hours=2)).retry_at is None


def test_only_after_a_try_that_failed_is_the_next_one_put_off() -> None:
    assert not must_wait(replace(CAPTURING, retry_at=NOW + MINUTE), NOW)
    assert must_wait(replace(CAPTURING, attempts=1, retry_at=NOW + MINUTE), NOW)
    assert not must_wait(replace(CAPTURING, attempts=1, retry_at=NOW), NOW)
