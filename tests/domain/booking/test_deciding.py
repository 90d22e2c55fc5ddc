"""Four eyes, who is named, who decides for somebody, and more time that has to be approved."""

from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.approval import Approval, ApprovalState
from domain.booking.approval_rules import Approving, Asked, Condition, Ground, Rule
from domain.booking.approving import approve, ask_again, decisions, reject
from domain.booking.bookings import Booking, Payer, State
from domain.booking.changing import Surroundings, extend, lapse_extension, paid_extension
from domain.booking.deciding import Capacity, Deciders, Deputy, authorities
from domain.booking.events import (
    AlreadyThere,
    ApprovalEscalated,
    ApprovalReminded,
    BookingConfirmed,
    NotPossible,
)
from domain.booking.extensions import (
    BookingExtended,
    ExtensionApproved,
    ExtensionAsked,
    ExtensionLapsed,
    ExtensionRejected,
)
from domain.booking.life import bill
from domain.booking.resources import Service
from domain.identity import Actor, Role
from domain.refusals import Refusal
from tests.examples import (
    BERLIN,
    NOON,
    POLICIES,
    TARIFFS,
    TOWN_HALL,
    a_booking,
    a_payment,
    a_pool_car,
    an_actor,
    an_order,
    euros,
    hours,
    minutes,
    person_id,
)

NOW = NOON - hours(24)
DUE = NOW + hours(4)
CAR = a_pool_car(shared=True, approving=Approving(4 * 3600))
GRACE = an_actor("grace", Role.FLEET_MANAGER, pools=[TOWN_HALL])
OLGA = an_actor("olga", Role.OPERATOR)
DORA = an_actor("dora", Role.DRIVER)
HERS = Deputy(GRACE.id, DORA.id, NOW - hours(1), NOW + hours(1))
FORBIDDEN, OWN = Refusal(NotPossible.FORBIDDEN), Refusal(NotPossible.OWN_BOOKING)


def waiting(**changes: Any) -> Booking:
    """Ada's, for work."""
    facts: dict[str, Any] = {"approval": Approval(ApprovalState.PENDING, DUE), "hold_expires_at": DUE}
    booking = a_booking(State.HELD, CAR, order=an_order(CAR, payer=Payer.COST_CENTRE), made_at=NOW)
    return replace(booking, **(facts | changes))


@pytest.mark.parametrize(
    ("actor", "deciders", "capacities"),
    [
        (GRACE, Deciders(), [Capacity.APPROVER]),
        (GRACE, Deciders(named=(DORA.id,)), []),
        (GRACE, Deciders(all_left=True), []),
        (OLGA, Deciders(all_left=True), [Capacity.OPERATOR]),
        (DORA, Deciders(named=(DORA.id,)), [Capacity.APPROVER]),
        (DORA, Deciders(), []),
        (DORA, Deciders(deputies=(HERS,)), [Capacity.DEPUTY]),
        (DORA, Deciders(deputies=(replace(HERS, end=NOW),)), []),
        (DORA, Deciders(deputies=(replace(HERS, start=NOW + minutes(1)),)), []),
        (OLGA, Deciders(named=(DORA.id,)), [Capacity.OPERATOR]),
    ],
)
def test_who_is_named_decides_or_whoever_runs_the_pool_and_their_deputies_in_time(
    actor: Actor, deciders: Deciders, capacities: list[Capacity]
) -> None:
    assert [each.capacity for each in authorities(actor, TOWN_HALL, deciders, NOW)] == capacities
    outcome = approve(waiting(), CAR, (), actor, NOW, deciders=deciders)
    assert isinstance(outcome, BookingConfirmed) if capacities else outcome == FORBIDDEN
    assert bool(decisions(waiting(), CAR, actor, NOW, deciders)) is bool(capacities)


def test_a_deputy_decides_for_somebody_and_that_is_written_down() -> None:
    outcome = approve(waiting(), CAR, (), DORA, NOW, deciders=Deciders(deputies=(HERS,)))
    assert isinstance(outcome, BookingConfirmed)
    approval = outcome.booking.approval
    assert approval is not None
    assert (approval.decided_by, approval.deputy_for, approval.state) == (DORA.id, GRACE.id, ApprovalState.APPROVED)


@pytest.mark.parametrize("whose", ["holder_id", "booked_by"])
def test_nobody_decides_on_her_own_booking_nor_does_her_deputy_for_her(whose: str) -> None:
    own = waiting(**{whose: GRACE.id})
    deciders = Deciders(deputies=(HERS, replace(HERS, person_id=person_id("gus"))))
    assert approve(own, CAR, (), GRACE, NOW) == reject(own, CAR, None, GRACE, NOW) == OWN
    assert decisions(own, CAR, GRACE, NOW) == ()
    assert approve(own, CAR, (), DORA, NOW, deciders=Deciders(deputies=(HERS,))) == OWN
    outcome = approve(own, CAR, (), DORA, NOW, deciders=deciders)
    assert isinstance(outcome, BookingConfirmed)
    assert outcome.booking.approval is not None
    assert outcome.booking.approval.deputy_for == person_id("gus")
    assert approve(waiting(**{whose: OLGA.id}), CAR, (), OLGA, NOW) == OWN


def test_whoever_decides_second_is_told_how_it_was_decided() -> None:
    yes = approve(waiting(), CAR, (), GRACE, NOW)
    assert isinstance(yes, BookingConfirmed)
    assert approve(yes.booking, CAR, (), OLGA, NOW) == AlreadyThere(yes.booking)
    assert reject(yes.booking, CAR, None, OLGA, NOW) == Refusal(NotPossible.DECIDED_OTHERWISE)


def test_who_says_nothing_is_reminded_once_and_then_the_operators_are_asked() -> None:
    steps = Approval(ApprovalState.PENDING, DUE, remind_at=NOW + hours(1), escalate_at=NOW + hours(2))
    booking = waiting(approval=steps)
    assert ask_again(booking, NOW + minutes(59)) == Refusal(NotPossible.WRONG_STATE)
    reminded = ask_again(booking, NOW + hours(1))
    assert isinstance(reminded, ApprovalReminded)
    assert ask_again(reminded.booking, NOW + hours(1)) == Refusal(NotPossible.WRONG_STATE)
    escalated = ask_again(reminded.booking, NOW + hours(2))
    assert isinstance(escalated, ApprovalEscalated)
    assert escalated.booking.approval is not None
    assert (escalated.booking.approval.is_escalated, escalated.booking.approval.next_step_at) == (True, None)
    late = ask_again(booking, NOW + hours(2))
    assert isinstance(late, ApprovalEscalated), "whoever comes late does not remind any more"


# -- more time

LONG = Rule("long", longer_than_s=5400)


def confirmed(payer: Payer = Payer.COST_CENTRE, **changes: Any) -> Booking:
    booking = a_booking(State.CONFIRMED, CAR, order=an_order(CAR, payer=payer), made_at=NOW)
    return replace(booking, **changes)


def around(*rules: Rule) -> Surroundings:
    policy = POLICIES[Service.FLEET]
    approving = Approving(4 * 3600, rules)
    return Surroundings(CAR, BERLIN, TARIFFS[Service.FLEET], policy, NOON + hours(1), None, approving)


def longer(booking: Booking, *rules: Rule, payments: tuple[Any, ...] = (), by: Actor | None = None) -> Any:
    end, who = NOON + hours(2), by.id if by else booking.holder_id
    return extend(booking, end, around(*(rules or (LONG,))), payments=payments, by=who, now=NOW)


def test_more_time_beyond_a_limit_is_claimed_until_somebody_approves_it() -> None:
    asked = longer(confirmed())
    assert isinstance(asked, ExtensionAsked)
    more = asked.booking.extension
    assert more is not None
    assert more.approval is not None
    assert (asked.booking.end, more.end, more.expires_at) == (NOON + hours(1), NOON + hours(2), DUE)
    assert (more.approval.rule, more.approval.due_at) == ("long", DUE)
    assert decisions(asked.booking, CAR, GRACE, NOW) == ("approve", "reject")
    given = approve(asked.booking, CAR, (), GRACE, NOW)
    assert isinstance(given, BookingExtended)
    assert (given.booking.end, given.booking.extension) == (NOON + hours(2), None)
    assert given.booking.approval is not None
    assert given.booking.approval.decided_by == GRACE.id
    assert approve(given.booking, CAR, (), OLGA, NOW) == AlreadyThere(given.booking)


def test_within_the_limits_and_by_the_rule_that_was_approved_nobody_is_asked_again() -> None:
    assert isinstance(longer(confirmed(), Rule("long", longer_than_s=7200)), BookingExtended)
    assert isinstance(longer(confirmed(), Rule("free", asks=False)), BookingExtended)
    same = Approval(
        ApprovalState.APPROVED, DUE, GRACE.id, NOW, rule="long", grounds=(Ground(Condition.LONGER_THAN, 7200, 5400),)
    )
    assert isinstance(longer(confirmed(approval=same)), BookingExtended)
    assert isinstance(longer(confirmed(approval=replace(same, rule="other"))), ExtensionAsked)
    assert isinstance(longer(confirmed(approval=replace(same, state=ApprovalState.PENDING))), ExtensionAsked)


@pytest.mark.parametrize(
    "grounds", [(), (Ground(Condition.LONGER_THAN, 7199, 5400),), (Ground(Condition.PRICE_OVER, 7200, 0),)]
)
def test_a_yes_to_a_shorter_time_is_none_to_a_longer_one(grounds: tuple[Ground, ...]) -> None:
    given = Approval(ApprovalState.APPROVED, DUE, GRACE.id, NOW, rule="long", grounds=grounds)
    assert isinstance(longer(confirmed(approval=given)), ExtensionAsked)


@pytest.mark.parametrize(
    "ground",
    [
        Ground(Condition.ALWAYS),
        Ground(Condition.WORD, word="Ausland"),
        Ground(Condition.SHORT_NOTICE, 3600, 7200),
        Ground(Condition.FAR_AHEAD, 864000, 86400),
    ],
)
def test_a_yes_for_a_reason_that_measures_no_time_is_one_to_the_time_that_was_seen(ground: Ground) -> None:
    def given(**changes: Any) -> Approval:
        return replace(Approval(ApprovalState.APPROVED, DUE, rule="all", grounds=(ground,)), **changes)

    end, asked = NOON + hours(2), Asked("all", (ground,))
    assert given(end=end).covers(asked, end)
    assert not given(end=end).covers(asked, end + minutes(1))
    assert not given().covers(asked, end), "nothing is known of until when it was"
    measured = (ground, Ground(Condition.LONGER_THAN, 7200, 60))
    assert given(grounds=measured).covers(Asked("all", measured), end + minutes(1)), "as far as that says"


def test_a_pool_that_has_everything_approved_is_asked_about_more_time_as_well() -> None:
    given = Approval(ApprovalState.APPROVED, DUE, GRACE.id, NOW, rule="all", grounds=(Ground(Condition.ALWAYS),))
    asked = longer(confirmed(approval=replace(given, end=NOON + hours(1))), Rule("all"))
    assert isinstance(asked, ExtensionAsked)
    yes = approve(asked.booking, CAR, (), GRACE, NOW)
    assert isinstance(yes, BookingExtended)
    shorter = replace(yes.booking, end=NOON + hours(1))
    assert isinstance(longer(shorter, Rule("all")), BookingExtended), "what was given up is had again"


def test_a_pool_without_rules_is_asked_about_more_time_by_whoever_had_to_ask_before() -> None:
    surroundings = replace(around(), approving=Approving(4 * 3600))
    given = Approval(ApprovalState.APPROVED, DUE, GRACE.id, NOW, grounds=(Ground(Condition.ALWAYS),))

    def more(booking: Booking, by: Actor | None = None) -> Any:
        who, end = by.id if by else booking.holder_id, NOON + hours(2)
        return extend(booking, end, surroundings, payments=(), by=who, now=NOW)

    hers = confirmed(approval=replace(given, end=NOON + hours(1)))
    assert isinstance(more(hers), ExtensionAsked)
    assert isinstance(more(hers, by=GRACE), BookingExtended), "whoever runs the pool says yes by it"
    assert isinstance(more(confirmed()), BookingExtended), "nobody was asked before"


def test_whoever_wants_more_time_for_somebody_does_not_approve_it_nor_does_her_deputy_for_her() -> None:
    asked = longer(confirmed(), by=GRACE)
    assert isinstance(asked, ExtensionAsked)
    more, deciders = asked.booking.extension, Deciders(deputies=(HERS,))
    assert more is not None
    assert approve(asked.booking, CAR, (), GRACE, NOW) == reject(asked.booking, CAR, None, GRACE, NOW) == OWN
    assert approve(asked.booking, CAR, (), DORA, NOW, deciders=deciders) == OWN
    assert decisions(asked.booking, CAR, GRACE, NOW) == ()
    assert isinstance(approve(asked.booking, CAR, (), OLGA, NOW), BookingExtended)
    assert confirmed(extension=replace(more, approval=None)).parties == confirmed().parties


def test_a_no_to_more_time_leaves_the_booking_as_it_was() -> None:
    asked = longer(confirmed())
    no = reject(asked.booking, CAR, "Winterdienst", GRACE, NOW)
    assert isinstance(no, ExtensionRejected)
    assert (no.booking.state, no.booking.end, no.booking.waiting) == (State.CONFIRMED, NOON + hours(1), None)
    assert no.frees_from == NOON + hours(1)
    assert no.booking.extension is not None
    assert no.booking.extension.approval is not None
    assert no.booking.extension.approval.reason == "Winterdienst"
    assert approve(no.booking, CAR, (), OLGA, NOW) == Refusal(NotPossible.DECIDED_OTHERWISE)


def test_more_time_that_is_paid_is_approved_first_and_then_paid() -> None:
    booking = confirmed(Payer.SELF)
    held = a_payment(booking)
    asked = longer(booking, payments=(held,))
    assert isinstance(asked, ExtensionAsked)
    assert bill(asked.booking).extra is None, "no card is asked before somebody said yes"
    enough = replace(held, amount=euros("99.00"))
    assert paid_extension(asked.booking, (enough,), NOW) is None
    given = approve(asked.booking, CAR, (held,), GRACE, NOW)
    assert isinstance(given, ExtensionApproved)
    assert given.booking.waiting is not None
    assert given.booking.waiting.expires_at == NOW + hours(24)
    assert bill(given.booking).extra is not None
    assert isinstance(paid_extension(given.booking, (enough,), NOW), BookingExtended)


def test_more_time_that_nobody_approved_in_time_lapses_and_does_not_come_back() -> None:
    asked = longer(confirmed())
    lapsed = lapse_extension(asked.booking, DUE)
    assert isinstance(lapsed, ExtensionLapsed)
    assert lapsed.booking.extension is not None
    assert lapsed.booking.extension.approval is not None
    assert lapsed.booking.extension.approval.state is ApprovalState.MISSED
    assert paid_extension(lapsed.booking, (), DUE) is None
    assert approve(lapsed.booking, CAR, (), GRACE, DUE) == Refusal(NotPossible.WRONG_STATE)
