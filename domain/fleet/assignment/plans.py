"""A plan: which vehicle each of many trips gets, one after the other, or as a solver finds best."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.assignment.explaining import by_time, explained, preference
from domain.fleet.assignment.problems import (
    Cut,
    Problem,
    Solved,
    overdrawn,
    possibilities,
    problem_of,
    shared_out,
)
from domain.fleet.assignment.reasons import Explained
from domain.fleet.assignment.suitability import Rules, obstacle, penalty
from domain.fleet.assignment.trips import Candidate, Trip

ROUNDS = 25
"""How often a solver is told of batteries that its answer would empty."""

Solve: TypeAlias = Callable[[Problem], Solved | None]
"""Finds the pairs that save the most within all bounds; None where it has no more time."""


class Plan(Struct, frozen=True):
    """`given` has the trips that got a vehicle, `left` are the others, and `cost` counts both. No plan costs less than `least`,
    as far as somebody proved it."""

    given: dict[BookingId, ResourceId]
    cost: int
    left: tuple[BookingId, ...]
    least: int | None = None


def assign_greedily(trips: Sequence[Trip], vehicles: Sequence[Candidate], rules: Rules) -> Plan:
    """Each trip in turn takes what suits it best of what is left."""
    return _filled(trips, {vehicle.id: vehicle for vehicle in vehicles}, {}, rules)


def assign_optimally(trips: Sequence[Trip], vehicles: Sequence[Candidate], rules: Rules, solve: Solve) -> Plan:
    """The plan of least cost: as many trips as possible, the more important first, each on the vehicle that is preferred;
    never worse than one after the other.

    What a battery has to do over a day depends on all the trips that it is given, so where an answer would empty one, the
    next is asked for without that combination. Where that takes too many rounds the best so far counts.
    """
    by_id = {vehicle.id: vehicle for vehicle in vehicles}
    best = assign_greedily(trips, vehicles, rules)
    possible = possibilities(trips, vehicles, rules)
    cuts: tuple[Cut, ...] = ()
    for _ in range(ROUNDS):
        problem = problem_of(possible, trips, vehicles, cuts)
        solved = solve(problem)
        if solved is None:
            break
        best = replace(best, least=_least(problem, solved, trips, best.least))
        done = shared_out(problem, solved.chosen, trips, vehicles, rules)
        new = overdrawn(done, trips, vehicles, rules)
        plan = _filled(trips, by_id, _repaired(done, new, trips, vehicles, rules), rules)
        if plan.cost < best.cost:
            best = replace(plan, least=best.least)
        if not new or best.cost == best.least:
            break
        cuts = (*cuts, *new)
    return best


def _least(problem: Problem, solved: Solved, trips: Sequence[Trip], known: int | None) -> int | None:
    """What no plan costs less than; every round knows more of what is impossible."""
    if not solved.is_best:
        return known
    saved = sum(problem.pairs[number].saved for number in solved.chosen)
    least = sum(map(penalty, trips)) - saved
    return least if known is None else max(known, least)


def _repaired(
    done: dict[int, list[int]],
    cuts: Sequence[Cut],
    trips: Sequence[Trip],
    vehicles: Sequence[Candidate],
    rules: Rules,
) -> dict[BookingId, ResourceId]:
    """The answer without the trips for which there is not enough in the battery."""
    left = {v: list(mine) for v, mine in done.items()}
    while cuts:
        for cut in cuts:
            left[cut.vehicle].remove(cut.last)
        cuts = overdrawn(left, trips, vehicles, rules)
    return {trips[t].booking_id: vehicles[v].id for v, mine in left.items() for t in mine}


def explain(plan: Plan, trips: Sequence[Trip], vehicles: Sequence[Candidate], rules: Rules) -> tuple[Explained, ...]:
    """Every trip of the plan, with what else the vehicles do in it."""
    by_id = {vehicle.id: vehicle for vehicle in vehicles}
    busy = _busy(by_id, {trip.booking_id: trip for trip in trips}, plan.given)
    found = []
    for trip in trips:
        mine = plan.given.get(trip.booking_id)
        apart = busy | ({mine: _without(busy[mine], trip)} if mine is not None else {})
        found.append(explained(trip, apart[mine] if mine is not None else None, apart.values(), rules))
    return tuple(found)


def _filled(
    trips: Sequence[Trip],
    vehicles: Mapping[ResourceId, Candidate],
    given: Mapping[BookingId, ResourceId],
    rules: Rules,
) -> Plan:
    """The plan with whatever still fits: trips without a vehicle take turns."""
    busy = _busy(vehicles, {trip.booking_id: trip for trip in trips}, given)
    taken = dict(given)
    for trip in sorted(trips, key=by_time):
        if trip.booking_id in taken:
            continue
        fitting = [vehicle for vehicle in busy.values() if obstacle(trip, vehicle, rules) is None]
        best = min(fitting, key=partial(preference, trip), default=None)
        if best is not None:
            taken[trip.booking_id] = best.id
            busy[best.id] = replace(best, uses=(*best.uses, best.use_for(trip)))
    left = tuple(trip.booking_id for trip in trips if trip.booking_id not in taken)
    return Plan(taken, cost_of(trips, vehicles, taken), left)


def cost_of(
    trips: Sequence[Trip], vehicles: Mapping[ResourceId, Candidate], given: Mapping[BookingId, ResourceId]
) -> int:
    total = 0
    for trip in trips:
        mine = given.get(trip.booking_id)
        total += penalty(trip) if mine is None else preference(trip, vehicles[mine])[0]
    return total


def _busy(
    vehicles: Mapping[ResourceId, Candidate], trips: Mapping[BookingId, Trip], given: Mapping[BookingId, ResourceId]
) -> dict[ResourceId, Candidate]:
    uses = {vehicle.id: list(vehicle.uses) for vehicle in vehicles.values()}
    for booking_id, vehicle_id in given.items():
        uses[vehicle_id].append(vehicles[vehicle_id].use_for(trips[booking_id]))
    return {vehicle.id: replace(vehicle, uses=tuple(uses[vehicle.id])) for vehicle in vehicles.values()}


def _without(vehicle: Candidate, trip: Trip) -> Candidate:
    return replace(vehicle, uses=tuple(use for use in vehicle.uses if use.booking_id != trip.booking_id))
