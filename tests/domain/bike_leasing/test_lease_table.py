"""Every state, act and side of a lease: who may do what, and what becomes of it. What the field's table says stands here a second
time, so that the domain's table and its test do not err together."""

from datetime import date
from itertools import product

import pytest
from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import (
    TABLE,
    Act,
    Attempt,
    LeaseStepped,
    NotDone,
    possible,
    possible_from,
)
from domain.bike_leasing.contracts.leases import Lease, LeaseState, sides_on
from domain.bike_leasing.contracts.parties import Side, sides_of
from domain.bike_leasing.contracts.suspensions import Pause, Suspension
from domain.grants import Grant
from domain.identity import Actor, PersonId, Role
from domain.refusals import Refusal
from domain.sign_in.signing_in import actor_of
from tests.domain.bike_leasing.leases import (
    ADA,
    CITY,
    LEASE,
    NOW,
    PERFORMED,
    PRIVATE,
    SHOP,
    TODAY,
    WORKS,
    somebody,
    tried,
)

BEFORE_HANDOVER = "draft offered applied employer_review approved lessor_review ordered ready_for_pickup"
# E employee, H employer's HR, D dealer, L lessor, S system; what leases by an employer and a consumer's own have in common,
# then what only one of them has.
COMMON = """
offer              D   draft                           offered
apply              E   offered                         applied
make_ready         D   ordered                         ready_for_pickup
reissue_pin        D   ready_for_pickup                ready_for_pickup
hand_over          DE  ready_for_pickup                handed_over
activate           S   handed_over                     active
report_incident    EL  active suspended terminating ending purchase_offered return_scheduled incident
resolve            EL  incident                        active
replace            L   incident                        active
declare_total_loss L   incident                        total_loss
make_out           L   terminating                     terminating
make_out           L   total_loss                      total_loss
buy_out            E   terminating                     early_ended
settle             L   terminating total_loss          early_ended
near_end           SL  active                          ending
offer_purchase     SL  ending                          purchase_offered
revoke_purchase    L   purchase_offered                ending
purchase           E   purchase_offered                purchased
schedule_return    EL  ending purchase_offered         return_scheduled
take_back          L   return_scheduled                returned
inspect            L   returned                        inspected
close              L   inspected purchased             closed
"""
EMPLOYED = f"""
start_review       H   applied                         employer_review
approve            H   applied employer_review         approved
reject             H   applied employer_review         rejected
start_review       L   approved                        lessor_review
order              L   approved lessor_review          ordered
reject             L   approved lessor_review          rejected
suspend            HL  handed_over active              suspended
resume             HL  suspended                       active
terminate          HL  active suspended                terminating
transfer           L   terminating                     active
continue_privately E   terminating                     active
cancel             EL  {BEFORE_HANDOVER} cancelled
cancel             H   {BEFORE_HANDOVER.replace("draft offered ", "")} cancelled
"""
CONSUMERS = """
start_review       L   applied                         lessor_review
order              L   applied lessor_review           ordered
reject             L   applied lessor_review           rejected
terminate          L   active suspended                terminating
cancel             EL  draft offered applied lessor_review ordered ready_for_pickup cancelled
withdraw           E   ordered ready_for_pickup handed_over active incident total_loss terminating ending purchase_offered return_scheduled withdrawn
take_back          L   withdrawn                       withdrawn
"""
# An employer's lease that rests goes on resting when the incident is over, unless pay is converted again by then.
RESTING = """
resume             HL  incident                        incident
resolve            EL  incident                        suspended
replace            L   incident                        suspended
"""
# Where the end was known before, it is what the lease goes back to; whoever has been given notice rests no more.
INTERRUPTED = """
resolve            EL  incident                        {0}
replace            L   incident                        {0}
"""
SIDES = {"E": Side.EMPLOYEE, "H": Side.HR, "D": Side.DEALER, "L": Side.LESSOR, "S": Side.SYSTEM}


def written(table: str) -> dict[tuple[LeaseState, Act, Side], LeaseState]:
    found = {}
    for line in filter(None, table.splitlines()):
        act, sides, *sources, target = line.split()
        for source, side in product(sources, sides):
            found[LeaseState(source), Act(act), SIDES[side]] = LeaseState(target)
    return found


LIVES = {
    "employed": (
        replace(LEASE, suspensions=(Suspension(Pause.ILLNESS, date(2025, 12, 1), date(2026, 1, 1)),)),
        written(COMMON + EMPLOYED),
    ),
    "resting": (LEASE, written(COMMON + EMPLOYED + RESTING)),
    "private": (replace(LEASE, parties=PRIVATE), written(COMMON + CONSUMERS)),
} | {
    f"{whose} {state}": (
        replace(LEASE, parties=parties, interrupted=state),
        written(COMMON + acts + INTERRUPTED.format(state)),
    )
    for state in (LeaseState.TERMINATING, LeaseState.ENDING, LeaseState.RETURN_SCHEDULED)
    for whose, parties, acts in (("employed", LEASE.parties, EMPLOYED), ("private", PRIVATE, CONSUMERS))
}


@pytest.mark.parametrize("life", LIVES)
def test_every_state_act_and_side_is_as_the_table_has_it(life: str) -> None:
    lease, expected = LIVES[life]
    able = {(act, side) for _, act, side in expected}
    for state, act, side in product(LeaseState, Act, Side):
        outcome = PERFORMED[act](replace(lease, state=state), tried(side))
        target = expected.get((state, act, side))
        if target is not None:
            assert isinstance(outcome, LeaseStepped), (state, act, side, outcome)
            assert (outcome.act, outcome.side, outcome.lease.state, outcome.lease.version) == (act, side, target, 2)
        elif side is Side.HR and (lease.is_private or state in {LeaseState.DRAFT, LeaseState.OFFERED}):
            assert outcome == Refusal(NotDone.UNKNOWN_LEASE), (state, act)
        else:
            reason = NotDone.WRONG_STATE if (act, side) in able else NotDone.NOT_YOURS_TO_DO
            assert outcome == Refusal(reason), (state, act, side)


def test_what_is_shown_as_possible_is_what_is_possible() -> None:
    for state, side in product(LeaseState, Side):
        lease = replace(LEASE, state=state)
        shown = possible(lease, tried(side))
        done = {act: PERFORMED[act](lease, tried(side)) for act in Act}
        assert shown == {act: out.reason if isinstance(out, Refusal) else None for act, out in done.items()}


def test_every_state_is_reached_and_only_the_last_ones_are_not_left() -> None:
    reached, left = (
        {row.target for row in TABLE},
        {source for row in TABLE for source in row.sources if source is not row.target},
    )
    last = {
        LeaseState.CLOSED,
        LeaseState.REJECTED,
        LeaseState.CANCELLED,
        LeaseState.WITHDRAWN,
        LeaseState.EARLY_ENDED,
    }

    assert set(LeaseState) - reached == {LeaseState.DRAFT}
    assert set(LeaseState) - left == last


def test_a_consumers_bike_comes_back_once_after_she_has_withdrawn_and_only_if_she_had_it() -> None:
    withdrawn, lessor = replace(LEASE, parties=PRIVATE, state=LeaseState.WITHDRAWN), by(somebody(Side.LESSOR))

    back = PERFORMED[Act.TAKE_BACK](withdrawn, lessor).lease
    assert (back.state, back.returned_on) == (LeaseState.WITHDRAWN, TODAY)
    for nothing_to_give in (back, replace(withdrawn, handed_over_on=None), replace(withdrawn, parties=LEASE.parties)):
        assert PERFORMED[Act.TAKE_BACK](nothing_to_give, lessor) == Refusal(NotDone.WRONG_STATE)
        assert Act.TAKE_BACK not in possible_from(nothing_to_give, {Side.LESSOR})


def by(actor: Actor) -> Attempt:
    return Attempt(actor, NOW, TODAY)


def approved(lease: Lease, actor: Actor) -> object:
    outcome = PERFORMED[Act.APPROVE](lease, by(actor))
    return outcome.reason if isinstance(outcome, Refusal) else outcome.lease.state


def test_nobody_in_hr_approves_her_own_application() -> None:
    lease = replace(LEASE, state=LeaseState.APPLIED)
    in_hr = Actor(ADA, CITY, frozenset({Role.RESIDENT, Role.HR}), parties=frozenset({(Role.HR, WORKS)}))

    assert approved(lease, in_hr) is NotDone.NOT_YOURS_TO_DO
    assert approved(lease, somebody(Side.HR)) is LeaseState.APPROVED


@pytest.mark.parametrize(("employer", "dealer", "sides"), [(WORKS, SHOP, {Side.HR, Side.DEALER}), (SHOP, WORKS, set())])
def test_whoever_is_hr_of_one_and_dealer_of_another_is_neither_the_other_way_round(
    employer: str, dealer: str, sides: set[Side]
) -> None:
    grants = (Grant(Role.HR, party=employer), Grant(Role.DEALER, party=dealer))
    assert sides_of(LEASE.parties, actor_of(somebody(Side.HR).id, CITY, grants)) == sides


def test_another_employers_hr_and_a_stranger_do_not_learn_that_there_is_a_lease() -> None:
    lease, colleague = replace(LEASE, state=LeaseState.APPLIED), somebody(Side.HR)
    stranger = Actor(PersonId(colleague.id), CITY, frozenset(Role))

    assert approved(lease, replace(colleague, parties=frozenset({(Role.HR, "wasserwerke")}))) is NotDone.UNKNOWN_LEASE
    assert approved(lease, stranger) is NotDone.UNKNOWN_LEASE
    dealer_of_that_name = replace(colleague, roles=frozenset({Role.DEALER}), parties=frozenset({(Role.DEALER, WORKS)}))
    assert approved(lease, dealer_of_that_name) is NotDone.UNKNOWN_LEASE


def test_an_offer_is_nothing_to_the_employer_before_somebody_applies_for_it() -> None:
    hr, offered = by(somebody(Side.HR)), replace(LEASE, state=LeaseState.OFFERED, applied_on=None)
    withdrawn = PERFORMED[Act.CANCEL](offered, by(somebody(Side.EMPLOYEE)))
    applied = PERFORMED[Act.APPLY](offered, by(somebody(Side.EMPLOYEE)))

    for lease in (offered, withdrawn.lease):
        assert PERFORMED[Act.CANCEL](lease, hr) == Refusal(NotDone.UNKNOWN_LEASE)
        assert sides_on(lease, hr.actor) == set()
    assert applied.lease.applied_on == TODAY
    given_up = PERFORMED[Act.CANCEL](applied.lease, hr)
    assert sides_on(given_up.lease, hr.actor) == {Side.HR}
