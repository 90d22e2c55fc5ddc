"""HiGHS finds what trying everything finds."""

from typing import Any

from hypothesis import given, settings

from adapters.assignment.highs import HighsSolver
from domain.fleet.assignment.plans import assign_optimally
from domain.fleet.assignment.problems import Problem, possibilities, problem_of
from tests.domain.fleet.assignment.pools import RULES, saved, try_everything
from tests.domain.fleet.assignment.test_plans import TRIPS, VEHICLES, check, made


@settings(max_examples=60, deadline=None)
@given(vehicles=VEHICLES, trips=TRIPS)
def test_the_solver_saves_as_much_as_trying_everything(vehicles: Any, trips: Any) -> None:
    fleet, wanted = made(vehicles, trips)
    problem = problem_of(possibilities(wanted, fleet, RULES), wanted, fleet)

    solved = HighsSolver()(problem)

    assert solved is not None
    assert solved.is_best
    assert saved(problem, solved.chosen) == saved(problem, try_everything(problem).chosen)
    assert all(len(solved.chosen.intersection(bound.pairs)) <= bound.most for bound in problem.bounds)


@settings(max_examples=30, deadline=None)
@given(vehicles=VEHICLES, trips=TRIPS)
def test_a_plan_costs_as_little_with_it(vehicles: Any, trips: Any) -> None:
    fleet, wanted = made(vehicles, trips)

    plan = assign_optimally(wanted, fleet, RULES, HighsSolver())

    check(plan, wanted, fleet)
    assert plan.cost == assign_optimally(wanted, fleet, RULES, try_everything).cost


def test_without_time_it_says_so() -> None:
    assert HighsSolver(limit_s=0.0)(Problem((), (), ())) is None
