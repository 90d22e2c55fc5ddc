"""A day of a depot: 40 charge points behind 250 kW, an hour of dimming, 160 bookings."""

import time
from collections.abc import Callable
from datetime import timedelta

from domain.charging.power.groups import GridLimit
from domain.periods import Period
from tests.domain.charging.power.depot import DAY_S, MIDNIGHT, Told, a_day
from tests.domain.charging.power.judging import Need, most_delivered

FIVE = 17 * 3600


def test_a_depot_never_draws_more_than_it_may_and_all_of_its_fleet_leave_with_what_they_need(
    report: Callable[[str], None],
) -> None:
    depot = a_day(seed=20261202)
    hour = Period(MIDNIGHT + timedelta(seconds=FIVE), MIDNIGHT + timedelta(seconds=FIVE + 3600))
    depot.limits.append(Told(FIVE - 900, GridLimit(hour, 0)))
    depot.without_link = {3: (10 * 3600, 11 * 3600), 8: (FIVE - 600, FIVE + 1200)}
    began = time.process_time()
    depot.run()
    took = time.process_time() - began

    assert len(depot.visits) == 160
    assert len(depot.read) == 1440
    assert not [(second, watts, limit) for second, watts, limit in depot.read if watts > limit]

    feasible = [
        visit
        for visit in depot.visits
        if visit.fleet
        and visit.energy_wh * 3600 <= depot.group.members[visit.number - 1].max_w * (visit.really[1] - visit.really[0])
    ]
    needs = [
        Need(*visit.really, visit.energy_wh * 3600, depot.group.members[visit.number - 1].max_w) for visit in feasible
    ]
    limits = {0: 250_000, FIVE: depot.limit_w(FIVE), FIVE + 3600: 250_000}
    assert most_delivered(needs, limits, DAY_S) >= sum(need.energy for need in needs) - 1
    assert not [visit for visit in feasible if visit.lacks_wh > 50]

    fleet = [visit for visit in depot.visits if visit.fleet]
    others = [visit for visit in depot.visits if not visit.fleet]
    content = sum(visit.lacks_wh <= 50 for visit in others)
    dimmed = [watts for second, watts, _ in depot.read if FIVE <= second < FIVE + 3600]
    report(
        f"most drawn {max(watts for _, watts, _ in depot.read) / 1000:.1f} of 250 kW, "
        f"{max(dimmed) / 1000:.1f} of {depot.limit_w(FIVE) / 1000:.1f} kW while dimmed; "
        f"fleet {len(feasible)} of {len(feasible)} that could ({len(fleet)} in all), others {content} of {len(others)}; "
        f"{depot.plans} plans, {took / depot.plans * 1000:.1f} ms each, {depot.changes / depot.plans:.1f} points told otherwise each"
    )
