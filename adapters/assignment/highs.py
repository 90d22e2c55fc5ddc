"""HiGHS as the solver of assignments: `pip install kommobil[assignment]` brings it."""

import importlib.util
import time
from typing import Any

from domain.fleet.assignment.problems import Problem, Solved

LIMIT_S = 8.0
NEAR = 0.5


def is_installed() -> bool:
    return importlib.util.find_spec("highspy") is not None


class HighsSolver:
    """Solves the problems of one plan, on the calling thread."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        """So many seconds for all of them together."""
        self._until = time.monotonic() + limit_s

    def __call__(self, problem: Problem) -> Solved | None:
        left = self._until - time.monotonic()
        if left <= 0:
            return None
        if not problem.pairs:
            return Solved(frozenset(), is_best=True)
        import highspy  # noqa: PLC0415 - it is optional, and takes a while to come up

        solver: Any = highspy  # typed in part only
        highs = solver.Highs()
        for option, value in _options(left).items():
            highs.setOptionValue(option, value)
        highs.passModel(_model(highspy, problem))
        highs.run()
        if highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        chosen = frozenset(number for number, value in enumerate(highs.getSolution().col_value) if value > NEAR)
        return Solved(chosen, is_best=highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def _options(limit_s: float) -> dict[str, Any]:
    """Costs are whole numbers, so what is less than one from the best is the best."""
    return {
        "log_to_console": False,
        "output_flag": False,
        "time_limit": limit_s,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.99,
        "random_seed": 1,
        "threads": 1,
    }


def _model(highspy: Any, problem: Problem) -> Any:
    starts = [0]
    for bound in problem.bounds:
        starts.append(starts[-1] + len(bound.pairs))
    columns, rows = len(problem.pairs), len(problem.bounds)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, rows
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = [float(pair.saved) for pair in problem.pairs]
    lp.col_lower_, lp.col_upper_ = [0.0] * columns, [1.0] * columns
    lp.row_lower_ = [-highspy.kHighsInf] * rows
    lp.row_upper_ = [float(bound.most) for bound in problem.bounds]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = starts
    lp.a_matrix_.index_ = [number for bound in problem.bounds for number in bound.pairs]
    lp.a_matrix_.value_ = [1.0] * starts[-1]
    lp.integrality_ = [highspy.HighsVarType.kInteger] * columns
    return lp
