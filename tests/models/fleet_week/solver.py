"""Whether somebody could have got in: the same question as the product's, asked as an integer programme. Nothing of this is
shared with what the product does about it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import highspy
import numpy as np
from msgspec import Struct

HIGHS: Any = highspy  # typed in part only
LIMIT_S = 20.0


class Item(Struct, frozen=True):
    """Somebody from a start until the vehicle is ready again, who can have any of these."""

    start: datetime
    end: datetime
    vehicles: frozenset[str]

    def meets(self, start: datetime, end: datetime) -> bool:
        return self.start < end and start < self.end


Taken = Mapping[str, Sequence[tuple[datetime, datetime]]]


def is_possible(wanted: Item, movable: Iterable[Item], taken: Taken) -> bool | None:
    """Whether everybody, the wanted included, can have a vehicle that is not taken, with nobody at the same time. None where
    that could not be found out in time."""
    items = _with_whom_it_meets(wanted, list(movable))
    left = [_left(item, taken) for item in items]
    if not all(item.vehicles for item in left) or not _is_room(items, taken):
        return False
    return _solved(left, {vehicle: () for item in left for vehicle in item.vehicles}, _one)


def _one(_vehicle: str, _at: datetime) -> int:
    return 1


def _is_room(items: Sequence[Item], taken: Taken) -> bool:
    """Whether there are enough vehicles at each moment, those that are alike counted together: who has a vehicle only from
    one moment to the next is not asked, so that "no" is sure, and found soon."""
    whose: dict[str, set[int]] = {}
    for number, item in enumerate(items):
        for vehicle in item.vehicles:
            whose.setdefault(vehicle, set()).add(number)
    alike: dict[frozenset[int], list[str]] = {}
    for vehicle, numbers in whose.items():
        alike.setdefault(frozenset(numbers), []).append(vehicle)
    groups = {min(vehicles): vehicles for vehicles in alike.values()}
    named = {vehicle: name for name, vehicles in groups.items() for vehicle in vehicles}
    counted = [
        Item(item.start, item.end, frozenset(named[vehicle] for vehicle in _left(item, taken).vehicles))
        for item in items
    ]
    changes = {
        name: [start for each in vehicles for start, _ in taken.get(each, ())] for name, vehicles in groups.items()
    }

    def free(name: str, at: datetime) -> int:
        return sum(not any(start <= at < end for start, end in taken.get(each, ())) for each in groups[name])

    return _solved(counted, changes, free) is not False


def _with_whom_it_meets(wanted: Item, movable: list[Item]) -> list[Item]:
    """Whoever is there at the same time and could have one of the same vehicles, and with those, and so on."""
    found, reached, left = [wanted], [wanted], movable
    while reached:
        new: list[Item] = []
        rest: list[Item] = []
        for item in left:
            near = any(item.meets(other.start, other.end) and item.vehicles & other.vehicles for other in reached)
            (new if near else rest).append(item)
        found, reached, left = [*found, *new], new, rest
    return found


def _left(item: Item, taken: Taken) -> Item:
    free = {v for v in item.vehicles if not any(item.meets(start, end) for start, end in taken.get(v, ()))}
    return Item(item.start, item.end, frozenset(free))


def _solved(
    items: Sequence[Item], places: Mapping[str, Iterable[datetime]], free: Callable[[str, datetime], int]
) -> bool | None:
    """Whether everybody can have one of her places, of which so many are free at each moment. A place comes with the moments
    at which there are fewer."""
    pairs = [(number, place) for number, item in enumerate(items) for place in sorted(item.vehicles)]
    columns = {pair: column for column, pair in enumerate(pairs)}
    rows = [[columns[number, place] for place in sorted(item.vehicles)] for number, item in enumerate(items)]
    lower, upper = [1.0] * len(rows), [1.0] * len(rows)
    for place, changes in sorted(places.items()):
        mine = [number for number, item in enumerate(items) if place in item.vehicles]
        for at, there in _fullest(items, mine, changes):
            rows.append([columns[number, place] for number in sorted(there)])
            lower.append(0.0)
            upper.append(float(free(place, at)))
    return _feasible(len(pairs), rows, lower, upper)


def _fullest(
    items: Sequence[Item], mine: Sequence[int], changes: Iterable[datetime]
) -> list[tuple[datetime, frozenset[int]]]:
    """Each moment at which somebody's time begins, or there are fewer places, with whoever is there then."""
    moments = sorted({items[number].start for number in mine}.union(changes))
    found = [(at, frozenset(n for n in mine if items[n].start <= at < items[n].end)) for at in moments]
    return [(at, there) for at, there in found if there]


def _feasible(columns: int, rows: list[list[int]], lower: list[float], upper: list[float]) -> bool | None:
    lp: Any = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, len(rows)
    lp.col_cost_ = np.zeros(columns)
    lp.col_lower_, lp.col_upper_ = np.zeros(columns), np.ones(columns)
    lp.row_lower_, lp.row_upper_ = np.array(lower), np.array(upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0, *map(len, rows)])
    lp.a_matrix_.index_ = np.array([column for row in rows for column in row])
    lp.a_matrix_.value_ = np.ones(sum(map(len, rows)))
    lp.integrality_ = [highspy.HighsVarType.kInteger] * columns
    solver: Any = HIGHS.Highs()
    for option, value in {"output_flag": False, "threads": 1, "time_limit": LIMIT_S}.items():
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    solver.run()
    status = solver.getModelStatus()
    if status == HIGHS.HighsModelStatus.kTimeLimit:
        return None
    assert status in {HIGHS.HighsModelStatus.kOptimal, HIGHS.HighsModelStatus.kInfeasible}, status
    return bool(status == HIGHS.HighsModelStatus.kOptimal)
