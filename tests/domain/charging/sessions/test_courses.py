"""How a session went: charging, parked, withheld, and what the meter counted."""

from decimal import Decimal

import pytest

from domain.charging.reports import ChargingState
from domain.charging.sessions.courses import Course, course
from domain.charging.sessions.points import Point, PointKind
from domain.pricing.charging.sessions import Activity
from tests.examples import NOON, hours, minutes

S = ChargingState


def at(minute: float, wh: int | None = None, state: S | None = None, offered: int | None = None) -> Point:
    kind = PointKind.READ if state is None else PointKind.UPDATED
    energy = Decimal(wh) if wh is not None else None
    return Point(
        NOON + minutes(minute),
        kind,
        state=state,
        energy_wh=energy,
        offered_w=None if offered is None else Decimal(offered),
    )


START, END = Point(NOON, PointKind.STARTED), Point(NOON + hours(2), PointKind.ENDED, reason="Local")


def activities(went: Course) -> list[tuple[Activity, int, str]]:
    """Neighbours of one activity as one, in minutes and kWh."""
    found = list[tuple[Activity, int, Decimal]]()
    for each in went.periods:
        length = int(each.period.length / minutes(1))
        if found and found[-1][0] is each.activity:
            before = found.pop()
            length, energy = length + before[1], each.energy_kwh + before[2]
        else:
            energy = each.energy_kwh
        found.append((each.activity, length, energy))
    return [(activity, length, str(energy.normalize())) for activity, length, energy in found]


def test_what_the_meter_counted_between_two_looks_flowed_while_it_charged() -> None:
    went = course(
        [
            START,
            at(0, 1000),
            at(0, state=S.CHARGING),
            at(60, state=S.SUSPENDED_EV),
            at(90, 11_000),
            at(119, 11_000),
            END,
        ]
    )
    assert activities(went) == [(Activity.CHARGING, 60, "1E+1"), (Activity.PARKED, 60, "0")]
    assert (int(went.energy_wh), went.idle_since) == (10_000, NOON + minutes(60))


@pytest.mark.parametrize(
    "paused",
    [
        [at(60, state=S.SUSPENDED_EVSE)],
        [at(60, state=S.SUSPENDED_EV, offered=0)],
        [at(60, 6000, offered=0)],
    ],
    ids=["the station says so", "it offers nothing", "it offers nothing, and says no more"],
)
def test_what_we_do_not_give_is_no_parking(paused: list[Point]) -> None:
    went = course([START, at(0, 1000), at(0, state=S.CHARGING), at(60, 6000), *paused, END])
    assert activities(went) == [(Activity.CHARGING, 60, "5"), (Activity.WITHHELD, 60, "0")]
    assert went.idle_since is None


def given(plan: int, *said: tuple[int, int]) -> list[Point]:
    return [Point(NOON + minutes(at), PointKind.GIVEN, plan, offered_w=Decimal(watts)) for at, watts in said]


@pytest.mark.parametrize(
    "ours",
    [
        given(1, (60, 0), (85, 4140)),
        [*given(1, (0, 11_000), (70, 0)), *given(2, (60, 0)), *given(3, (85, 11_000))],
        [*given(1, (60, 0), (70, 11_000)), *given(2, (65, 0), (85, 11_000))],
    ],
    ids=["as planned", "planned anew", "kept back for longer"],
)
def test_where_we_withheld_a_station_that_blames_the_vehicle_is_not_believed(ours: list[Point]) -> None:
    """Nor for the time in which a vehicle wakes up."""
    told = [START, at(0, 1000), at(0, state=S.CHARGING), at(60, 6000, S.SUSPENDED_EV), END]
    went = course([*ours, *told])
    parked = [(each[0], each[1]) for each in activities(went) if each[0] is Activity.PARKED]
    assert parked == [(Activity.PARKED, 30)]
    assert went.idle_since == NOON + minutes(90)
    assert course([*told, *ours[::-1]]) == went


def test_as_long_as_we_withhold_nobody_is_idle_and_what_is_planned_ahead_does_not_count_yet() -> None:
    told = [START, at(0, 1000), at(60, 6000, S.SUSPENDED_EV), at(100, 6000)]
    assert course([*told, *given(1, (60, 0))]).idle_since is None
    ahead = course([*told, *given(1, (130, 0))])
    assert (ahead.idle_since, ahead.last) == (NOON + minutes(60), NOON + minutes(100))


def test_time_of_which_nothing_is_known_but_that_no_energy_flowed_is_nobodys() -> None:
    went = course([START, at(0, 1000), at(60, 6000), at(120, 6000), END])
    assert activities(went) == [(Activity.CHARGING, 60, "5"), (Activity.WITHHELD, 60, "0")]


@pytest.mark.parametrize("odd", [10, 99_000_000], ids=["far below", "far above"])
def test_one_value_that_is_far_off_spoils_nothing(odd: int) -> None:
    went = course([START, at(0, 1000), at(30, 2000), at(45, odd), at(60, 3000), at(120, 4000), END])
    assert (int(went.energy_wh), went.runs_back) == (3000, True)


def test_readings_after_the_end_and_before_the_beginning_do_not_count() -> None:
    went = course([at(-5, 900), START, at(0, 1000), at(120, 4000), END, at(125, 4400)])
    assert (int(went.energy_wh), went.runs_back, went.last) == (3000, False, NOON + hours(2))


def test_an_end_before_the_beginning_is_a_clock_that_jumped() -> None:
    went = course([START, at(0, 1000), Point(NOON - hours(1), PointKind.ENDED), at(-60, 1500)])
    assert (went.clock_jumps, int(went.energy_wh)) == (True, 0)
