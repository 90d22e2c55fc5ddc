"""Something is wrong: what the holder is spared, and when the resource leaves the search."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, State
from domain.booking.events import (
    AlreadyThere,
    BookingCancelled,
    BookingNotUsed,
    NotPossible,
    ProblemReported,
    ProblemResolved,
)
from domain.booking.life import not_used
from domain.booking.problems import ProblemId, ReportProblem, ResolveProblems, report, resolve
from domain.booking.terms import ProblemKind
from domain.booking.withdrawing import cancel_or_withdraw
from domain.identity import Role
from domain.refusals import Refusal
from tests.examples import NOON, SHORT_POLICY, TOWN_HALL, a_booking, a_pool_car, an_actor, an_id, euros, hours, minutes

CAR = a_pool_car()
ADA = an_actor("ada")
MANAGER = an_actor("grace", Role.FLEET_MANAGER, pools=[TOWN_HALL])
POLICY = replace(SHORT_POLICY, withdrawn_when=(ProblemKind.DEFECTIVE, ProblemKind.BLOCKED))
AT_THE_CAR = NOON - minutes(15)


def command(kind: ProblemKind = ProblemKind.DEFECTIVE) -> ReportProblem:
    return ReportProblem(BookingId(an_id("booking")), ProblemId(an_id("problem")), kind, "Reifen platt")


def troubled(state: State = State.CONFIRMED, **changes: Any) -> Booking:
    return a_booking(state, CAR, problem_open=True, **changes)


@pytest.mark.parametrize(
    ("kind", "at", "withdraws"),
    [
        (ProblemKind.DEFECTIVE, AT_THE_CAR, True),
        (ProblemKind.BLOCKED, NOON + minutes(20), True),
        (ProblemKind.DEFECTIVE, AT_THE_CAR - minutes(1), False),
        (ProblemKind.DIRTY, NOON, False),
        (ProblemKind.OTHER, NOON, False),
    ],
)
def test_what_the_terms_name_takes_the_resource_out_if_the_reporter_may_stand_before_it(
    kind: ProblemKind, at: datetime, withdraws: bool
) -> None:
    booking = a_booking(State.CONFIRMED, CAR)
    noted = replace(booking, problem_open=True, updated_at=at, version=3)
    assert report(command(kind), booking, POLICY, ADA, at) == ProblemReported(
        noted, ProblemId(an_id("problem")), ADA.id, kind, "Reifen platt", at, withdraws
    )


def test_where_the_terms_name_nothing_the_resource_stays() -> None:
    reported = report(command(), a_booking(State.IN_USE, CAR), SHORT_POLICY, ADA, NOON)
    assert isinstance(reported, ProblemReported)
    assert not reported.withdraws


@pytest.mark.parametrize("state", [State.COMPLETED, State.CANCELLED, State.EXPIRED, State.NO_SHOW])
def test_what_is_over_has_no_problems(state: State) -> None:
    assert report(command(), a_booking(state, CAR), POLICY, ADA, NOON) == Refusal(NotPossible.WRONG_STATE)


def test_until_it_is_resolved_cancelling_costs_nothing() -> None:
    late = NOON - minutes(5)
    spared, charged = (
        cancel_or_withdraw(booking, CAR, by_holder=True, now=late)
        for booking in (troubled(), a_booking(State.CONFIRMED, CAR))
    )
    assert isinstance(spared, BookingCancelled)
    assert isinstance(charged, BookingCancelled)
    assert (spared.booking.fee, charged.booking.fee) == (euros("0.00"), euros("5.00"))


def test_not_to_use_what_is_broken_costs_nothing() -> None:
    missed = not_used(troubled(), CAR, NOON + hours(1))
    assert isinstance(missed, BookingNotUsed)
    assert missed.booking.fee == euros("0.00")


@pytest.mark.parametrize("state", [State.CONFIRMED, State.IN_USE, State.CANCELLED, State.COMPLETED])
def test_whoever_runs_the_pool_says_that_it_is_seen_to_even_afterwards(state: State) -> None:
    booking = troubled(state)
    done = ResolveProblems(booking.id, "gewechselt")
    seen_to = replace(booking, problem_open=False, updated_at=NOON, version=booking.version + 1)
    assert resolve(done, booking, CAR, MANAGER, NOON) == ProblemResolved(seen_to, MANAGER.id, "gewechselt", NOON)
    assert resolve(done, seen_to, CAR, MANAGER, NOON) == AlreadyThere(seen_to)


def test_the_holder_does_not_resolve_it() -> None:
    booking = troubled()
    assert resolve(ResolveProblems(booking.id), booking, CAR, ADA, NOON) == Refusal(NotPossible.FORBIDDEN)
