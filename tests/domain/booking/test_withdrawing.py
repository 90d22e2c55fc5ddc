"""The consumer's right of withdrawal: until when it runs, what it beats, and what it costs."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from domain.booking.actions import actions
from domain.booking.approval import Approval, ApprovalState
from domain.booking.approving import approve
from domain.booking.bookings import Booking, Payer, ReasonCode, State
from domain.booking.events import AlreadyThere, BookingCancelled, BookingConfirmed, BookingWithdrawn, NotPossible
from domain.booking.life import confirm
from domain.booking.paying import secured
from domain.booking.previews import cancellation
from domain.booking.resources import Service
from domain.booking.terms import Withdrawal, withdrawal_deadline
from domain.booking.withdrawing import cancel_or_withdraw, fee_lines, performed_value, withdraw
from domain.identity import Role
from domain.payments.payments import PaymentState
from domain.periods import Period
from domain.refusals import Refusal
from tests.examples import (
    BERLIN,
    NOON,
    a_booking,
    a_payment,
    a_pool_car,
    a_resource,
    an_actor,
    an_order,
    euros,
    hours,
    minutes,
)

BIKE = a_resource(Service.BIKE_LEASING)
DAY = timedelta(days=1)
QUARTER = Period(NOON, NOON + 90 * DAY)  # 87 euros in three months


def a_lease(state: State = State.CONFIRMED, *, early: bool = False, **changes: Any) -> Booking:
    order = replace(an_order(BIKE, period=QUARTER), early_start=early)
    return a_booking(state, BIKE, order=order, **changes)


@pytest.mark.parametrize(
    ("made", "last"),
    [
        ("2026-11-23T12:00:00+01:00", "2026-12-07"),
        ("2026-11-23T23:59:59+01:00", "2026-12-07"),
        ("2026-11-24T00:00:00+01:00", "2026-12-08"),
        ("2026-11-28T10:00:00+01:00", "2026-12-14"),  # a Saturday, and the Saturday two weeks later
        ("2026-12-11T10:00:00+01:00", "2026-12-28"),  # Christmas, Boxing Day and a Sunday
        ("2027-03-12T10:00:00+01:00", "2027-03-30"),  # Good Friday to Easter Monday
        ("2026-11-04T00:30:00+01:00", "2026-11-18"),  # no holiday in Lower Saxony
    ],
)
def test_the_deadline_is_the_end_of_the_last_day_or_of_the_next_working_day(made: str, last: str) -> None:
    until = withdrawal_deadline(datetime.fromisoformat(made), 14, ZoneInfo(BERLIN), "NI")

    assert until.tzinfo is UTC
    assert until.astimezone(ZoneInfo(BERLIN)).isoformat()[:19] == f"{last}T23:59:59"


def test_the_holidays_are_those_of_the_state() -> None:
    made = datetime(2026, 11, 4, 12, tzinfo=UTC)

    def last(state: str | None) -> date:
        return withdrawal_deadline(made, 14, ZoneInfo(BERLIN), state).date()

    assert [last("NI"), last("SN"), last(None)] == [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 18)]


def test_the_right_runs_to_the_last_instant_of_its_last_day() -> None:
    right = Withdrawal(True, datetime(2026, 12, 7, 22, 59, 59, tzinfo=UTC))

    assert right.runs(datetime(2026, 12, 7, 22, 59, 59, 999999, tzinfo=UTC))
    assert not right.runs(datetime(2026, 12, 7, 23, tzinfo=UTC))
    assert not Withdrawal(False, None).runs(NOON)


APPROVED_LATE = an_actor("grace", Role.OPERATOR)
LATE = NOON + 5 * DAY
CONCLUSIONS: dict[str, Callable[[Booking], object]] = {
    "confirmed": lambda held: confirm(held, True, LATE),
    "paid": lambda held: secured(held, [a_payment(held)], LATE),
    "approved": lambda held: approve(
        replace(held, approval=Approval(ApprovalState.PENDING, LATE + DAY)),
        BIKE,
        [a_payment(held)],
        APPROVED_LATE,
        LATE,
    ),
}


@pytest.mark.parametrize("how", CONCLUSIONS)
def test_the_right_counts_from_the_day_on_which_the_booking_is_confirmed(how: str) -> None:
    held = a_lease(State.HELD, hold_expires_at=LATE + DAY)

    outcome = CONCLUSIONS[how](held)

    assert isinstance(outcome, BookingConfirmed)
    right = outcome.booking.terms.withdrawal
    assert (held.terms.withdrawal.until, right.until) == (
        datetime(2030, 6, 17, 21, 59, 59, tzinfo=UTC),
        datetime(2030, 6, 24, 21, 59, 59, tzinfo=UTC),
    )
    assert replace(right, until=None) == replace(held.terms.withdrawal, until=None)


def test_whoever_books_for_work_is_no_consumer() -> None:
    at_work = a_booking(State.CONFIRMED, BIKE, order=an_order(BIKE, period=QUARTER, payer=Payer.COST_CENTRE))

    assert at_work.terms.withdrawal == Withdrawal(False, None)
    assert a_lease().terms.withdrawal.until == datetime(2030, 6, 17, 21, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("at", [NOON - hours(40), NOON - minutes(1), NOON + 10 * DAY])
def test_a_withdrawal_beats_every_fee(at: datetime) -> None:
    lease = a_lease()

    assert cancel_or_withdraw(lease, BIKE, True, at, "Anders überlegt") == BookingWithdrawn(
        replace(
            lease,
            state=State.CANCELLED,
            reason_code=ReasonCode.WITHDRAWN,
            reason="Anders überlegt",
            fee=euros("0.00"),
            updated_at=at,
            version=3,
        ),
        None,
    )
    assert "cancel" in actions(lease, None, an_actor(), at)


def test_after_the_deadline_the_fee_counts_again() -> None:
    after = NOON + 15 * DAY
    outcome = cancel_or_withdraw(a_lease(), BIKE, True, after)

    assert isinstance(outcome, BookingCancelled)
    assert outcome.booking.fee == euros("29.00")
    assert withdraw(a_lease(), BIKE, after, after) == Refusal(NotPossible.WRONG_STATE)
    assert "cancel" not in actions(a_lease(State.IN_USE), None, an_actor(), after)


def test_a_declaration_sent_in_time_counts_whenever_it_is_read() -> None:
    sent = a_lease().terms.withdrawal.until
    assert sent is not None

    assert isinstance(withdraw(a_lease(), BIKE, sent, sent + DAY), BookingWithdrawn)


def test_what_was_used_is_owed_only_where_the_holder_asked_for_an_early_start() -> None:
    at = NOON + 9 * DAY
    asked, not_asked = (a_lease(State.IN_USE, early=early) for early in (True, False))

    assert performed_value(asked, at) == euros("8.70"), "nine of ninety days of 87 euros"
    assert performed_value(not_asked, at) == euros("0.00")
    assert performed_value(a_lease(early=True), at) == euros("0.00"), "never started"
    assert performed_value(asked, NOON - minutes(1)) == euros("0.00")


def test_whoever_withdraws_while_riding_gives_the_bike_back_and_pays_for_the_time() -> None:
    bike = replace(BIKE, buffer_after_s=3600)
    at = NOON + 9 * DAY
    outcome = cancel_or_withdraw(a_lease(State.IN_USE, early=True), bike, True, at)

    assert isinstance(outcome, BookingWithdrawn)
    assert outcome.turnaround == Period(at, at + hours(1))
    assert (outcome.booking.state, outcome.booking.finished_at) == (State.CANCELLED, at)
    assert [(line.kind, line.gross, line.vat) for line in fee_lines(outcome.booking)] == [
        ("performed", euros("8.70"), euros("1.39"))
    ]


def test_a_preview_says_what_a_withdrawal_gives_back() -> None:
    lease, at = a_lease(State.IN_USE, early=True), NOON + 9 * DAY
    taken = a_payment(lease, PaymentState.CAPTURED, amount=euros("29.00"), captured=2900)

    preview = cancellation(lease, BIKE, [taken], True, at)

    assert (preview.allowed, preview.fee, preview.refund, preview.valid_until) == (
        True,
        euros("8.70"),
        euros("20.30"),
        at,
    )
    assert cancellation(lease, BIKE, [taken], True, NOON + 30 * DAY).allowed is False


def test_staff_cannot_withdraw_for_a_consumer() -> None:
    outcome = cancel_or_withdraw(a_lease(), BIKE, False, NOON - hours(1))

    assert isinstance(outcome, BookingCancelled)
    assert outcome.booking.reason_code is ReasonCode.BY_STAFF
    in_use = cancel_or_withdraw(a_lease(State.IN_USE), BIKE, False, NOON + DAY)
    assert in_use == Refusal(NotPossible.WRONG_STATE)


def test_a_hold_is_let_go_and_what_is_over_stays_over() -> None:
    held = withdraw(a_lease(State.HELD), BIKE, NOON, NOON)
    gone = a_lease(State.CANCELLED)

    assert isinstance(held, BookingCancelled)
    assert withdraw(gone, BIKE, NOON, NOON) == AlreadyThere(gone)
    for state in (State.COMPLETED, State.EXPIRED, State.NO_SHOW):
        assert withdraw(a_lease(state), BIKE, NOON, NOON) == Refusal(NotPossible.WRONG_STATE)


def test_where_the_right_does_not_exist_cancelling_is_cancelling() -> None:
    outcome = cancel_or_withdraw(a_booking(State.CONFIRMED), a_pool_car(), True, NOON - minutes(5))

    assert isinstance(outcome, BookingCancelled)
    assert outcome.booking.fee == euros("2.40")
