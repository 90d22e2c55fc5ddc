"""Why a trip got its vehicle, and why each other one did not do as well."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain

from domain.fleet.assignment.reasons import Explained, NotTaken, Reason, Why, number
from domain.fleet.assignment.suitability import RANKS, Rules, charge_for, charge_reason, cost, obstacle
from domain.fleet.assignment.trips import Candidate, Trip, furthest
from domain.fleet.vehicles import OF_BICYCLES

LONG = timedelta(days=30)
"""Free time beyond this is as good as endless."""


def preference(trip: Trip, vehicle: Candidate) -> tuple[int, timedelta, str]:
    """By what vehicles that can do the trip are told apart, best first: what it costs, then the least free time around it,
    so that long gaps stay whole for whoever needs one, then the name, so that the same facts give the same answer."""
    return cost(trip, vehicle), free_around(trip, vehicle), vehicle.name


def free_around(trip: Trip, vehicle: Candidate) -> timedelta:
    """How much free time would be left before and after the trip, with its buffers."""
    claimed = vehicle.claim(trip.period)
    ends = [use.claimed.end for use in vehicle.uses if use.claimed.end <= claimed.start]
    starts = [use.claimed.start for use in vehicle.uses if use.claimed.start >= claimed.end]
    before = min(claimed.start - max(ends), LONG) if ends else LONG
    after = min(min(starts) - claimed.end, LONG) if starts else LONG
    return before + after


def explained(trip: Trip, chosen: Candidate | None, vehicles: Iterable[Candidate], rules: Rules) -> Explained:
    """Every vehicle has its uses besides this trip, those of the same plan included."""
    obstacles = {vehicle.id: (vehicle, obstacle(trip, vehicle, rules)) for vehicle in vehicles}
    fitting = [vehicle for vehicle, reason in obstacles.values() if reason is None]
    others = tuple(
        NotTaken(vehicle.id, vehicle.name, reason or _second_to(trip, chosen, vehicle))
        for vehicle, reason in obstacles.values()
        if chosen is None or vehicle.id != chosen.id
    )
    if chosen is None:
        return Explained(trip.booking_id, None, None, (), others)
    rivals = [vehicle for vehicle in fitting if vehicle.id != chosen.id]
    against = obstacles[chosen.id][1] if chosen.id in obstacles else None
    reasons = tuple(chain(_of_priority(trip), _of_its_drive(trip, chosen, others, rules), _among(trip, chosen, rivals)))
    if against is not None:
        reasons = (against,)  # it was claimed before anybody knew, and nothing better is left
    return Explained(trip.booking_id, chosen.id, cost(trip, chosen), reasons, others)


def _of_priority(trip: Trip) -> Iterable[Reason]:
    if trip.priority:
        yield Reason(Why.HAS_PRIORITY, has=number(trip.priority))


def _of_its_drive(trip: Trip, chosen: Candidate, others: Sequence[NotTaken], rules: Rules) -> Iterable[Reason]:
    km = furthest(trip)
    if chosen.drive in OF_BICYCLES and km is not None and km <= rules.policy.bicycle_km:
        yield Reason(Why.BICYCLE_WILL_DO, wanted=number(km), has=number(rules.policy.bicycle_km))
    charged = charge_for(trip, chosen, rules)
    if charged is not None:
        yield charge_reason(Why.CHARGED_IN_TIME if charged.need.minutes else Why.CHARGE_SUFFICES, charged)
    elif chosen.battery is not None:
        yield Reason(Why.CHARGE_UNKNOWN)
    if RANKS[chosen.drive] > 1 and others and trip.drive is None:
        yield Reason(Why.NOTHING_CLEANER_FITS)


def _among(trip: Trip, chosen: Candidate, rivals: Sequence[Candidate]) -> Iterable[Reason]:
    """What set it apart from the others that could do the trip as well."""
    if not rivals:
        yield Reason(Why.ONLY_ONE_THAT_FITS)
        return
    rank = RANKS[chosen.drive]
    if max(RANKS[vehicle.drive] for vehicle in rivals) > rank <= min(RANKS[vehicle.drive] for vehicle in rivals):
        yield Reason(Why.CLEANEST_THAT_FITS)
    alike = [vehicle for vehicle in rivals if RANKS[vehicle.drive] == rank]
    if any(vehicle.seats > chosen.seats for vehicle in alike):
        yield Reason(Why.FEWEST_SPARE_SEATS, wanted=number(trip.seats), has=number(chosen.seats))
    alike = [vehicle for vehicle in alike if vehicle.seats == chosen.seats]
    if alike and chosen.id == trip.provisional_id:
        yield Reason(Why.CLAIMED_ALREADY)
    elif alike and free_around(trip, chosen) < min(free_around(trip, vehicle) for vehicle in alike):
        yield Reason(Why.LEAST_FREE_TIME_AROUND)
    elif alike:
        yield Reason(Why.AS_GOOD_AS_ANY)


def _second_to(trip: Trip, chosen: Candidate | None, vehicle: Candidate) -> Reason:
    """Why a vehicle that could do the trip was not taken for it."""
    if chosen is None:
        return Reason(Why.JUST_AS_GOOD)
    if RANKS[vehicle.drive] > RANKS[chosen.drive]:
        return Reason(Why.LESS_PREFERRED, wanted=chosen.drive.value, has=vehicle.drive.value)
    if vehicle.seats > chosen.seats:
        return Reason(Why.MORE_SPARE_SEATS, wanted=number(trip.seats), has=number(vehicle.seats))
    if chosen.id == trip.provisional_id:
        return Reason(Why.WOULD_BE_A_CHANGE)
    if free_around(trip, vehicle) > free_around(trip, chosen):
        return Reason(Why.MORE_FREE_TIME_AROUND)
    return Reason(Why.JUST_AS_GOOD)


def by_time(trip: Trip) -> tuple[int, datetime, datetime, str]:
    """In which order trips choose: the higher priority, then whoever leaves first."""
    return -trip.priority, trip.period.start, trip.period.end, str(trip.booking_id)
