"""What is possible, by a linear programme: a judge that knows nothing of how the power is shared."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import highspy


class Need(NamedTuple):
    """Watt-seconds wanted in [since, until), by no more than `max_w` at a time."""

    since: int
    until: int
    energy: int
    max_w: int


def most_delivered(needs: Sequence[Need], limits: Mapping[int, int], end: int) -> float:
    """The most energy that all of them can have together. `limits` are watts by the second from which on they hold."""
    cuts = sorted({0, end, *limits, *(each.since for each in needs), *(each.until for each in needs)})
    spans = list(pairwise(cuts))
    columns = [
        (n, k) for n, need in enumerate(needs) for k, (a, b) in enumerate(spans) if need.since <= a and b <= need.until
    ]
    solver: Any = highspy
    lp = solver.HighsLp()
    lp.num_col_, lp.num_row_ = len(columns), len(needs) + len(spans)
    lp.sense_ = solver.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_ = [1.0] * len(columns), [0.0] * len(columns)
    lp.col_upper_ = [float(needs[n].max_w * (spans[k][1] - spans[k][0])) for n, k in columns]
    allowed = [limits[max(since for since in limits if since <= a)] * (b - a) for a, b in spans]
    lp.row_lower_ = [-solver.kHighsInf] * lp.num_row_
    lp.row_upper_ = [float(need.energy) for need in needs] + [float(each) for each in allowed]
    lp.a_matrix_.format_ = solver.MatrixFormat.kColwise
    lp.a_matrix_.start_ = [2 * n for n in range(len(columns) + 1)]
    lp.a_matrix_.index_ = [row for n, k in columns for row in (n, len(needs) + k)]
    lp.a_matrix_.value_ = [1.0] * (2 * len(columns))
    highs = solver.Highs()
    highs.setOptionValue("log_to_console", False)
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)  # as everybody asks: a process has one number of threads, and refuses others
    highs.passModel(lp)
    highs.run()
    return float(highs.getInfo().objective_function_value)
