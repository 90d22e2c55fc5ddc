"""Taking instalments from accounts, and reminding of those that nobody paid."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from domain.bike_leasing.money.collecting import (
    LEASE_UNDONE,
    ChargeId,
    Collection,
    CollectionId,
    CollectionState,
    Pace,
    after_turn,
    again,
    owed_back,
    put_off,
    refused,
    returned,
    seen,
    told_to_wait,
    turn,
)
from domain.bike_leasing.money.dunning import TERMINATION_RULES, Level, Overdue, Reminder, due_reminder, level
from domain.cities.finance import DunningPolicy, DunningStep
from domain.cities.leasing import LeasingSettings
from domain.payments.payments import Intent, PaymentState
from domain.reconciliation.expected import ExpectedId
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import ADA, LEASE

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
S = CollectionState
OWED = ExpectedId("charge:1")
QUEUED = Collection(
    CollectionId(UUID(int=3)), ChargeId(UUID(int=4)), LEASE.id, 1, ADA, 1, eur("125.60"), "pm_1", NOW, NOW
)
ASKED = replace(QUEUED, state=S.ASKED)
POLICY = LeasingSettings(collections_per_s=20, again_after_days=(10,))


def said(state: PaymentState, **more: str) -> Intent:
    return Intent("pi_1", state, captured=12560 if state is PaymentState.CAPTURED else 0, **more)  # type: ignore[arg-type]  # a few words


def test_a_debit_is_under_way_for_days_before_it_is_paid() -> None:
    under_way = seen(ASKED, said(PaymentState.PROCESSING))

    assert (under_way.state, under_way.intent_id) == (S.PROCESSING, "pi_1")
    assert seen(under_way, said(PaymentState.CAPTURED)).state is S.PAID
    assert seen(under_way, said(PaymentState.FAILED, failure="insufficient_funds")).failure == "insufficient_funds"


def test_what_nobody_asked_for_before_its_lease_was_undone_is_not_tried_again() -> None:
    never = refused(replace(ASKED, undone=True), LEASE_UNDONE)

    assert again(never, POLICY, CollectionId(UUID(int=5)), NOW) is None
    assert again(replace(never, undone=False), POLICY, CollectionId(UUID(int=5)), NOW) is not None


def test_what_was_paid_for_a_lease_that_is_undone_is_owed_back_until_it_went() -> None:
    paid = seen(ASKED, said(PaymentState.CAPTURED))

    back = owed_back(paid, NOW + timedelta(days=3))

    assert (back.state, back.due_at) == (S.OWED_BACK, NOW + timedelta(days=3))
    assert owed_back(back, NOW) is back
    assert owed_back(ASKED, NOW) is ASKED, "nobody knows yet whether it comes in"
    assert seen(replace(ASKED, undone=True), said(PaymentState.CAPTURED)).state is S.OWED_BACK
    assert seen(back, said(PaymentState.CAPTURED)) is back
    assert put_off(back, NOW).due_at == NOW + timedelta(hours=6)
    gone = seen(back, said(PaymentState.REFUNDED))
    assert (gone.state, gone.failure) == (S.RETURNED, None)
    assert returned(back, "debit_not_authorized").state is S.RETURNED, "the bank was quicker"


def test_messages_in_any_order_take_nothing_back() -> None:
    paid = seen(ASKED, said(PaymentState.CAPTURED))

    assert seen(paid, said(PaymentState.PROCESSING)) is paid
    assert seen(returned(paid, "mandate"), said(PaymentState.CAPTURED)).state is S.RETURNED


def test_what_failed_or_came_back_is_tried_once_more_and_then_reminded_of() -> None:
    failed = refused(ASKED, "no_account")

    second = again(failed, POLICY, CollectionId(UUID(int=5)), NOW)

    assert second is not None
    assert (second.attempt, second.state, second.due_at, second.intent_id) == (2, S.QUEUED, NOW + timedelta(10), None)
    assert again(returned(second, "x"), POLICY, CollectionId(UUID(int=6)), NOW) is None
    assert again(ASKED, POLICY, CollectionId(UUID(int=6)), NOW) is None


def test_what_the_city_gave_back_itself_is_not_taken_again() -> None:
    given_back = seen(
        seen(ASKED, said(PaymentState.CAPTURED)), said(PaymentState.REFUNDED, failure="of_an_earlier_try")
    )

    assert (given_back.state, given_back.failure) == (S.RETURNED, None)
    assert again(given_back, POLICY, CollectionId(UUID(int=5)), NOW) is None


def test_all_workers_together_ask_for_a_seconds_worth_in_a_second() -> None:
    pace = Pace(NOW)
    assert turn(pace, POLICY, NOW) == 20
    pace = after_turn(pace, 20, POLICY, NOW)
    assert [turn(pace, POLICY, NOW + timedelta(milliseconds=ms)) for ms in (0, 999, 1000)] == [0, 0, 20]
    assert turn(after_turn(Pace(NOW), 5, POLICY, NOW), POLICY, NOW + timedelta(milliseconds=250)) == 20
    assert after_turn(Pace(NOW), 20, POLICY, NOW + timedelta(milliseconds=100)).next_at == NOW + timedelta(seconds=1)
    assert after_turn(Pace(NOW), 20, POLICY, NOW + timedelta(seconds=9)).next_at == NOW + timedelta(seconds=9.75)
    waits = told_to_wait(pace, 30, NOW)
    assert [turn(waits, POLICY, NOW + timedelta(seconds=s)) for s in (29, 30)] == [0, 20]
    assert told_to_wait(waits, 1, NOW) == waits, "the longest word counts"


def test_reminders_come_one_after_another_by_the_citys_policy() -> None:
    policy = DunningPolicy(date(2026, 1, 1), (DunningStep(7), DunningStep(21, 500)), "Rat")
    overdue = Overdue(OWED, date(2026, 12, 1), eur("125.60"))

    assert due_reminder(overdue, policy, date(2026, 12, 7)) is None
    assert due_reminder(overdue, policy, date(2027, 3, 1)) == Reminder(OWED, 1, eur("0"))
    assert due_reminder(replace(overdue, steps_taken=1), policy, date(2026, 12, 22)) == Reminder(OWED, 2, eur("5"))
    assert due_reminder(replace(overdue, steps_taken=2), policy, date(2027, 3, 1)) is None
    assert due_reminder(overdue, None, date(2027, 3, 1)) is None


def test_two_instalments_in_arrears_that_were_reminded_of_are_reason_enough_to_end_a_lease() -> None:
    open_ = Overdue(OWED, date(2026, 12, 1), eur("125.60"))
    reminded = replace(open_, steps_taken=1)

    assert [level(each, TERMINATION_RULES[0]) for each in ((), (open_,), (reminded, open_), (reminded, reminded))] == [
        Level.NONE,
        Level.OPEN,
        Level.REMINDED,
        Level.TERMINABLE,
    ]
