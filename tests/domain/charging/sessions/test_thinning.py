"""A session that is told of each second for a day is kept in some hundred points, and says the same."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.charging.reports import ChargingState
from domain.charging.sessions.bills import metered
from domain.charging.sessions.courses import course
from domain.charging.sessions.points import Point, PointKind
from domain.charging.sessions.thinning import KEPT_POINTS, MOST_POINTS, thinned, told_up_to
from tests.examples import NOON, hours, minutes

S = ChargingState


def a_day(*changes: tuple[int, ChargingState], numbered: bool = True) -> list[Point]:
    """A reading each ten seconds, with a message each, and the state as it changes at an hour; energy flows while it charges."""
    said, wh, points = (
        dict(changes),
        Decimal(1000),
        [Point(NOON, PointKind.STARTED, 0 if numbered else None, S.CHARGING)],
    )
    state = S.CHARGING
    for n in range(1, 8641):
        at = NOON + timedelta(seconds=10 * n)
        state = said.get(n // 360, state) if n % 360 == 0 else state
        wh += 30 if state is S.CHARGING else 0
        points.append(Point(at, PointKind.UPDATED, n if numbered else None, state))
        points.append(Point(at, PointKind.READ, energy_wh=wh, power_w=Decimal(11_000), soc_percent=Decimal(n // 100)))
    points.append(Point(NOON + hours(24), PointKind.ENDED, 8641 if numbered else None, reason="Local"))
    return points


def kept(points: list[Point]) -> tuple[frozenset[Point], int | None]:
    """As they come, a few hundred at a time."""
    there: frozenset[Point] = frozenset()
    told_to: int | None = None
    for since in range(0, len(points), 400):
        there |= frozenset(points[since : since + 400])
        if len(there) > MOST_POINTS:
            there, told_to = thinned(there), told_up_to(there, told_to)
        assert len(there) <= MOST_POINTS
    return there, told_to


@pytest.mark.parametrize("numbered", [True, False])
def test_what_is_billed_of_a_day_is_the_same_from_a_few_hundred_points(numbered: bool) -> None:
    told = a_day((5, S.SUSPENDED_EV), (9, S.CHARGING), (15, S.SUSPENDED_EVSE), (20, S.SUSPENDED_EV), numbered=numbered)
    told += [Point(NOON + minutes(1300), PointKind.GIVEN, 1, offered_w=Decimal(0))]
    all_of_it, (there, told_to) = course(told), kept(told)
    some = course(there, told_to)
    assert metered(some) == metered(all_of_it)
    assert metered(some).parked == hours(4) + minutes(100)
    for what in (
        "first",
        "last",
        "started_at",
        "ended_at",
        "reason",
        "whole",
        "state",
        "idle_since",
        "power_w",
        "soc_percent",
    ):
        assert getattr(some, what) == getattr(all_of_it, what), what
    assert some.whole


def test_a_message_that_is_missing_is_missed_also_when_those_before_it_are_gone() -> None:
    told = [point for point in a_day() if point.seq != 7000]
    there, told_to = kept(told)
    assert not course(there, told_to).whole
    assert told_to == 6999


def test_a_station_that_says_something_else_each_time_is_bounded_as_well() -> None:
    rng = random.Random(1)
    told = [Point(point.at, point.kind, point.seq, rng.choice(list(S)), energy_wh=point.energy_wh) for point in a_day()]
    there, told_to = kept(told)
    assert len(thinned(frozenset(told))) <= 2 * KEPT_POINTS + 10
    assert course(there, told_to).energy_wh == course(told).energy_wh
