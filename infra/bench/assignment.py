"""`kommobil bench assignment`: many bookings to a city's vehicles, one after the other and as a solver finds best."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from adapters.assignment.highs import HighsSolver, is_installed
from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId, StationId
from domain.fleet.assignment.plans import Plan, assign_greedily, assign_optimally, explain
from domain.fleet.assignment.suitability import Rules
from domain.fleet.assignment.trips import Candidate, Charge, Trip, policy_on
from domain.fleet.charge import Battery, charge_rule
from domain.fleet.vehicles import Drive, VehicleKind
from domain.periods import Period

MORNING = datetime(2030, 6, 3, 4, tzinfo=UTC)
RULES = Rules(policy_on(date(2030, 6, 3)), charge_rule(date(2030, 6, 3)))
STATION = StationId(UUID(int=1))

# What a city's pool is made of: of a hundred, so many, with seats, load in kg, reach in km, battery and consumption in kWh.
FLEET = (
    (18, VehicleKind.PEDELEC, Drive.ELECTRIC_ASSIST, 1, 10, 80, None),
    (45, VehicleKind.CAR, Drive.ELECTRIC, 5, 350, 280, ("52", "17")),
    (10, VehicleKind.VAN, Drive.ELECTRIC, 9, 700, 220, ("68", "28")),
    (20, VehicleKind.CAR, Drive.COMBUSTION, 5, 350, 700, None),
    (7, VehicleKind.VAN, Drive.COMBUSTION_DIESEL, 9, 800, 800, None),
)


class Figures(Struct, frozen=True):
    """Seconds, trips that got a vehicle, and what the plan costs by the preferences; `least_cost` is what no plan costs less
    than, as the solver proved. `trips_behind` and `cost_above_percent` are how far greedy is from the optimal plan. What
    is optimal is None where no solver is installed."""

    bookings: int
    vehicles: int
    greedy_s: float
    greedy_given: int
    greedy_cost: int
    explained_s: float
    optimal_s: float | None
    optimal_given: int | None
    optimal_cost: int | None
    least_cost: int | None
    trips_behind: int | None
    cost_above_percent: float | None


def vehicles(count: int, dice: random.Random) -> list[Candidate]:
    kinds = dice.choices(FLEET, weights=[share for share, *_ in FLEET], k=count)
    return [
        Candidate(
            id=ResourceId(UUID(int=1000 + n)),
            name=f"{kind.value} {n}",
            kind=kind,
            vehicle_class=kind.value,
            drive=drive,
            seats=seats,
            range_km=reach,
            station_id=STATION,
            pool_id=None,
            buffer_after_s=900,
            load_kg=load,
            battery=Battery(Decimal(battery[0]), Decimal(battery[1]), RULES.policy.charging_kw) if battery else None,
            charge=Charge(Decimal(dice.randint(35, 100)) / 100, MORNING) if battery else None,
        )
        for n, (_, kind, drive, seats, load, reach, battery) in enumerate(kinds)
    ]


def trips(count: int, days: int, dice: random.Random) -> list[Trip]:
    """Over working days: short ways and long ones, alone and together, now and then with a load."""
    found = []
    for n in range(count):
        start = MORNING + timedelta(days=dice.randrange(days), minutes=15 * dice.randrange(0, 44))
        length = timedelta(minutes=15 * round(dice.triangular(2, 34, 8)))
        found.append(
            Trip(
                booking_id=BookingId(UUID(int=100_000 + n)),
                period=Period(start, start + length),
                seats=dice.choices((1, 2, 4, 7), weights=(60, 25, 12, 3))[0],
                load_kg=dice.choices((None, 60, 400), weights=(80, 15, 5))[0],
                distance_km=Decimal(round(dice.lognormvariate(2.9, 0.9)) + 1),
            )
        )
    return found


def run(bookings: int, count: int, days: int, seed: int, say: Callable[[str], None]) -> Figures:
    """Both ways for the same city, which the seed makes; the optimal one where its solver is installed."""
    dice = random.Random(seed)  # noqa: S311 - the same city for the same seed
    fleet, wanted = vehicles(count, dice), trips(bookings, days, dice)
    say(f"{bookings} bookings within {days} day(s), {count} vehicles, seed {seed}")
    greedy, greedy_s = _timed(lambda: assign_greedily(wanted, fleet, RULES))
    say(f"greedy:    {len(greedy.given)} assigned, cost {greedy.cost}, {greedy_s:.2f} s")
    started = time.perf_counter()
    explain(greedy, wanted, fleet, RULES)
    explained_s = time.perf_counter() - started
    say(f"explained: every vehicle for every booking, {explained_s:.2f} s")
    best, optimal_s = None, None
    if is_installed():
        with _stdout_on_stderr():
            best, optimal_s = _timed(lambda: assign_optimally(wanted, fleet, RULES, HighsSolver()))
        say(
            f"optimal:   {len(best.given)} assigned, cost {best.cost}, {optimal_s:.2f} s; proven: at least {best.least}"
        )
    else:
        say("optimal:   highspy is not installed")
    return Figures(
        bookings=bookings,
        vehicles=count,
        greedy_s=greedy_s,
        greedy_given=len(greedy.given),
        greedy_cost=greedy.cost,
        explained_s=explained_s,
        optimal_s=optimal_s,
        optimal_given=len(best.given) if best else None,
        optimal_cost=best.cost if best else None,
        least_cost=best.least if best else None,
        trips_behind=len(best.given) - len(greedy.given) if best else None,
        cost_above_percent=round(100 * (greedy.cost - best.cost) / best.cost, 2) if best else None,
    )


@contextmanager
def _stdout_on_stderr() -> Iterator[None]:
    """HiGHS prints who made it when it comes up, past Python; stdout belongs to the figures."""
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)


def _timed(work: Callable[[], Plan]) -> tuple[Plan, float]:
    started = time.perf_counter()
    plan = work()
    return plan, time.perf_counter() - started
