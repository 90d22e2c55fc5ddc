"""Whether somebody could have got in: the same question as the product's, asked as an integer programme. Nothing of this is
shared with what the product does about it."""

from collections.abc import Iterable, Mapping, Sequence
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
    items = [_left(item, taken) for item in _with_whom_it_meets(wanted, list(movable))]
    if not all(item.vehicles for item in items):
        return False
    pairs = [(number, vehicle) for number, item in enumerate(items) for vehicle in sorted(item.vehicles)]
    columns: dict[tuple[int, str], int] = {pair: column for column, pair in enumerate(pairs)}
    one_each = [[columns[number, vehicle] for vehicle in sorted(item.vehicles)] for number, item in enumerate(items)]
    at_once = []
    for vehicle in sorted({vehicle for _, vehicle in pairs}):
        mine = [number for number, item in enumerate(items) if vehicle in item.vehicles]
        for first in mine:
            then = [number for number in mine if items[number].start <= items[first].start < items[number].end]
            if len(then) > 1:
                at_once.append([columns[number, vehicle] for number in then])
    return _solved(len(pairs), one_each, at_once)


def _with_whom_it_meets(wanted: Item, movable: list[Item]) -> list[Item]:
    """Whoever is there at the same time, and with those, and so on."""
    found, left = [wanted], movable
    reached = [wanted]
    while reached:
        new = [item for item in left if any(item.meets(other.start, other.end) for other in reached)]
        left = [item for item in left if item not in new]
        found, reached = [*found, *new], new
    return found


def _left(item: Item, taken: Taken) -> Item:
    free = {v for v in item.vehicles if not any(item.meets(start, end) for start, end in taken.get(v, ()))}
    return Item(item.start, item.end, frozenset(free))


def _solved(columns: int, one_each: list[list[int]], at_once: list[list[int]]) -> bool | None:
    rows = [*one_each, *at_once]
    lp: Any = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, len(rows)
    lp.col_cost_ = np.zeros(columns)
    lp.col_lower_, lp.col_upper_ = np.zeros(columns), np.ones(columns)
    lp.row_lower_ = np.array([1.0] * len(one_each) + [0.0] * len(at_once))
    lp.row_upper_ = np.ones(len(rows))
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
