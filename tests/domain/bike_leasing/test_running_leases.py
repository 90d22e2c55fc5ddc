"""A lease that runs: rests, incidents, early ends and the end, each act's own rules and what becomes of the plan."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.bike_leasing.contracts import ending, ending_early, pausing
from domain.bike_leasing.contracts.acts import Act, LeaseStepped, NotDone
from domain.bike_leasing.contracts.leases import (
    BikeKind,
    ImportantReason,
    Incident,
    IncidentKind,
    IncidentOutcome,
    Lease,
    LeaseState,
    PurchaseOffer,
    Termination,
)
from domain.bike_leasing.contracts.parties import Side, Span
from domain.bike_leasing.contracts.plans import InstalmentState
from domain.bike_leasing.contracts.suspensions import (
    COMMERCIAL,
    NO_PROTECTION,
    REST_RULES,
    RESUMPTION_POLICIES,
    STATE_EMPLOYER,
    Pause,
    Suspension,
)
from domain.money import Money
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import (
    BACK_EARLY,
    BIKE,
    CALENDAR,
    ELSEWHERE,
    HELD_PLAN,
    LATER,
    LEASE,
    MADE_OUT,
    NEXT_FRAMEWORK,
    NOW,
    PERFORMED,
    PLAN,
    QUOTE,
    RETURNED,
    STOLEN,
    TODAY,
    tried,
)

E, H, D, L, S = (tried(side) for side in (Side.EMPLOYEE, Side.HR, Side.DEALER, Side.LESSOR, Side.SYSTEM))
DRAFT, OFFERED, APPLIED = (replace(LEASE, state=state) for state in list(LeaseState)[:3])
OVER = Span(date(2024, 1, 1), date(2028, 10, 1))


def at(state: LeaseState, **more: Any) -> Lease:
    return replace(LEASE, state=state, **more)


def quoted(**more: Any) -> Lease:
    return replace(OFFERED, quote=replace(QUOTE, bike=replace(BIKE, **more)))


def no(reason: NotDone, pointer: str = "") -> Refusal[NotDone]:
    return Refusal(reason, pointer)


# -- pauses and incidents


ACTIVE = at(LeaseState.ACTIVE, suspensions=())


def rests(lease: Lease, pause: Pause, since: date, by: Any = H, **more: Any) -> Any:
    terms = {"protection": NO_PROTECTION, "rule": REST_RULES[-1]} | more
    return pausing.suspend(lease, PLAN, Suspension(pause, since), by, **terms)


def goes_on(lease: Lease, on: date, plan: Any = PLAN) -> Any:
    return pausing.resume(lease, plan, on, CALENDAR, H, policy=RESUMPTION_POLICIES[-1])


def test_before_it_begins_a_lease_rests_from_its_first_month_on_and_goes_on_with_a_later_one() -> None:
    """Parental leave that was known when the bike was handed over: no month of pay was converted yet."""
    first, second = date(2026, 1, 1), date(2026, 2, 1)
    handed_over, december = at(LeaseState.HANDED_OVER, suspensions=()), replace(H, today=date(2025, 12, 20))
    resting = rests(handed_over, Pause.PARENTAL_LEAVE, first, december, protection=COMMERCIAL)
    assert isinstance(resting, LeaseStepped)
    assert (resting.lease.state, resting.lease.suspensions) == (
        LeaseState.SUSPENDED,
        (Suspension(Pause.PARENTAL_LEAVE, first),),
    )
    assert [each.number for each in resting.plan if each.state is InstalmentState.INSURED] == [*range(2, 20)]
    assert resting.plan[0].number == 2, "the first month was paid for by the pay of that of the handover"
    unpaid = rests(handed_over, Pause.PARENTAL_LEAVE, first, december, protection=STATE_EMPLOYER)
    assert {each.state for each in unpaid.plan} == {InstalmentState.ON_HOLD}, (
        "its insurer wants six months of pay before"
    )

    for since in (second, date(2026, 1, 2)):
        assert rests(handed_over, Pause.CARE, since, december) == no(NotDone.NOT_BEGUN, "/since")
    assert rests(handed_over, Pause.CARE, date(2025, 12, 1), december) == no(NotDone.BEFORE_FIRST_MONTH, "/since")
    assert goes_on(unpaid.lease, first, unpaid.plan) == no(NotDone.NOT_ON_A_FIRST, "/on")
    again = pausing.resume(unpaid.lease, unpaid.plan, second, CALENDAR, december, policy=RESUMPTION_POLICIES[-1])
    assert isinstance(again, LeaseStepped)
    assert (again.lease.state, again.plan[0].month, again.lease.last_day) == (
        LeaseState.ACTIVE,
        date(2026, 3, 1),
        date(2029, 1, 31),
    )


def test_a_lease_rests_from_the_first_of_one_of_its_months_to_the_first_of_a_later_one() -> None:
    for since in (date(2028, 11, 2), date(2029, 1, 1)):
        assert rests(ACTIVE, Pause.CARE, since) == no(NotDone.NOT_ON_A_FIRST, "/since")
    assert rests(ACTIVE, Pause.CARE, date(2025, 12, 1)) == no(NotDone.BEFORE_FIRST_MONTH, "/since")
    resting = rests(ACTIVE, Pause.CARE, date(2028, 11, 1))
    assert isinstance(resting, LeaseStepped)
    for on in (date(2028, 11, 1), date(2028, 12, 2)):
        assert goes_on(resting.lease, on) == no(NotDone.NOT_ON_A_FIRST, "/on")
    again = goes_on(resting.lease, date(2028, 12, 1))
    assert isinstance(again, LeaseStepped)
    assert again.lease.suspensions == (Suspension(Pause.CARE, date(2028, 11, 1), date(2028, 12, 1)),)
    assert rests(again.lease, Pause.CARE, date(2028, 11, 1)) == no(NotDone.NOT_ON_A_FIRST, "/since")


def test_from_when_on_a_lease_goes_on_is_said_twelve_months_ahead_at_most() -> None:
    resting = rests(ACTIVE, Pause.CARE, date(2028, 11, 1))

    assert isinstance(goes_on(resting.lease, date(2029, 10, 1)), LeaseStepped)
    for on in (date(2029, 11, 1), date(2090, 1, 1), date(9999, 12, 1)):
        assert goes_on(resting.lease, on) == no(NotDone.TOO_LATE, "/on")


def test_a_rest_moves_the_plan_and_the_leases_last_day_as_far_as_no_insurer_pays() -> None:
    """Pay of a month pays for the lease's next one: October's is the first that pays for nothing, September's has paid for October."""
    october, november, december = date(2028, 10, 1), date(2028, 11, 1), date(2028, 12, 1)

    resting = rests(ACTIVE, Pause.CARE, october)
    assert [(each.number, each.state) for each in resting.plan] == [
        (35, InstalmentState.ON_HOLD),
        (36, InstalmentState.ON_HOLD),
    ]
    again = goes_on(resting.lease, december, (*PLAN[:34], *resting.plan))
    assert isinstance(again, LeaseStepped)
    assert [each.month for each in again.plan] == [date(2029, 1, 1), date(2029, 2, 1)]
    assert again.lease.last_day == date(2029, 2, 28)

    insured = rests(ACTIVE, Pause.CARE, november, protection=STATE_EMPLOYER)
    assert {each.state for each in insured.plan} == {InstalmentState.INSURED}
    assert rests(ACTIVE, Pause.CARE, november, rule=replace(REST_RULES[-1], moves=False)).plan == ()
    before = (Suspension(Pause.CARE, date(2026, 5, 1), date(2028, 11, 1)),)
    too_soon = rests(replace(ACTIVE, suspensions=before), Pause.PARENTAL_LEAVE, november, protection=STATE_EMPLOYER)
    assert {each.state for each in too_soon.plan} == {InstalmentState.ON_HOLD}  # after five months of converted pay
    late = rests(ACTIVE, Pause.ILLNESS, date(2028, 9, 1), protection=COMMERCIAL)
    assert {each.state for each in late.plan} == {InstalmentState.ON_HOLD}


def test_insurers_pay_for_so_many_months_of_a_pause_each_by_its_own_terms() -> None:
    assert STATE_EMPLOYER.covered(Pause.PARENTAL_LEAVE, 24, converted=6) == 18
    assert STATE_EMPLOYER.covered(Pause.PARENTAL_LEAVE, 24, converted=5) == 0
    assert [STATE_EMPLOYER.covered(pause, 24, 0) for pause in (Pause.ILLNESS, Pause.CARE)] == [15, 6]
    assert COMMERCIAL.covered(Pause.PARENTAL_LEAVE, 12, converted=0) == 12
    assert [COMMERCIAL.covered(Pause.ILLNESS, 12, 9, days) for days in (30, 31)] == [12, 0]
    assert COMMERCIAL.covered(Pause.UNPAID_LEAVE, 3, converted=30) == 0


def test_a_theft_needs_the_polices_reference_and_a_locked_bike() -> None:
    for reference in (None, " "):
        unknown = replace(STOLEN, police_reference=reference)
        assert pausing.report_incident(ACTIVE, unknown, E) == no(NotDone.POLICE_REFERENCE_MISSING, "/police_reference")
    open_ = replace(STOLEN, was_locked=False)
    assert pausing.report_incident(ACTIVE, open_, E) == no(NotDone.WAS_NOT_LOCKED, "/was_locked")
    tomorrow = Incident(IncidentKind.DAMAGE, TODAY + timedelta(days=1))
    assert pausing.report_incident(ACTIVE, tomorrow, E) == no(NotDone.TOO_EARLY, "/happened_on")
    damage = Incident(IncidentKind.DAMAGE, TODAY)
    assert isinstance(pausing.report_incident(ACTIVE, damage, E), LeaseStepped)


def test_a_bike_that_is_stolen_while_the_lease_rests_is_replaced_and_the_lease_rests_on() -> None:
    resting = rests(ACTIVE, Pause.CARE, date(2028, 11, 1))
    assert isinstance(resting, LeaseStepped)
    stolen = pausing.report_incident(resting.lease, STOLEN, E)
    assert isinstance(stolen, LeaseStepped)
    assert (stolen.lease.state, stolen.lease.suspensions) == (LeaseState.INCIDENT, resting.lease.suspensions)
    another = replace(BIKE, serial_number="SN-2")

    replaced = pausing.replace_bike(stolen.lease, another, L)
    assert isinstance(replaced, LeaseStepped)
    assert (replaced.lease.state, replaced.plan) == (LeaseState.SUSPENDED, ())
    again = goes_on(replaced.lease, date(2028, 12, 1))
    assert (again.lease.state, again.lease.last_day) == (LeaseState.ACTIVE, ACTIVE.last_day)


def test_pay_is_converted_again_while_a_resting_leases_bike_is_gone_and_then_the_lease_runs() -> None:
    resting = rests(ACTIVE, Pause.CARE, date(2028, 11, 1))
    stolen = pausing.report_incident(resting.lease, STOLEN, E)
    assert isinstance(stolen, LeaseStepped)

    again = goes_on(stolen.lease, date(2028, 12, 1))
    assert (again.lease.state, again.lease.incident) == (LeaseState.INCIDENT, STOLEN)
    assert goes_on(again.lease, date(2028, 12, 1)) == no(NotDone.WRONG_STATE)
    replaced = pausing.replace_bike(again.lease, replace(BIKE, serial_number="SN-2"), L)
    assert isinstance(replaced, LeaseStepped)
    assert replaced.lease.state is LeaseState.ACTIVE


def test_a_bike_that_is_lost_while_the_lease_rests_leaves_all_that_nobody_paid_to_the_settlement() -> None:
    months = (InstalmentState.INSURED, InstalmentState.ON_HOLD)
    waits = tuple(replace(each, state=state) for each, state in zip(PLAN[34:], months, strict=True))
    lost = pausing.declare_total_loss(at(LeaseState.INCIDENT, incident=STOLEN), (*PLAN[:34], *waits), L)

    assert isinstance(lost, LeaseStepped)
    assert lost.lease.state is LeaseState.TOTAL_LOSS
    assert [(each.number, each.state) for each in lost.plan] == [(35, InstalmentState.ON_HOLD)]


def test_a_stolen_bike_is_replaced_within_the_contract_and_not_repaired() -> None:
    stolen = at(LeaseState.INCIDENT, incident=STOLEN)

    assert pausing.resolve(stolen, L) == no(NotDone.NOT_A_DAMAGE)
    assert pausing.replace_bike(stolen, replace(BIKE, serial_number=None), L) == no(
        NotDone.SERIAL_NUMBER_MISSING, "/bike/serial_number"
    )
    outcome = pausing.replace_bike(stolen, replace(BIKE, serial_number="SN-2"), L)
    assert isinstance(outcome, LeaseStepped)
    after = outcome.lease
    assert after.quote is not None
    assert (after.quote.bike.serial_number, after.incident) == ("SN-2", None)
    assert after.incidents_before == (replace(STOLEN, outcome=IncidentOutcome.REPLACED, ended_on=TODAY),)
    assert outcome.plan == ()
    assert (after.id, after.last_day, after.quote.rate) == (stolen.id, stolen.last_day, QUOTE.rate)


@pytest.mark.parametrize(
    ("bike", "refused"),
    [
        (replace(BIKE, kind=BikeKind.S_PEDELEC), no(NotDone.NO_BIKE_BY_LAW, "/bike/kind")),
        (replace(BIKE, list_price=eur("0")), no(NotDone.BAD_QUOTE, "/bike/list_price")),
        (replace(BIKE, list_price=eur("-1")), no(NotDone.BAD_QUOTE, "/bike/list_price")),
        (replace(BIKE, sale_price=Money(3_799_00, "USD")), no(NotDone.BAD_QUOTE, "/bike/sale_price")),
        (replace(BIKE, sale_price=eur("-3,799")), no(NotDone.BAD_QUOTE, "/bike/sale_price")),
    ],
)
def test_a_bike_in_place_of_another_is_one_that_could_have_been_offered(bike: Any, refused: Any) -> None:
    """Else a credit line would be reckoned by its price where the lease goes on with another employer."""
    stolen = at(LeaseState.INCIDENT, incident=STOLEN)

    assert pausing.replace_bike(stolen, bike, L) == refused


# -- ends


TERMINATING = at(LeaseState.TERMINATING)
RUNS = at(LeaseState.ACTIVE, suspensions=(), made_out=None)


def noticed(on: date = TODAY) -> Any:
    return ending_early.terminate(RUNS, PLAN, Termination(ImportantReason.LEAVING, on), H)


def test_notice_lets_what_is_due_later_wait_and_the_settlement_cuts_it() -> None:
    waits = noticed()
    assert [(each.number, each.state) for each in waits.plan] == [
        (35, InstalmentState.ON_HOLD),
        (36, InstalmentState.ON_HOLD),
    ]
    assert noticed(date(2025, 12, 9)) == no(NotDone.TOO_EARLY, "/on")

    plan = (*PLAN[:34], *waits.plan)
    assert settled(waits.lease, "settlement-7") == no(NotDone.NOT_MADE_OUT)
    shown = ending_early.make_out(waits.lease, MADE_OUT, L)
    assert isinstance(shown, LeaseStepped)
    over = settled(shown.lease, "settlement-7", plan)
    assert (over.lease.settled, over.lease.state) == (MADE_OUT.owed, LeaseState.EARLY_ENDED)
    assert {(each.number, each.state) for each in over.plan} == {(35, InstalmentState.CUT), (36, InstalmentState.CUT)}
    assert ending_early.buy_out(shown.lease, plan, E).plan == over.plan  # type: ignore[union-attr]


def test_notice_is_for_one_of_the_leases_days() -> None:
    assert isinstance(noticed(date(2028, 12, 31)), LeaseStepped)
    for on in (date(2029, 1, 1), date(9999, 12, 31)):
        assert noticed(on) == no(NotDone.TOO_LATE, "/on")

    resting = at(LeaseState.SUSPENDED, last_day=date(2028, 9, 30))
    plan = (*PLAN[:34], *(replace(each, state=InstalmentState.ON_HOLD) for each in PLAN[34:]))
    for on, is_one in ((date(2028, 12, 31), True), (date(2029, 1, 1), False)):
        outcome = ending_early.terminate(resting, plan, Termination(ImportantReason.LEAVING, on), H)
        assert isinstance(outcome, LeaseStepped) is is_one, "as if it went on in November, for two months"


def test_a_lease_is_settled_once_the_last_month_has_begun_for_which_the_employer_pays() -> None:
    waits = noticed(date(2028, 11, 30))
    plan, shown = (*PLAN[:35], *waits.plan), replace(waits.lease, made_out=MADE_OUT)
    assert [each.state for each in plan[34:]] == [InstalmentState.PLANNED, InstalmentState.ON_HOLD]

    insured = (*plan[:34], replace(plan[34], state=InstalmentState.INSURED), plan[35])
    for to_come in (plan, insured):
        assert settled(shown, "settlement-7", to_come) == no(NotDone.TOO_EARLY)
        assert ending_early.buy_out(shown, to_come, E) == no(NotDone.TOO_EARLY)
    november = tried(Side.LESSOR, NOW.replace(month=11, day=1))
    over = ending_early.settle(shown, plan, "settlement-7", BACK_EARLY, november)
    assert isinstance(over, LeaseStepped)
    assert {(each.number, each.state) for each in over.plan} == {(36, InstalmentState.CUT)}


def settled(lease: Lease, sheet: str, plan: Any = HELD_PLAN, protocol: Any = BACK_EARLY) -> Any:
    return ending_early.settle(lease, plan, sheet, protocol, L)


def test_a_lease_goes_on_with_an_employer_of_the_same_lessor_or_by_oneself() -> None:
    moved = PERFORMED[Act.TRANSFER](TERMINATING, L).lease
    assert (moved.parties.employer, moved.termination, moved.made_out, moved.transferred_on) == (
        ELSEWHERE,
        None,
        None,
        TODAY,
    )
    foreign = replace(NEXT_FRAMEWORK, lessor=ELSEWHERE)
    assert transferred(foreign) == no(NotDone.FRAMEWORK_NOT_ACTIVE)
    assert transferred(None) == no(NotDone.FRAMEWORK_NOT_ACTIVE)
    assert transferred(NEXT_FRAMEWORK, eur("99,999")) == no(NotDone.CREDIT_LINE_USED_UP)
    alone = PERFORMED[Act.CONTINUE_PRIVATELY](TERMINATING, E).lease
    assert alone.is_private
    ungranted = replace(TERMINATING, made_out=replace(MADE_OUT, credit_granted=False))
    refused = ending_early.continue_privately(ungranted, PLAN, CALENDAR, E)
    assert refused == no(NotDone.CREDIT_NOT_GRANTED)


def transferred(framework: Any, used: Any = MADE_OUT.owed, lease: Lease = TERMINATING, plan: Any = PLAN) -> Any:
    return ending_early.transfer(lease, plan, framework, used, L, calendar=CALENDAR)


def test_whoever_goes_on_with_a_lease_owes_what_waited_and_a_rest_ends_with_that() -> None:
    waits = noticed()
    plan = (*PLAN[:34], *waits.plan)
    after = transferred(NEXT_FRAMEWORK, lease=waits.lease, plan=plan)
    assert [(each.month, each.employer, each.state) for each in after.plan] == [
        (date(2028, 11, 1), ELSEWHERE, InstalmentState.PLANNED),
        (date(2028, 12, 1), ELSEWHERE, InstalmentState.PLANNED),
    ]

    november = (Suspension(Pause.CARE, date(2028, 11, 1)),)
    rested = transferred(NEXT_FRAMEWORK, lease=replace(waits.lease, suspensions=november), plan=plan)
    assert [each.month for each in rested.plan] == [date(2029, 1, 1), date(2029, 2, 1)], (
        "her pay of December pays there"
    )
    assert rested.lease.suspensions == (replace(november[0], until=date(2028, 12, 1)),)
    assert rested.lease.last_day == date(2029, 2, 28)


def test_what_no_insurer_pays_any_more_is_owed_by_whoever_goes_on_with_the_lease_and_not_by_the_employer_before() -> (
    None
):
    """She is paid there from November on, which pays for December; October's pay, of which there is none, would have paid for November."""
    insured = tuple(replace(each, state=InstalmentState.INSURED) for each in PLAN[34:])

    after = transferred(NEXT_FRAMEWORK, plan=(*PLAN[:34], *insured))
    assert [(each.number, each.employer) for each in after.plan] == [(36, ELSEWHERE)]

    alone = ending_early.continue_privately(TERMINATING, (*PLAN[:34], *insured), CALENDAR, E)
    assert isinstance(alone, LeaseStepped)
    assert [(each.number, each.employer) for each in alone.plan] == [(35, None), (36, None)], (
        "she pays for a month in it"
    )


def test_a_settlement_is_what_was_shown_and_needs_a_protocol_where_there_is_a_bike() -> None:
    assert settled(TERMINATING, "settlement-7", protocol=None) == no(NotDone.REASON_MISSING, "/protocol")
    assert settled(TERMINATING, "settlement-6") == no(NotDone.NOT_AS_SHOWN, "/sheet")
    lost = settled(at(LeaseState.TOTAL_LOSS), "settlement-7", protocol=None)
    assert lost.lease.settled == MADE_OUT.owed
    for wrong in (replace(MADE_OUT, owed=eur("-1")), replace(MADE_OUT, buyout_price=eur("0"))):
        assert ending_early.make_out(TERMINATING, wrong, L) == no(NotDone.AMOUNT_MISSING, "/buyout_price")
    no_price = replace(TERMINATING, made_out=replace(MADE_OUT, buyout_price=None))
    assert ending_early.buy_out(no_price, HELD_PLAN, E) == no(NotDone.NOT_MADE_OUT)


def test_a_protocol_charges_nothing_beside_the_settlement_that_was_shown() -> None:
    for charges in (eur("40"), eur("-40"), Money(40_00, "USD")):
        outcome = settled(TERMINATING, "settlement-7", protocol=replace(BACK_EARLY, charges=charges))
        assert outcome == no(NotDone.NOT_AS_SHOWN, "/protocol/charges")


def test_after_a_total_loss_nothing_is_due_until_it_is_settled() -> None:
    lost = PERFORMED[Act.DECLARE_TOTAL_LOSS](at(LeaseState.INCIDENT, incident=STOLEN), L)

    assert [(each.number, each.state) for each in lost.plan] == [
        (35, InstalmentState.ON_HOLD),
        (36, InstalmentState.ON_HOLD),
    ]
    assert lost.lease.incidents_before[-1].outcome is IncidentOutcome.TOTAL_LOSS


def reported(lease: Lease, incident: Incident = STOLEN) -> Lease:
    outcome = pausing.report_incident(lease, incident, E)
    assert isinstance(outcome, LeaseStepped)
    assert (outcome.lease.state, outcome.plan) == (LeaseState.INCIDENT, ())
    return outcome.lease


LEFT_BY = Termination(ImportantReason.LEAVING, date(2028, 11, 30))
DAMAGED = Incident(IncidentKind.DAMAGE, TODAY)
SWAPPED = replace(BIKE, serial_number="SN-2")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LeaseState.TERMINATING, LeaseState.TERMINATING),
        (LeaseState.ENDING, LeaseState.ENDING),
        (LeaseState.PURCHASE_OFFERED, LeaseState.ENDING),
        (LeaseState.RETURN_SCHEDULED, LeaseState.RETURN_SCHEDULED),
    ],
)
def test_a_repair_does_not_move_an_end_that_was_known_nor_does_another_bike(
    before: LeaseState, after: LeaseState
) -> None:
    lease = at(before, incident=None, termination=LEFT_BY, pickup_on=LATER.date())
    repaired = pausing.resolve(reported(lease, DAMAGED), E)
    replaced = pausing.replace_bike(reported(lease), SWAPPED, L)
    for outcome in (repaired, replaced):
        assert isinstance(outcome, LeaseStepped)
        assert (outcome.lease.state, outcome.lease.interrupted, outcome.plan) == (after, None, ())
        assert (outcome.lease.last_day, outcome.lease.termination, outcome.lease.pickup_on) == (
            lease.last_day,
            lease.termination,
            lease.pickup_on,
        )


def test_an_offer_to_buy_is_over_when_something_happens_to_the_bike() -> None:
    damaged = reported(at(LeaseState.PURCHASE_OFFERED, incident=None), DAMAGED)
    assert (damaged.purchase_offer, ending.purchase(damaged, E)) == (None, no(NotDone.WRONG_STATE))
    repaired = PERFORMED[Act.RESOLVE](damaged, E).lease
    assert ending.purchase(repaired, E) == no(NotDone.WRONG_STATE)
    assert PERFORMED[Act.OFFER_PURCHASE](repaired, L).lease.state is LeaseState.PURCHASE_OFFERED


def test_until_it_is_known_what_becomes_of_the_bike_nobody_goes_on_with_a_lease_or_settles_it() -> None:
    for known in (LeaseState.TERMINATING, LeaseState.ENDING, LeaseState.RETURN_SCHEDULED):
        stolen = reported(at(known, incident=None, termination=LEFT_BY))
        for act, by in ((Act.SETTLE, L), (Act.TRANSFER, L), (Act.BUY_OUT, E), (Act.TAKE_BACK, L), (Act.RESUME, H)):
            assert PERFORMED[act](stolen, by) == no(NotDone.WRONG_STATE), (known, act)


def test_what_was_made_out_for_one_bike_is_not_what_another_comes_to() -> None:
    terminating = at(LeaseState.TERMINATING, incident=None)
    repaired = pausing.resolve(reported(terminating, DAMAGED), E)
    replaced = pausing.replace_bike(reported(terminating), SWAPPED, L)
    assert isinstance(repaired, LeaseStepped)
    assert isinstance(replaced, LeaseStepped)
    assert (repaired.lease.made_out, replaced.lease.made_out) == (MADE_OUT, None)
    assert settled(replaced.lease, "settlement-7") == no(NotDone.NOT_MADE_OUT)


def test_a_bike_that_is_lost_after_notice_is_settled_at_once_and_not_from_the_day_of_notice_on() -> None:
    waits = noticed(LEFT_BY.on)
    plan = (*PLAN[:35], *waits.plan)
    shown = ending_early.make_out(waits.lease, MADE_OUT, L)
    assert isinstance(shown, LeaseStepped)
    lost = pausing.declare_total_loss(reported(shown.lease), plan, L)

    assert isinstance(lost, LeaseStepped)
    assert (lost.lease.state, lost.lease.interrupted, lost.lease.termination) == (LeaseState.TOTAL_LOSS, None, LEFT_BY)
    assert [(each.number, each.state) for each in lost.plan] == [(35, InstalmentState.ON_HOLD)]
    plan = (*PLAN[:34], *lost.plan, *waits.plan)
    assert settled(lost.lease, "settlement-7", plan, None) == no(NotDone.NOT_MADE_OUT)
    again = ending_early.make_out(lost.lease, replace(MADE_OUT, sheet="settlement-9"), L)
    assert isinstance(again, LeaseStepped)
    over = settled(again.lease, "settlement-9", plan, None)
    assert {(each.number, each.state) for each in over.plan} == {(35, InstalmentState.CUT), (36, InstalmentState.CUT)}


def test_a_bike_that_is_lost_when_it_was_to_be_picked_up_is_settled_with_nothing_left_to_pick_up() -> None:
    after_its_last = tried(Side.LESSOR, NOW.replace(year=2029, month=1, day=4))
    stolen = reported(at(LeaseState.RETURN_SCHEDULED, incident=None, pickup_on=TODAY))
    lost = pausing.declare_total_loss(stolen, PLAN, after_its_last)

    assert isinstance(lost, LeaseStepped)
    assert (lost.lease.state, lost.lease.pickup_on, lost.plan) == (LeaseState.TOTAL_LOSS, None, ())
    shown = ending_early.make_out(lost.lease, MADE_OUT, after_its_last)
    assert isinstance(shown, LeaseStepped)
    over = ending_early.settle(shown.lease, PLAN, MADE_OUT.sheet, None, after_its_last)
    assert isinstance(over, LeaseStepped)
    assert (over.lease.state, over.lease.settled, over.plan) == (LeaseState.EARLY_ENDED, MADE_OUT.owed, ())


def test_a_lease_begins_to_end_ninety_days_before_its_last() -> None:
    policy = ending.END_POLICIES[-1]
    last = TODAY + timedelta(days=90)

    assert isinstance(ending.near_end(replace(ACTIVE, last_day=last), policy, S), LeaseStepped)
    too_early = ending.near_end(replace(ACTIVE, last_day=last + timedelta(days=1)), policy, S)
    assert too_early == no(NotDone.TOO_EARLY)


def test_a_purchase_is_offered_at_the_end_and_can_be_taken_back() -> None:
    near = at(LeaseState.ENDING)
    offered = at(LeaseState.PURCHASE_OFFERED)

    assert ending.offer_purchase(near, PurchaseOffer(eur("0"), LATER), L) == no(NotDone.AMOUNT_MISSING, "/price")
    late = PurchaseOffer(eur("1"), NOW)
    assert ending.offer_purchase(near, late, L) == no(NotDone.OFFER_EXPIRED, "/expires_at")
    assert ending.purchase(replace(offered, purchase_offer=late), E) == no(NotDone.OFFER_EXPIRED)
    revoked = PERFORMED[Act.REVOKE_PURCHASE](offered, L).lease
    assert (revoked.purchase_offer, ending.purchase(revoked, E)) == (None, no(NotDone.WRONG_STATE))


def test_what_is_charged_at_the_return_stands_in_the_protocol() -> None:
    yesterday = TODAY - timedelta(days=1)
    assert ending.schedule_return(at(LeaseState.ENDING), yesterday, E) == no(NotDone.TOO_EARLY, "/on")
    given_back = PERFORMED[Act.SCHEDULE_RETURN](at(LeaseState.PURCHASE_OFFERED), E).lease
    assert (given_back.pickup_on, given_back.purchase_offer) == (TODAY, None)
    back = at(LeaseState.RETURNED)
    unsaid, negative = replace(RETURNED, findings=" "), replace(RETURNED, charges=eur("-1"))
    assert ending.inspect(back, unsaid, L) == no(NotDone.REASON_MISSING, "/findings")
    assert ending.inspect(back, negative, L) == no(NotDone.AMOUNT_MISSING, "/charges")
    assert isinstance(ending.inspect(back, replace(unsaid, charges=eur("0")), L), LeaseStepped)
