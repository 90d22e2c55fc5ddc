"""Who may draw how much when."""

import os
from datetime import date
from itertools import count

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.charging.orders import PowerStep
from domain.charging.power.charges import Charge, Standing, Standstill
from domain.charging.power.groups import (
    DIMMING_FLOORS,
    GridLimit,
    GroupFault,
    LimitKind,
    Member,
    PowerGroup,
    PowerType,
    SharingPolicy,
    fault_of,
    limit_at,
)
from domain.charging.power.sharing import LASTS, share
from tests.domain.charging.power.groups import (
    NOON,
    after,
    allowed,
    at_second,
    charge,
    dimmed,
    drawn,
    evse,
    given,
    group,
    point,
)
from tests.domain.charging.power.judging import Need, most_delivered

DAY = date(2026, 12, 1)
LONG = "KOMMOBIL_FULL" in os.environ


def test_dimming_leaves_each_further_controllable_consumer_a_share_of_4_2_kw() -> None:
    floor = DIMMING_FLOORS[0]
    # 4.2; 4.2 + 0.8 * 4.2; 4.2 + 8 * 0.45 * 4.2; 4.2 + 39 * 0.45 * 4.2
    assert [floor.of(n) for n in (0, 1, 2, 3, 9, 10, 40)] == [0, 4200, 7560, 10500, 19320, 21210, 77910]


def test_a_limit_below_the_floor_counts_as_the_floor_unless_the_site_itself_cannot_bear_more() -> None:
    site = group(point(1), point(2))
    assert limit_at(site, [dimmed(0, 60, 0)], after(30)) == 7560
    assert limit_at(site, [dimmed(0, 60, 0)], after(60)) == 22_000
    assert limit_at(site, [dimmed(0, 60, 3000, LimitKind.TECHNICAL), dimmed(0, 90, 9000)], after(30)) == 3000
    assert limit_at(site, [dimmed(0, 60, 99_000)], after(30)) == 22_000


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ((point(1), point(1)), (GroupFault.CHARGE_POINT_TWICE, "/members/1/evse_id")),
        ((point(1, max_w=4000),), (GroupFault.LESS_THAN_LEAST, "/members/0/max_w")),
        ((point(1, safe_w=2000),), (GroupFault.LESS_THAN_LEAST, "/members/0/safe_w")),
        ((point(1, 3000, PowerType.DC, least_w=4000),), (GroupFault.LESS_THAN_LEAST, "/members/0/max_w")),
        ((point(1, 50_000, PowerType.DC, 3000, 5000),), (GroupFault.LESS_THAN_LEAST, "/members/0/safe_w")),
        ((point(1, safe_w=4140, least_w=1400),), None),
        ((point(1, safe_w=4140), point(2, safe_w=4140)), (GroupFault.SAFE_DEFAULTS_TOO_HIGH, "/members")),
        ((point(1, safe_w=4140), point(2), point(3, 3000, PowerType.DC, 300)), None),
    ],
)
def test_a_group_is_safe_even_when_nobody_can_be_told_anything(
    members: tuple[Member, ...], fault: tuple[GroupFault, str] | None
) -> None:
    assert fault_of(group(*members), DAY) == fault


def test_whoever_needs_more_than_is_there_gets_it_while_the_others_can_wait() -> None:
    site = group(point(1), point(2), point(3), nominal_w=22_000)
    # 33 kWh in an hour and a half are all there are, and the last of them needs all of the time.
    plan = share(site, [], [charge(1, 0, 60, 11), charge(2, 0, 90, 5.5), charge(3, 0, 91, 16.5)], NOON)
    assert plan.short == ()
    assert [given(plan, n)[0] for n in (1, 2, 3)] == [(0, 11_000), (0, 0), (0, 11_000)]


def test_a_vehicle_is_paused_rather_than_charged_with_less_than_six_amperes() -> None:
    site = group(point(1), point(2), nominal_w=12_000)
    plan = share(site, [], [charge(1, 0, 120, 5.5), charge(2, 0, 240, 11)], NOON)
    assert given(plan, 2)[0] == (0, 0)
    assert all(watts == 0 or watts >= 4140 for n in (1, 2) for _, watts in given(plan, n))
    assert plan.short == ()


@pytest.mark.parametrize("policy", list(SharingPolicy))
def test_a_point_of_direct_current_is_paused_rather_than_given_less_than_its_own_least(policy: SharingPolicy) -> None:
    def lowest(least_w: int | None, energies: tuple[float, ...]) -> int:
        points = (point(n, 50_000, PowerType.DC, least_w=least_w) for n in range(1, len(energies) + 1))
        charges = [charge(n, 0, 600, energy) for n, energy in enumerate(energies, 1)]
        plan = share(group(*points, nominal_w=6000, policy=policy), [], charges, NOON)
        return min(watts for n in range(1, len(energies) + 1) for _, watts in given(plan, n) if watts)

    for energies in ((40, 40, 40), (0.1, 33, 27), (1, 2, 3, 54)):
        assert lowest(5000, energies) >= 5000
    assert lowest(None, (40, 40, 40)) == (2000 if policy is SharingPolicy.EQUAL else 6000)


def test_the_fleet_leaves_with_all_it_needs_where_there_is_not_enough_for_all() -> None:
    charges = [charge(1, 0, 60, 11), charge(2, 0, 120, 20, fleet=True)]
    site = group(point(1), point(2), nominal_w=11_000)
    assert [(each.charge.id.int, each.missing_wh) for each in share(site, [], charges, NOON).short] == [(1, 11_000)]
    alike = group(point(1), point(2), nominal_w=11_000, policy=SharingPolicy.BY_DEADLINE)
    assert [each.charge.id.int for each in share(alike, [], charges, NOON).short] == [2]


def test_two_take_turns_beside_a_third_where_no_order_alone_would_do() -> None:
    site = group(*(point(n, 11_000, PowerType.DC) for n in (1, 2, 3)), nominal_w=22_000)
    plan = share(site, [], [charge(n, 0, 60, 7.333) for n in (1, 2, 3)], NOON)
    assert plan.short == ()


def test_everybody_alike_means_half_each_and_turns_where_halves_are_too_little() -> None:
    charges = [charge(1, 0, 60, 11), charge(2, 0, 240, 11)]
    wide = group(point(1), point(2), nominal_w=12_000, policy=SharingPolicy.EQUAL)
    assert given(share(wide, [], charges, NOON), 1)[0] == (0, 6000)
    narrow = group(point(1), point(2), nominal_w=6000, policy=SharingPolicy.EQUAL)
    plan = share(narrow, [], charges, NOON)
    assert given(plan, 1)[:3] == [(0, 6000), (15, 0), (30, 6000)]
    assert given(plan, 2)[:3] == [(0, 0), (15, 6000), (30, 0)]


def test_power_falls_before_the_dimming_begins_and_rises_after_it_has_ended() -> None:
    plan = share(group(point(1), point(2)), [dimmed(10, 20, 8000)], [charge(1, 0, 600, 50)], NOON)
    assert [(step.from_s, step.limit_w) for step in plan.allocations[0].steps[:3]] == [
        (0, 11_000),
        (10 * 60 - 30, 8000),
        (20 * 60 + 30, 11_000),
    ]


def test_a_station_without_link_keeps_what_it_has_and_the_others_make_room_for_it() -> None:
    site = group(point(1), point(2, safe_w=4140), nominal_w=15_000)
    still = Standstill(evse(2), after(-5), (PowerStep(0, 9000),), 15 * 60)
    plan = share(site, [], [charge(1, 0, 600, 90), charge(2, -30, 600, 90)], NOON, [still])
    assert [each.evse_id for each in plan.allocations] == [evse(1)]
    assert given(plan, 1)[:2] == [(0, 6000), (10, 10_860)]


def test_a_profile_that_begins_later_leaves_its_station_to_its_safe_default_until_then() -> None:
    site = group(point(1), point(2, safe_w=4140), nominal_w=15_000)
    still = Standstill(evse(2), NOON, (PowerStep(600, 9000),), 45 * 60)
    assert given(share(site, [], [charge(1, 0, 600, 90)], NOON, [still]), 1)[:2] == [(0, 10_860), (10, 6000)]


def test_whoever_is_there_may_have_more_than_was_asked_for_where_it_is_left() -> None:
    plan = share(group(point(1), point(2)), [], [charge(1, 0, 60, 1), charge(2, 0, 60, 1)], NOON)
    assert given(plan, 1)[0] == (0, 11_000)
    assert at_second(plan.allocations[0].steps, LASTS.total_seconds() - 1) == 11_000
    assert at_second(plan.allocations[0].steps, LASTS.total_seconds()) == 0


def test_what_is_planned_again_a_minute_later_without_news_is_the_same() -> None:
    site = group(*(point(n) for n in range(1, 7)), nominal_w=30_000)
    charges = [charge(n, 0, 40 + 25 * n, 6 + n, fleet=n % 2 == 0) for n in range(1, 7)]
    first = share(site, [dimmed(30, 50, 12_000)], charges, NOON)
    had = [
        Charge(
            c.id, c.evse_id, c.arrival, c.departure, c.energy_wh - at_second(a.steps, 0) // 60, c.standing, present=True
        )
        for c, a in zip(charges, first.allocations, strict=True)
    ]
    again = share(site, [dimmed(30, 50, 12_000)], had, after(1))
    for before, later in zip(first.allocations, again.allocations, strict=True):
        for minute in range(1, 30):
            assert at_second(later.steps, minute * 60 - 60) == at_second(before.steps, minute * 60)


members = st.builds(
    lambda kind, times, safe: (kind, times, safe),
    st.sampled_from(PowerType),
    st.sampled_from([1, 2, 3.7]),
    st.booleans(),
)


@st.composite
def sites(draw: st.DrawFn, *, least: bool = True) -> PowerGroup:
    made = []
    for number in range(1, draw(st.integers(1, 7)) + 1):
        kind, times, safe = draw(members)
        lowest = point(number, 1, kind).min_w or 5000
        made.append(
            point(number, int(lowest * times), kind if least else PowerType.DC, lowest if safe and least else 0)
        )
    nominal = draw(st.integers(4000, 60_000))
    site = group(
        *made, nominal_w=nominal, policy=draw(st.sampled_from(SharingPolicy)) if least else SharingPolicy.FLEET_FIRST
    )
    if fault_of(site, DAY) is not None:  # only its safe defaults can be too high
        site = group(
            *(point(n, m.max_w, m.power_type) for n, m in enumerate(made, 1)), nominal_w=nominal, policy=site.policy
        )
    return site


@st.composite
def wishes(draw: st.DrawFn, site: PowerGroup) -> list[Charge]:
    ids = count(1)
    made = []
    for number in range(1, len(site.members) + 1):
        for _ in range(draw(st.integers(0, 2))):
            since = draw(st.integers(-60, 240))
            until = since + draw(st.integers(5, 300))
            made.append(
                charge(
                    next(ids), since, until, draw(st.integers(0, 200)) / 10, at=number, fleet=draw(st.booleans()),
                    present=draw(st.booleans()) if since <= 0 else False,
                )
            )  # fmt: skip
    there: set[int] = set()
    for n, each in enumerate(made):  # one plug, one vehicle
        if each.present and each.evse_id.int in there:
            made[n] = Charge(each.id, each.evse_id, each.arrival, each.departure, each.energy_wh, each.standing)
        there |= {each.evse_id.int} if each.present else set()
    return made


@st.composite
def grid_limits(draw: st.DrawFn, site: PowerGroup) -> list[GridLimit]:
    made = []
    for _ in range(draw(st.integers(0, 3))):
        since = draw(st.integers(-60, 60))
        kind = draw(st.sampled_from(LimitKind))
        watts = draw(st.integers(site.safe_w if kind is LimitKind.TECHNICAL else 0, 70_000))
        made.append(dimmed(since, since + draw(st.integers(1, 120)), watts, kind))
    return made


@st.composite
def standstills(draw: st.DrawFn, site: PowerGroup) -> list[Standstill]:
    made = []
    for member in site.members:
        if draw(st.integers(0, 3)) == 0:
            times = draw(st.lists(st.integers(0, 50 * 60), max_size=3, unique=True).map(sorted))
            steps = tuple(PowerStep(at, draw(st.integers(0, member.max_w))) for at in times)
            made.append(Standstill(member.evse_id, after(-draw(st.integers(0, 60))), steps, 45 * 60))
    return made


@settings(max_examples=2000 if LONG else 60)
@for_all(st.data())
def test_the_group_never_draws_more_than_it_may_whatever_comes(data: st.DataObject) -> None:
    site = data.draw(sites())
    charges = data.draw(wishes(site))
    limits = data.draw(grid_limits(site))
    still = data.draw(standstills(site))
    plan = share(site, limits, charges, NOON, still)
    steps = {step.from_s for each in plan.allocations for step in each.steps}
    edges = {int((edge - NOON).total_seconds()) for each in limits for edge in (each.period.start, each.period.end)}
    for second in {0, 599, 600, *steps, *edges, *(step + 60 for step in steps)}:
        if 0 <= second < LASTS.total_seconds():
            most, untold = drawn(site, plan, charges, still, second)
            assert most <= max(allowed(site, limits, after(second / 60)), untold)
    for each in plan.allocations:
        member = next(member for member in site.members if member.evse_id == each.evse_id)
        for step in each.steps:
            assert step.limit_w == 0 or member.min_w <= step.limit_w <= member.max_w


@settings(max_examples=2000 if LONG else 40)
@for_all(st.data())
def test_all_of_the_fleet_leave_with_what_they_need_wherever_that_is_possible(data: st.DataObject) -> None:
    site = data.draw(sites(least=False))
    charges = [each for each in data.draw(wishes(site)) if each.arrival > NOON or each.present]
    limits = data.draw(grid_limits(site))
    end = max([60 * 60, *(int((each.departure - NOON).total_seconds()) for each in charges)])
    watts = {second: _allowed_with_guard(site, limits, second) for second in _edges(limits, end)}
    wanting = _needs(site, charges)
    for whose in ({Standing.FLEET}, {Standing.FLEET, Standing.PUBLIC}):
        needs = [need for standing, need in wanting if standing in whose]
        wanted = sum(need.energy for need in needs)
        if not needs or most_delivered(needs, watts, end) < wanted - 1:
            continue
        short = [each for each in share(site, limits, charges, NOON).short if each.charge.standing in whose]
        assert not [each for each in short if each.missing_wh > 50]  # power changes at whole seconds


def _edges(limits: list[GridLimit], end: int) -> list[int]:
    edges = {0}
    for each in limits:
        edges |= {
            int((each.period.start - NOON).total_seconds()) - 30,
            int((each.period.end - NOON).total_seconds()) + 30,
        }
    return sorted(edge for edge in edges if 0 <= edge < end)


def _allowed_with_guard(site: PowerGroup, limits: list[GridLimit], second: int) -> int:
    around = [after((second + shift) / 60) for shift in (-29.999, 0, 30)]
    return min(allowed(site, limits, at) for at in around)


def _needs(site: PowerGroup, charges: list[Charge]) -> list[tuple[Standing, Need]]:
    """As seconds from noon; at one plug, the next vehicle comes when the one before has left."""
    taken: dict[int, int] = {}
    needs = []
    for each in sorted(charges, key=lambda c: (not c.present, c.arrival, c.departure, c.id)):
        number = each.evse_id.int
        until = int((each.departure - NOON).total_seconds())
        since = max(0, int((each.arrival - NOON).total_seconds()), taken.get(number, 0))
        taken[number] = max(until, since)
        need = Need(since, max(until, since), each.energy_wh * 3600, site.members[number - 1].max_w)
        needs.append((each.standing, need))
    return needs
