"""Cases of what is owed: which invoices it is of, when they close by themselves, and what a person may do."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from domain.cities.finance import DunningPolicy, DunningStep
from domain.identity import SYSTEM
from domain.payments.dunning import (
    Case,
    CaseState,
    Charge,
    NotClosable,
    close,
    news,
    reminded,
    reviewed,
    settled_by,
    waive,
)
from domain.payments.owing import CaseId, Claim, Invoiced, Settled, Standing, standing
from domain.payments.settlement import Bill, Phase
from domain.refusals import Refusal
from tests.examples import NOON, an_id, euros, person_id

TODAY = date(2026, 12, 1)
POLICY = DunningPolicy(date(2026, 1, 1), (DunningStep(14), DunningStep(28, 250), DunningStep(42, 250)), "Ratsbeschluss")
BILL = Bill(an_id("booking"), person_id("ada"), Phase.OWED, euros("24.70"), NOON, NOON + timedelta(hours=2))
USE = Invoiced(an_id("use"), "RE-1", "K1", 2470, 0, date(2026, 11, 20))
FEE_ONCE = Invoiced(an_id("untaxed"), "RE-2", "K2", 500, 0, date(2026, 11, 20))
MONTH = Invoiced(an_id("month"), "RE-3", "K3", 4900, 0, date(2026, 11, 30), later=True)
CASE = CaseId(an_id("case"))
ADA, FATIMA = person_id("ada"), person_id("fatima")


def claims(found: Standing) -> list[tuple[str, int]]:
    return [(claim.number, claim.open) for claim in found.claims]


def an_open_case(**changes: object) -> Case:
    """24.70 are owed on RE-1, and a reminder cost 2.50."""
    case = Case(
        CASE,
        BILL.booking_id,
        ADA,
        euros("24.70"),
        NOON,
        NOON,
        POLICY,
        claims=(Claim(USE.id, "RE-1", "K1", 2470),),
        charges=(Charge(2, 250, NOON),),
        steps_taken=2,
        fees=250,
        next_at=NOON + timedelta(days=42),
    )
    return replace(case, **changes)


def as_it_stands(case: Case) -> Standing:
    return Standing(case.owed, case.claims, case.transferred)


def test_what_was_not_taken_is_of_the_last_invoices() -> None:
    assert claims(standing(euros("7.00"), (USE, FEE_ONCE), (), TODAY)) == [("RE-1", 200), ("RE-2", 500)]


def test_a_transfer_pays_the_invoice_that_it_was_matched_with() -> None:
    found = standing(euros("29.70"), (USE, replace(FEE_ONCE, transferred=500)), (), TODAY)
    assert (found.owed, claims(found), found.transferred) == (euros("24.70"), [("RE-1", 2470), ("RE-2", 0)], 500)


def test_a_month_is_owed_from_the_day_after_its_last_and_says_when_that_is() -> None:
    found = standing(euros("0.00"), (MONTH,), (), MONTH.due_on)
    assert (found.owed, found.claims, found.due_next) == (euros("0.00"), (), MONTH.due_on)
    late = standing(euros("0.00"), (MONTH,), (), TODAY)
    assert (late.owed, claims(late), late.due_next) == (euros("49.00"), [("RE-3", 4900)], None)


def test_what_a_person_settled_is_owed_no_more_but_what_comes_after_it_is() -> None:
    given_up = Settled(
        2470 + 4900, (Claim(USE.id, "RE-1", "K1", 2470), Claim(MONTH.id, "RE-3", "K3", 4900, later=True))
    )
    assert standing(euros("24.70"), (USE, MONTH), (given_up,), TODAY).owed == euros("0.00")
    more = standing(euros("49.40"), (USE, MONTH, replace(MONTH, id=an_id("next"), number="RE-4")), (given_up,), TODAY)
    assert more.owed == euros("73.70")


def test_a_fee_is_no_debt_of_the_booking_but_is_asked_for() -> None:
    fee = Invoiced(an_id("fee"), "RE-5", "K5", 250, 0, TODAY, fee_of=CASE, step=2)
    found = standing(euros("24.70"), (USE, fee), (), TODAY)
    assert (found.owed, claims(found), found.fees) == (euros("24.70"), [("RE-1", 2470), ("RE-5", 250)], {(CASE, 2): 0})


def test_all_of_a_case_is_asked_for_under_its_oldest_invoice_and_fees_alone_under_theirs() -> None:
    fee = Claim(an_id("fee"), "RE-0", "K0", 250, fee=True)
    assert an_open_case(claims=(fee, Claim(USE.id, "RE-1", "K1", 2470))).cash_reference == "K1"
    assert an_open_case(claims=(fee, Claim(USE.id, "RE-1", "K1", 0, 2470))).cash_reference == "K0"
    assert an_open_case(claims=()).cash_reference is None


def test_a_case_is_paid_when_nothing_is_owed_and_no_fee_is_left() -> None:
    owed_fee = Standing(euros("0.00"), fees={(CASE, 2): 0})
    waiting = reviewed(an_open_case(), owed_fee, BILL, POLICY, new_id=CASE, now=NOON)
    assert waiting is not None
    assert (waiting.state, waiting.total) == (CaseState.OPEN, euros("2.50"))
    paid = reviewed(waiting, replace(owed_fee, fees={(CASE, 2): 250}), BILL, POLICY, new_id=CASE, now=NOON)
    assert paid is not None
    assert (paid.state, paid.closed_by, paid.next_at) == (CaseState.PAID, SYSTEM, None)
    assert news(waiting, paid) == ("dunning.closed",)


def test_a_closed_case_is_final_but_for_a_transfer_that_was_none() -> None:
    other = CaseId(an_id("other"))
    paid = an_open_case(state=CaseState.PAID, transferred=2720, closed_at=NOON, closed_by=SYSTEM, next_at=None)
    owed = Standing(euros("24.70"), transferred=2720, fees={(CASE, 2): 250})
    anew = reviewed(paid, owed, BILL, POLICY, new_id=other, now=NOON)
    assert anew is not None
    assert (anew.id, anew.steps_taken, anew.charges) == (other, 0, ())
    undone = reviewed(paid, replace(owed, transferred=0, fees={}), BILL, POLICY, new_id=other, now=NOON)
    assert undone is not None
    assert (undone.id, undone.state, undone.total, undone.steps_taken) == (CASE, CaseState.OPEN, euros("27.20"), 2)
    assert news(paid, undone) == ("dunning.opened",)
    given_up = replace(paid, state=CaseState.WRITTEN_OFF)
    assert settled_by((paid, given_up)) == (Settled(2470, given_up.claims),)
    assert reviewed(given_up, Standing(euros("0.00")), BILL, POLICY, new_id=other, now=NOON) is None


def test_what_changes_nothing_is_not_written() -> None:
    case = an_open_case()
    same = Standing(case.owed, case.claims, 0, {(CASE, 2): 0})
    assert reviewed(case, same, BILL, POLICY, new_id=CASE, now=NOON) is None


def test_what_is_less_than_the_city_asks_for_is_written_off_when_it_would_be_reminded_of() -> None:
    policy = replace(POLICY, write_off_below=50)
    little = an_open_case(owed=euros("0.30"), policy=policy, charges=(), fees=0, steps_taken=0, next_at=NOON)
    assert reminded(little, as_it_stands(little), NOON - timedelta(seconds=1)) is None
    gone = reminded(little, as_it_stands(little), NOON)
    assert gone is not None
    assert (gone.state, gone.closed_by, gone.reason, gone.next_at, gone.owed) == (
        CaseState.WRITTEN_OFF,
        SYSTEM,
        "Ratsbeschluss",
        None,
        euros("0.30"),
    )
    assert news(little, gone) == ("dunning.closed",)
    assert settled_by((gone,)) == (Settled(30, gone.claims),)
    month = Claim(MONTH.id, "RE-3", "K3", 30, later=True)
    more = ({"owed": euros("0.50")}, {"charges": (Charge(1, 20, NOON),)}, {"policy": POLICY}, {"claims": (month,)})
    cases = [replace(little, **each) for each in more]
    asked = [reminded(each, as_it_stands(each), NOON) for each in cases]
    assert [each and (each.state, each.steps_taken) for each in asked] == [(CaseState.OPEN, 1)] * 4


@pytest.mark.parametrize("policy", [POLICY, replace(POLICY, write_off_below=5000)])
def test_what_was_paid_a_moment_ago_is_neither_reminded_of_nor_written_off(policy: DunningPolicy) -> None:
    case = an_open_case(policy=policy)
    paid = Standing(euros("0.00"), (), 2720, {(CASE, 2): 250})
    assert reminded(case, paid, NOON + timedelta(days=43)) is None
    partly = reminded(case, Standing(euros("10.00"), (), 1470), NOON + timedelta(days=43))
    assert partly is not None
    assert partly.owed == euros("10.00")


@pytest.mark.parametrize(
    ("policy", "faults"),
    [
        (replace(POLICY, write_off_below=5000), 0),
        (replace(POLICY, write_off_below=5001), 1),
        (replace(POLICY, write_off_below=-1), 1),
        (DunningPolicy(TODAY, (), "Ratsbeschluss", write_off_below=50), 1),
    ],
)
def test_a_small_amount_is_small_and_has_a_reminder_that_it_takes_the_place_of(
    policy: DunningPolicy, faults: int
) -> None:
    assert len(policy.faults()) == faults


def test_where_fees_alone_are_left_reminders_go_on_and_add_none() -> None:
    later = NOON + timedelta(days=43)
    more = reminded(an_open_case(), as_it_stands(an_open_case()), later)
    assert more is not None
    assert (more.steps_taken, more.fees, more.charges[-1]) == (3, 500, Charge(3, 250, later))
    fees_only = reminded(an_open_case(), Standing(euros("0.00")), later)
    assert fees_only is not None
    assert (fees_only.steps_taken, fees_only.fees, fees_only.next_at) == (3, 250, None)


def test_a_fee_is_waived_once_and_not_where_it_was_paid() -> None:
    case = an_open_case()
    unpaid = {(CASE, 2): 0}
    waived = waive(case, unpaid, "wrong address", FATIMA, NOON)
    assert isinstance(waived, Case)
    assert (waived.owed, waived.claims, waived.fees) == (case.owed, case.claims, 0)
    assert waived.charges[0].waived_by == FATIMA
    assert news(case, waived) == ("dunning.fees_waived",)
    assert waive(waived, unpaid, "again", FATIMA, NOON) is waived
    assert waive(case, {(CASE, 2): 100}, "paid", FATIMA, NOON) is case
    closed = an_open_case(state=CaseState.PAID)
    assert waive(closed, unpaid, "late", FATIMA, NOON) == Refusal(NotClosable.CASE_CLOSED)


@pytest.mark.parametrize("how", [CaseState.PAID_OTHERWISE, CaseState.WRITTEN_OFF])
def test_what_was_paid_otherwise_says_where_that_stands(how: CaseState) -> None:
    case = an_open_case()
    now_owed = Standing(case.owed, case.claims)
    without = close(case, now_owed, how, reason="r", reference=" ", by=FATIMA, now=NOON)
    assert (without == Refusal(NotClosable.NO_REFERENCE, "/reference")) is (how is CaseState.PAID_OTHERWISE)
    closed = close(case, now_owed, how, reason="r", reference="receipt 118", by=FATIMA, now=NOON)
    assert isinstance(closed, Case)
    assert (closed.state, closed.reference, closed.closed_by) == (how, "receipt 118", FATIMA)
    assert close(closed, now_owed, how, reason="r", reference="x", by=FATIMA, now=NOON) == Refusal(
        NotClosable.CASE_CLOSED
    )


def test_a_case_is_closed_on_what_is_owed_at_that_moment() -> None:
    case = an_open_case()
    less = Standing(euros("1.50"), (), transferred=100, fees={(CASE, 2): 250})
    closed = close(case, less, CaseState.WRITTEN_OFF, reason="r", reference="", by=FATIMA, now=NOON)
    assert isinstance(closed, Case)
    assert (closed.owed, closed.fees, closed.transferred) == (euros("1.50"), 0, 100)
    under_way = close(case, None, CaseState.WRITTEN_OFF, reason="r", reference="", by=FATIMA, now=NOON)
    assert under_way == Refusal(NotClosable.MONEY_UNDER_WAY)
    paid = replace(less, owed=euros("0"))
    assert close(case, paid, CaseState.WRITTEN_OFF, reason="r", reference="", by=FATIMA, now=NOON) == Refusal(
        NotClosable.ALREADY_PAID
    )
