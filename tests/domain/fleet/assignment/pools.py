"""A small pool, trips for it, and a solver that tries everything."""

from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.assignment.problems import Problem, Solved
from domain.fleet.assignment.suitability import Rules
from domain.fleet.assignment.trips import Candidate, Charge, Trip, Use, policy_on
from domain.fleet.charge import Battery, charge_rule
from domain.fleet.vehicles import Drive, VehicleKind
from domain.periods import Period
from tests.examples import MARKET_SQUARE, NOON, TOWN_HALL, an_id, hours

TODAY = date(2030, 6, 3)
RULES = Rules(policy_on(TODAY), charge_rule(TODAY))
BATTERY = Battery(Decimal(58), Decimal(18), Decimal(11))


def a_vehicle(name: str, drive: Drive = Drive.ELECTRIC, kind: VehicleKind = VehicleKind.CAR, **more: Any) -> Candidate:
    """A car with five seats of the town hall, unless something else is said."""
    usual: dict[str, Any] = {
        "vehicle_class": kind.value,
        "seats": 5,
        "range_km": 300,
        "station_id": MARKET_SQUARE.id,
        "pool_id": TOWN_HALL,
    }
    return Candidate(id=ResourceId(an_id(name)), name=name, kind=kind, drive=drive, **(usual | more))


def a_pedelec(name: str = "pedelec", **more: Any) -> Candidate:
    return a_vehicle(name, Drive.ELECTRIC_ASSIST, VehicleKind.PEDELEC, **({"seats": 1, "range_km": 80} | more))


def a_petrol_car(name: str = "petrol", **more: Any) -> Candidate:
    return a_vehicle(name, Drive.COMBUSTION, **more)


def charged(percent: int, read_at: datetime = NOON) -> dict[str, Any]:
    return {"battery": BATTERY, "charge": Charge(Decimal(percent) / 100, read_at)}


def a_trip(name: str = "trip", start: float = 1, length: float = 1, km: float | None = 40, **more: Any) -> Trip:
    """So many hours after noon."""
    distance = Decimal(str(km)) if km is not None else None
    period = Period(NOON + hours(start), NOON + hours(start + length))
    return Trip(BookingId(an_id(name)), period, distance_km=distance, **more)


def a_use(start: float, length: float, name: str = "other", km: int | None = None, *, repair: bool = False) -> Use:
    period = Period(NOON + hours(start), NOON + hours(start + length))
    booking_id = None if repair else BookingId(an_id(name))
    return Use(period, period, booking_id, Decimal(km) if km is not None else None)


def try_everything(problem: Problem) -> Solved:
    """The best of all ways, one pair or none for each trip. For a few trips only."""
    by_trip: dict[int, list[int]] = {}
    for number, pair in enumerate(problem.pairs):
        by_trip.setdefault(pair.trip, []).append(number)
    ways = product(*([None, *numbers] for numbers in by_trip.values()))
    allowed = [chosen for way in ways if _is_allowed(problem, chosen := frozenset(n for n in way if n is not None))]
    return Solved(max(allowed, key=lambda chosen: (saved(problem, chosen), sorted(chosen))), is_best=True)


def saved(problem: Problem, chosen: frozenset[int]) -> int:
    return sum(problem.pairs[number].saved for number in chosen)


def _is_allowed(problem: Problem, chosen: frozenset[int]) -> bool:
    return all(len(chosen.intersection(bound.pairs)) <= bound.most for bound in problem.bounds)
