"""What stations are told of a plan, and in which order."""

from collections.abc import Mapping
from itertools import product

from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.booking.resources import ResourceId
from domain.charging.orders import PowerStep, Profile, ProfilePurpose, SetProfile
from domain.charging.power.sharing import LASTS, Allocation, PowerPlan, share
from domain.charging.power.telling import Running, orders, watts_at
from domain.charging.reports import TransactionRef
from tests.domain.charging.power.groups import NOON, after, charge, evse, group, point

LASTS_S = int(LASTS.total_seconds())


def running(number: int, *steps: tuple[int, int], minutes_ago: int = 0) -> Running:
    profile = Profile(
        14,
        1,
        ProfilePurpose.TRANSACTION,
        after(-minutes_ago),
        LASTS_S,
        tuple(PowerStep(at, watts) for at, watts in steps),
        TransactionRef(str(number)),
    )
    return Running(evse(number), 1, TransactionRef(str(number)), 0, profile if steps else None)


def planned(**watts: list[tuple[int, int]]) -> PowerPlan:
    steps = {name: tuple(PowerStep(at, each) for at, each in told) for name, told in watts.items()}
    allocations = tuple(Allocation(evse(int(name[1:])), each) for name, each in steps.items())
    return PowerPlan(NOON, (), allocations, ())


def said(told: Mapping[ResourceId, SetProfile]) -> dict[int, list[tuple[int, int]]]:
    return {each.int: [(step.from_s, step.limit_w) for step in order.profile.steps] for each, order in told.items()}


def test_power_is_taken_from_one_before_another_is_given_it() -> None:
    told = orders(planned(p1=[(0, 4140)], p2=[(0, 11_000)]), [running(1, (0, 11_000)), running(2, (0, 4140))])
    assert (said(told.lowered), said(told.raised)) == ({1: [(0, 4140)]}, {2: [(0, 11_000)]})


def test_whoever_gives_now_and_gets_later_does_so_in_two_goes() -> None:
    told = orders(planned(p1=[(0, 0), (600, 11_000)]), [running(1, (0, 6000))])
    assert (said(told.lowered), said(told.raised)) == ({1: [(0, 0), (600, 6000)]}, {1: [(0, 0), (600, 11_000)]})


def test_whoever_has_the_same_already_is_told_nothing_until_it_is_about_to_end() -> None:
    plan = planned(p1=[(0, 6000)])
    fresh, old = (running(1, (0, 6000), minutes_ago=minutes) for minutes in (10, 25))
    assert orders(plan, [fresh]).raised == orders(plan, [fresh]).lowered == {}
    assert said(orders(plan, [old]).raised) == {1: [(0, 6000)]}


def test_a_plan_for_one_who_has_just_plugged_in_is_told_with_its_transaction() -> None:
    plan = share(group(point(1), point(2)), [], [charge(1, 0, 120, 10)], NOON)
    (order,) = orders(plan, [running(1)]).raised.values()
    assert order.profile.transaction == TransactionRef("1")
    assert (order.profile.starts_at, order.profile.lasts_s) == (NOON, LASTS_S)


levels = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 11)), max_size=2, unique_by=lambda step: step[0])
profile = st.tuples(st.integers(0, 11), levels).map(
    lambda told: [(0, told[0] * 1000), *((minute * 60, watts * 1000) for minute, watts in sorted(told[1]))]
)


@for_all(st.tuples(profile, profile), st.tuples(profile, profile))
def test_whatever_is_accepted_when_the_sum_is_never_more_than_before_or_after(
    olds: tuple[list[tuple[int, int]], ...], news: tuple[list[tuple[int, int]], ...]
) -> None:
    there = [running(n, *old) for n, old in enumerate(olds, 1)]
    told = orders(planned(p1=news[0], p2=news[1]), there)
    before = [each.profile.steps for each in there if each.profile]
    first = [
        told.lowered[e.evse_id].profile.steps if e.evse_id in told.lowered else b
        for e, b in zip(there, before, strict=True)
    ]
    second = [
        told.raised[e.evse_id].profile.steps if e.evse_id in told.raised else f
        for e, f in zip(there, first, strict=True)
    ]
    for second_of_it in range(0, LASTS_S, 60):
        sums = [sum(watts_at(each, second_of_it) for each in some) for some in (before, second)]
        for some in product(*zip(before, first, strict=True)):
            assert sum(watts_at(each, second_of_it) for each in some) <= sums[0]
        for some in product(*zip(first, second, strict=True)):
            assert sum(watts_at(each, second_of_it) for each in some) <= sums[1]
        assert sums[1] == sum(watts_at([PowerStep(*step) for step in new], second_of_it) for new in news)
