"""Assigning as a problem for a solver: trips and groups of equal vehicles, and how many of which exclude each other."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.fleet.assignment.suitability import Rules, charge_for, charge_obstacle, cost, obstacle, penalty
from domain.fleet.assignment.trips import Candidate, Trip
from domain.periods import Period


class Pair(Struct, frozen=True):
    """A trip and a group of vehicles that could do it, by their place in what was asked; `saved` is what it saves against
    leaving the trip out."""

    trip: int
    group: int
    saved: int


class Bound(Struct, frozen=True):
    """Of these pairs at most so many."""

    pairs: tuple[int, ...]
    most: int


class Problem(Struct, frozen=True):
    """The pairs that save the most within all bounds are wanted. `groups` are vehicles, by number, that are equal for
    every trip, alone or together: which of them does which trip is settled afterwards, for trips of which no more overlap at
    one instant than there are vehicles can always be shared out among them."""

    groups: tuple[tuple[int, ...], ...]
    pairs: tuple[Pair, ...]
    bounds: tuple[Bound, ...]


Possible: TypeAlias = tuple[tuple[int, int], ...]
"""Trips by their place, each with what it saves."""


class Solved(Struct, frozen=True):
    """The pairs that a solver chose; `is_best` where it proved that no others save more."""

    chosen: frozenset[int]
    is_best: bool


class Cut(Struct, frozen=True):
    """Trips that one vehicle cannot do one after the other, for they would empty its battery: for the `last` there is not
    enough."""

    vehicle: int
    trips: tuple[int, ...]
    last: int


def possibilities(trips: Sequence[Trip], vehicles: Sequence[Candidate], rules: Rules) -> list[Possible]:
    """For every vehicle the trips that it could do if it had nothing to do but what it has already, and what each saves."""
    return [
        tuple(
            (t, penalty(trip) - cost(trip, vehicle))
            for t, trip in enumerate(trips)
            if obstacle(trip, vehicle, rules) is None
        )
        for vehicle in vehicles
    ]


def problem_of(
    possible: Sequence[Possible], trips: Sequence[Trip], vehicles: Sequence[Candidate], cuts: Sequence[Cut] = ()
) -> Problem:
    """A vehicle of which a cut is known stands alone from then on."""
    apart = {cut.vehicle for cut in cuts}
    groups: dict[tuple[Possible, int, int, int | None], list[int]] = {}
    for v, vehicle in enumerate(vehicles):
        alike = (possible[v], vehicle.buffer_before_s, vehicle.buffer_after_s, v if v in apart else None)
        if possible[v]:
            groups.setdefault(alike, []).append(v)
    pairs = tuple(Pair(t, g, saved) for g, (trips_of_it, *_) in enumerate(groups) for t, saved in trips_of_it)
    members = tuple(tuple(found) for found in groups.values())
    return Problem(members, pairs, (*_bounds(pairs, members, trips, vehicles), *_of_cuts(cuts, pairs, members)))


def _bounds(
    pairs: Sequence[Pair], groups: Sequence[Sequence[int]], trips: Sequence[Trip], vehicles: Sequence[Candidate]
) -> Iterable[Bound]:
    by_trip: dict[int, list[int]] = {}
    by_group: dict[int, list[int]] = {}
    for number, pair in enumerate(pairs):
        by_trip.setdefault(pair.trip, []).append(number)
        by_group.setdefault(pair.group, []).append(number)
    yield from (Bound(tuple(numbers), 1) for numbers in by_trip.values())
    for g, numbers in by_group.items():
        one = vehicles[groups[g][0]]
        claims = [(number, one.claim(trips[pairs[number].trip].period)) for number in numbers]
        yield from (Bound(each, len(groups[g])) for each in _at_one_instant(claims) if len(each) > len(groups[g]))


def _of_cuts(cuts: Sequence[Cut], pairs: Sequence[Pair], groups: Sequence[Sequence[int]]) -> Iterable[Bound]:
    group_of = {members[0]: g for g, members in enumerate(groups) if len(members) == 1}
    number_of = {(pair.group, pair.trip): number for number, pair in enumerate(pairs)}
    for cut in cuts:
        numbers = tuple(number_of[group_of[cut.vehicle], trip] for trip in cut.trips)
        yield Bound(numbers, len(numbers) - 1)


def _at_one_instant(claims: Sequence[tuple[int, Period]]) -> list[tuple[int, ...]]:
    """The largest sets of claims that all overlap at one instant; half-open, so back to back is not overlapping."""
    events: list[tuple[datetime, int, int]] = []
    for number, claim in claims:
        events += [(claim.start, 1, number), (claim.end, 0, number)]
    found: list[tuple[int, ...]] = []
    active: set[int] = set()
    grown = False
    for _, begins, number in sorted(events):
        if begins:
            active.add(number)
        elif grown:
            found.append(tuple(sorted(active)))
        if not begins:
            active.remove(number)
        grown = bool(begins)
    return found


def shared_out(
    problem: Problem, chosen: Iterable[int], trips: Sequence[Trip], vehicles: Sequence[Candidate], rules: Rules
) -> dict[int, list[int]]:
    """Which vehicle does which trips, by their numbers and in turn: each trip goes to one of its group that is free then, and
    of those to the one with the most charge to spare."""
    by_group: dict[int, list[int]] = {}
    for number in chosen:
        by_group.setdefault(problem.pairs[number].group, []).append(problem.pairs[number].trip)
    done: dict[int, list[int]] = {}
    for g, mine in sorted(by_group.items()):
        busy = {v: vehicles[v] for v in problem.groups[g]}
        for t in sorted(mine, key=lambda t: (trips[t].period, t)):
            v = _one_of(busy, trips[t], rules)
            busy[v] = replace(busy[v], uses=(*busy[v].uses, busy[v].use_for(trips[t])))
            done.setdefault(v, []).append(t)
    return done


def _one_of(busy: dict[int, Candidate], trip: Trip, rules: Rules) -> int:
    free = [v for v, vehicle in busy.items() if not _is_busy(vehicle, trip)]
    fitting = [v for v in free if charge_obstacle(trip, busy[v], rules) is None]
    return max(fitting or free, key=lambda v: _to_spare(trip, busy[v], rules))


def _to_spare(trip: Trip, vehicle: Candidate, rules: Rules) -> Fraction:
    charged = charge_for(trip, vehicle, rules)
    return charged.need.there - charged.need.needed if charged is not None else Fraction()


def _is_busy(vehicle: Candidate, trip: Trip) -> bool:
    claimed = vehicle.claim(trip.period)
    return any(use.claimed.overlaps(claimed) for use in vehicle.uses)


def overdrawn(
    done: dict[int, list[int]], trips: Sequence[Trip], vehicles: Sequence[Candidate], rules: Rules
) -> tuple[Cut, ...]:
    """What of an answer would empty a battery: for each vehicle the first trip for which there is not enough, with as few
    of those before it as suffice for that."""
    cuts = [_first_overdrawn(v, mine, trips, vehicles[v], rules) for v, mine in sorted(done.items())]
    return tuple(cut for cut in cuts if cut is not None)


def _first_overdrawn(
    v: int, mine: Sequence[int], trips: Sequence[Trip], vehicle: Candidate, rules: Rules
) -> Cut | None:
    if vehicle.battery is None or vehicle.charge is None:
        return None
    for position, last in enumerate(mine):
        before = list(mine[:position])
        if not _is_too_much(before, last, trips, vehicle, rules):
            continue
        for each in tuple(before):
            fewer = [other for other in before if other != each]
            if _is_too_much(fewer, last, trips, vehicle, rules):
                before = fewer
        return Cut(v, (*before, last), last)
    return None


def _is_too_much(before: Sequence[int], last: int, trips: Sequence[Trip], vehicle: Candidate, rules: Rules) -> bool:
    uses = (*vehicle.uses, *(vehicle.use_for(trips[each]) for each in before))
    return charge_obstacle(trips[last], replace(vehicle, uses=uses), rules) is not None
