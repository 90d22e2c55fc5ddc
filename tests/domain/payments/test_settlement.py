"""The next step of a booking's money, decided from the facts alone."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.payments.payments import Capture, Kind, Payment, PaymentId, PaymentState, Purpose, RecoveryPoint
from domain.payments.settlement import (
    Asked,
    Begin,
    Bill,
    CancelUnpaid,
    CaptureHold,
    Contested,
    Find,
    Open,
    Phase,
    Refund,
    Release,
    Step,
    begun,
    debt,
    first_payment,
    is_collected,
    is_unsecured,
    left_open,
    next_step,
    replacement,
)
from tests.examples import an_id, euros, person_id

NOW = datetime(2030, 6, 3, 12, tzinfo=UTC)
NEXT = PaymentId(an_id("next payment"))
S, R = PaymentState, RecoveryPoint


def a_bill(amount: str = "24.70", phase: Phase = Phase.SECURE, *, starts_in_h: float = 24, lasts_h: float = 2) -> Bill:
    start = NOW + timedelta(hours=starts_in_h)
    return Bill(an_id("booking"), person_id("ada"), phase, euros(amount), start, start + timedelta(hours=lasts_h))


def owed(amount: str) -> Bill:
    return a_bill(amount, Phase.OWED)


def paid(name: str, state: PaymentState, amount: str = "24.70", purpose: Purpose = Purpose.BOOKING) -> Payment:
    """A payment of that name in that state, with the card and the amounts that go with it."""
    has_card = state not in {S.REQUIRES_PAYMENT_METHOD, S.RELEASED, S.FAILED}
    taken = euros(amount).amount if state in {S.CAPTURED, S.REFUNDED} else 0
    return Payment(
        id=PaymentId(an_id(name)),
        booking_id=an_id("booking"),
        holder_id=person_id("ada"),
        kind=Kind.SETUP if state is S.SAVED else Kind.PAYMENT,
        purpose=purpose,
        capture=Capture.AUTOMATIC if purpose is Purpose.REMAINDER else Capture.MANUAL,
        amount=euros(amount),
        made_at=NOW,
        updated_at=NOW,
        state=state,
        recovery_point=R.OPENED if state in {S.REQUIRES_PAYMENT_METHOD, S.REQUIRES_ACTION, S.PROCESSING} else R.SETTLED,
        intent_id=f"pi_{name}",
        method_id=f"pm_{name}" if has_card else None,
        captured=taken,
        refunded=taken if state is S.REFUNDED else 0,
        capture_before=NOW + timedelta(days=7) if state is S.AUTHORISED else None,
    )


SAVED = paid("saved", S.SAVED)
HELD = paid("held", S.AUTHORISED)
TAKEN = paid("taken", S.CAPTURED)
REFUSED = paid("refused", S.FAILED, purpose=Purpose.LATER_HOLD)
LAPSED = replace(HELD, state=S.RELEASED)


def step(bill: Bill, *payments: Payment, at: datetime = NOW) -> Step | None:
    return next_step(bill, payments, NEXT, at)


@pytest.mark.parametrize(
    ("ends_in", "kind", "capture"),
    [
        (timedelta(days=6), Kind.PAYMENT, Capture.MANUAL),
        (timedelta(days=6, seconds=1), Kind.SETUP, Capture.MANUAL),
    ],
)
def test_a_card_is_held_if_the_hold_outlives_the_use_and_saved_otherwise(
    ends_in: timedelta, kind: Kind, capture: Capture
) -> None:
    bill = replace(a_bill(), end=NOW + ends_in)
    made = first_payment(bill, NEXT, NOW)
    assert made == Payment(
        NEXT, bill.booking_id, bill.holder_id, kind, Purpose.BOOKING, capture, euros("24.70"), NOW, NOW
    )


def test_an_instalment_is_taken_at_once() -> None:
    made = first_payment(replace(a_bill(lasts_h=24 * 90), instalments=True), NEXT, NOW)
    assert (made.kind, made.capture) == (Kind.PAYMENT, Capture.AUTOMATIC)


def test_a_refused_hold_is_mended_by_another_in_person() -> None:
    made = replacement(a_bill(lasts_h=24 * 10), NEXT, NOW)
    assert (made.kind, made.capture, made.purpose, made.is_off_session) == (
        Kind.PAYMENT,
        Capture.MANUAL,
        Purpose.BOOKING,
        False,
    )


def test_what_is_under_way_comes_before_everything_else() -> None:
    capturing = replace(HELD, recovery_point=R.CAPTURING, pending=1000)
    refunding = replace(TAKEN, recovery_point=R.REFUNDING, pending=500)
    releasing = replace(HELD, recovery_point=R.RELEASING)
    assert step(owed("99.00"), capturing) == CaptureHold(capturing, 1000)
    assert step(owed("99.00"), refunding) == Refund(refunding, 500)
    assert step(owed("99.00"), releasing) == Release(releasing)


def test_what_is_due_is_collected_where_a_card_will_pay_it_and_not_below_what_the_provider_takes() -> None:
    assert [is_collected(owed("0.50"), [each]) for each in (HELD, SAVED, TAKEN, LAPSED, REFUSED)] == [
        *(True, True, True, False, False)
    ]
    assert [is_collected(owed("0.49"), [each]) for each in (HELD, SAVED, TAKEN, LAPSED)] == [False, False, True, False]


def test_what_the_provider_takes_of_no_hold_is_let_go_of_and_owed_but_no_card_is_asked_for_it() -> None:
    bill = owed("0.49")
    assert step(bill, HELD) == Release(HELD)
    assert step(owed("0.50"), HELD) == CaptureHold(HELD, 50)
    begun_before = replace(HELD, recovery_point=R.CAPTURING, pending=49)
    assert step(bill, begun_before) == Release(begun_before)
    assert step(bill, replace(LAPSED, method_id="pm_held")) is None
    refused = paid("rest", S.FAILED, "0.49", Purpose.REMAINDER)
    assert (debt(bill, NEXT, [LAPSED, refused], NOW), left_open(bill, [LAPSED, refused], 0)) == (None, 49)
    more = debt(owed("0.50"), NEXT, [LAPSED, refused], NOW)
    assert more is not None
    assert more.amount == euros("0.50")


def test_a_step_is_written_down_once() -> None:
    once = begun(CaptureHold(replace(HELD, attempts=2, retry_at=NOW), 1000), NOW)
    assert once == replace(
        HELD, recovery_point=R.CAPTURING, pending=1000, attempts=0, retry_at=None, version=HELD.version + 1
    )
    assert begun(CaptureHold(once, 1000), NOW + timedelta(hours=1)) is once


class TestAheadOfTheUse:
    def test_what_is_written_down_is_opened(self) -> None:
        new = replace(HELD, state=S.REQUIRES_PAYMENT_METHOD, recovery_point=R.RECORDED, intent_id=None)
        assert step(a_bill(), new) == Open(new)

    def test_a_hold_is_enough(self) -> None:
        assert step(a_bill(), HELD) is None

    def test_a_saved_card_is_held_from_a_day_before(self) -> None:
        bill = a_bill(lasts_h=24 * 10)
        hold = replace(_made(bill, Kind.PAYMENT, Purpose.LATER_HOLD, Capture.MANUAL), method_id="pm_saved")
        assert step(replace(bill, start=bill.start + timedelta(seconds=1)), SAVED) is None
        assert step(bill, SAVED) == Begin(hold)

    def test_one_hold_is_enough_while_its_answer_is_awaited(self) -> None:
        waiting = paid("hold", S.PROCESSING, purpose=Purpose.LATER_HOLD)
        assert step(a_bill(starts_in_h=1), SAVED, waiting) is None

    def test_a_refused_hold_is_not_asked_again_without_the_holder(self) -> None:
        assert step(a_bill(starts_in_h=20), SAVED, REFUSED) is None

    def test_two_hours_before_the_start_a_booking_without_a_hold_goes(self) -> None:
        assert step(a_bill(starts_in_h=2.01), SAVED, REFUSED) is None
        assert step(a_bill(starts_in_h=2), SAVED, REFUSED) == CancelUnpaid()

    def test_it_stays_while_another_card_is_being_asked(self) -> None:
        assert step(a_bill(starts_in_h=1), SAVED, REFUSED, paid("again", S.PROCESSING)) is None

    def test_it_stays_with_a_hold_in_person(self) -> None:
        assert step(a_bill(starts_in_h=1), SAVED, REFUSED, paid("again", S.AUTHORISED)) is None

    def test_a_hold_that_ended_is_taken_again_with_its_card(self) -> None:
        bill = a_bill(starts_in_h=-100, lasts_h=120)
        begin = step(bill, LAPSED)
        assert isinstance(begin, Begin)
        assert (begin.payment.purpose, begin.payment.method_id) == (Purpose.LATER_HOLD, "pm_held")
        assert step(bill, LAPSED, at=bill.end) is None

    def test_a_payment_that_was_withdrawn_lends_its_card_to_nothing(self) -> None:
        withdrawn = replace(paid("asked", S.REQUIRES_ACTION), state=S.RELEASED, recovery_point=R.SETTLED)
        assert step(a_bill(starts_in_h=1), withdrawn) is None


class TestAfterTheUse:
    def test_a_hold_is_captured_up_to_what_is_owed(self) -> None:
        assert step(owed("20.00"), HELD) == CaptureHold(HELD, 2000)
        assert step(owed("30.00"), HELD) == CaptureHold(HELD, 2470)

    def test_a_hold_of_which_nothing_is_owed_is_let_go(self) -> None:
        assert step(owed("0.00"), HELD) == Release(HELD)
        second = paid("second", S.AUTHORISED)
        assert step(owed("24.70"), TAKEN, second) == Release(second)

    def test_the_rest_is_charged_to_the_card_once(self) -> None:
        bill = owed("30.00")
        rest = replace(
            _made(bill, Kind.PAYMENT, Purpose.REMAINDER, Capture.AUTOMATIC), method_id="pm_taken", amount=euros("5.30")
        )
        assert step(bill, TAKEN) == Begin(rest)
        assert step(bill, TAKEN, paid("rest", S.FAILED, "5.30", Purpose.REMAINDER)) is None
        assert step(bill, TAKEN, paid("rest", S.CAPTURED, "5.30", Purpose.REMAINDER)) is None

    def test_a_rest_that_was_written_down_is_opened(self) -> None:
        rest = replace(paid("rest", S.REQUIRES_PAYMENT_METHOD, "5.30", Purpose.REMAINDER), recovery_point=R.RECORDED)
        assert step(owed("30.00"), TAKEN, rest) == Open(rest)

    def test_what_was_never_opened_is_looked_for_and_not_opened_any_more(self) -> None:
        for purpose in (Purpose.BOOKING, Purpose.LATER_HOLD):
            new = replace(
                HELD, state=S.REQUIRES_PAYMENT_METHOD, recovery_point=R.RECORDED, intent_id=None, purpose=purpose
            )
            assert step(owed("0.00"), new) == Find(new)

    def test_an_answer_that_is_on_its_way_is_waited_for(self) -> None:
        assert step(owed("24.70"), SAVED, paid("hold", S.PROCESSING, purpose=Purpose.LATER_HOLD)) is None

    def test_what_the_holder_did_not_pay_is_withdrawn(self) -> None:
        for state in (S.REQUIRES_PAYMENT_METHOD, S.REQUIRES_ACTION):
            asked = paid("asked", state)
            assert step(owed("0.00"), asked) == Release(asked)

    def test_too_much_goes_back_the_latest_first(self) -> None:
        rest = paid("rest", S.CAPTURED, "5.30", Purpose.REMAINDER)
        assert step(owed("10.00"), TAKEN, rest) == Refund(rest, 530)
        gone = replace(rest, state=S.REFUNDED, refunded=530)
        assert step(owed("10.00"), TAKEN, gone) == Refund(TAKEN, 1470)
        assert step(owed("10.00"), replace(TAKEN, refunded=1470), gone) is None

    def test_what_was_given_back_out_of_goodwill_is_not_asked_for_again(self) -> None:
        assert step(owed("24.70"), replace(TAKEN, refunded=500)) is None

    def test_a_card_that_never_said_yes_is_not_charged(self) -> None:
        asked = replace(paid("asked", S.REQUIRES_ACTION), state=S.RELEASED, recovery_point=R.SETTLED)
        assert step(owed("10.00"), asked) is None

    def test_a_hold_that_ended_lends_its_card_to_the_whole_amount(self) -> None:
        begin = step(owed("24.70"), LAPSED)
        assert isinstance(begin, Begin)
        assert (begin.payment.purpose, begin.payment.amount) == (Purpose.REMAINDER, euros("24.70"))

    def test_nothing_is_left_to_do(self) -> None:
        assert step(owed("24.70"), TAKEN) is None
        assert step(owed("0.00"), SAVED, REFUSED) is None
        assert step(owed("0.00")) is None


def test_a_booking_is_unsecured_by_the_latest_answer_only() -> None:
    bill = a_bill()
    assert is_unsecured(bill, [SAVED, REFUSED])
    assert is_unsecured(bill, [SAVED, REFUSED, paid("again", S.REQUIRES_ACTION)])
    withdrawn = replace(paid("again", S.REQUIRES_ACTION), state=S.RELEASED)
    assert is_unsecured(bill, [SAVED, REFUSED, withdrawn])
    assert not is_unsecured(bill, [SAVED, REFUSED, paid("again", S.AUTHORISED)])
    assert not is_unsecured(bill, [SAVED, REFUSED, LAPSED])
    assert not is_unsecured(bill, [SAVED])
    assert not is_unsecured(owed("24.70"), [SAVED, REFUSED])


def _made(bill: Bill, kind: Kind, purpose: Purpose, capture: Capture) -> Payment:
    return Payment(NEXT, bill.booking_id, bill.holder_id, kind, purpose, capture, bill.amount, NOW, NOW)


def test_what_a_bank_took_back_is_not_given_back_as_well() -> None:
    """Of 100 that a bank debited and took back 20 were used; of 100 of which it took back 50, the rest above 20 goes back."""
    debited = paid("debited", S.CAPTURED, "100.00")

    def ask(*payments: Payment, lost: int) -> Step | None:
        return next_step(owed("20.00"), payments, NEXT, NOW, Contested({debited.id: lost}))

    assert ask(debited, lost=10_000) is None
    assert ask(debited, lost=5_000) == Refund(debited, 3_000)
    assert step(owed("20.00"), debited) == Refund(debited, 8_000)
    other = paid("other", S.CAPTURED, "50.00")
    assert ask(other, debited, lost=10_000) == Refund(other, 3_000)


def test_who_has_more_than_she_paid_of_one_payment_gets_no_more_of_the_other() -> None:
    """80 of 100 were given back, then a bank took back all 100; 50 more were paid, of which 20 were used."""
    twice = replace(paid("twice", S.CAPTURED, "100.00"), refunded=8_000)
    other = paid("other", S.CAPTURED, "50.00")
    assert next_step(owed("20.00"), (other, twice), NEXT, NOW, Contested({twice.id: 10_000}, 10_000)) is None
    assert next_step(owed("20.00"), (other, twice), NEXT, NOW, Contested({twice.id: 2_000})) == Refund(other, 3_000)


def test_what_lies_with_a_bank_is_given_back_when_it_has_decided_and_no_earlier() -> None:
    """100 are disputed, of which 20 were used; of 50 more that is given back which is too much however that ends."""
    disputed, other = paid("disputed", S.CAPTURED, "100.00"), paid("other", S.CAPTURED, "50.00")
    open_ = Contested(undecided={disputed.id: 10_000})
    assert next_step(owed("20.00"), (disputed,), NEXT, NOW, open_) is None
    assert next_step(owed("20.00"), (other, disputed), NEXT, NOW, open_) == Refund(other, 3_000)
    a_part = Contested(undecided={disputed.id: 1_000})
    assert next_step(owed("20.00"), (disputed,), NEXT, NOW, a_part) is None
    assert step(owed("20.00"), disputed) == Refund(disputed, 8_000)


def test_what_a_bank_took_back_and_is_claimed_she_pays_herself() -> None:
    """A debit of 24.70 was returned; the case asks for so much, or for less where she transferred a part."""
    debited, bill = replace(TAKEN, mandate="M-1"), owed("24.70")
    assert debt(bill, NEXT, (debited,), NOW) is None
    assert debt(bill, NEXT, (debited,), NOW, Asked(2_470)) is None
    made = debt(bill, NEXT, (debited,), NOW, Asked(2_470, claimed=2_470))
    assert made is not None
    assert (made.amount, made.purpose, made.capture) == (euros("24.70"), Purpose.DEBT, Capture.AUTOMATIC)
    less = debt(bill, NEXT, (debited,), NOW, Asked(1_000, claimed=2_470))
    assert less is not None
    assert less.amount == euros("10.00")
    assert debt(bill, NEXT, (debited,), NOW, Asked(0, claimed=2_470)) is None
    returned = Contested({debited.id: 2_470}, 2_470)
    assert next_step(bill, (debited, made), NEXT, NOW, returned) == Open(made)
    waiting = replace(made, recovery_point=R.OPENED)
    assert next_step(bill, (debited, waiting), NEXT, NOW, returned) is None
    assert next_step(bill, (debited, waiting), NEXT, NOW + timedelta(days=1), returned) == Release(waiting)
    paid_now = replace(waiting, state=S.CAPTURED, recovery_point=R.SETTLED, captured=2_470)
    assert next_step(bill, (debited, paid_now), NEXT, NOW, returned) is None
    assert debt(bill, NEXT, (debited, paid_now), NOW, Asked(2_470, claimed=2_470)) is None
