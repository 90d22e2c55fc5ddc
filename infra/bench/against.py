"""`kommobil bench bookings --against COMMIT`: this checkout and an earlier one in turn, on one machine, in one run.

Figures of two days, or of two machines, say little. Each measurement is a process of its own, with a database of its own; the
earlier commit stands in a worktree that is gone afterwards, and gets an environment of its own where it names other libraries.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from infra.environment import PRODUCT, ROOT, SetupError, prepare

Say = Callable[[str], None]
# Every commit that has the benchmark has `run`, and prints this line of each round.
PROGRAM = """
import asyncio
from infra.bench.bookings import run
asyncio.run(run(requests={requests}, seconds=1, rounds=1, processes={processes}))
"""
ROUND = re.compile(
    r"POST /bookings: +\d+/s, server (?P<server>\d+\.\d+) ms \+ PostgreSQL (?P<postgres>\d+\.\d+) ms CPU each"
)
WITHIN_S = 900


class NotComparable(Exception):
    """The commit cannot be had, or does not run; the message says why."""


class Side(Struct, frozen=True):
    """One checkout: its CPU for one booking in milliseconds, server and PostgreSQL together, by round."""

    name: str
    cpu_ms: tuple[float, ...]

    @property
    def cheapest(self) -> float:
        return min(self.cpu_ms)

    @property
    def median(self) -> float:
        return statistics.median(self.cpu_ms)


class Comparison(Struct, frozen=True):
    """`ratio` is this one's cheapest round over the other's, `median_ratio` that of the medians."""

    this: Side
    other: Side
    ratio: float
    median_ratio: float


class Checkout(Struct, frozen=True):
    name: str
    root: Path
    python: Path

    def measure(self, requests: int, processes: int) -> float:
        """Raises NotComparable."""
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        program = PROGRAM.format(requests=requests, processes=processes)
        command = [str(self.python), "-c", program]
        ran = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
        found = ROUND.search(ran.stdout)
        if ran.returncode or found is None:
            raise NotComparable(f"{self.name} does not run:\n{(ran.stderr or ran.stdout)[-2000:].strip()}")
        return float(found["server"]) + float(found["postgres"])


def compare(commit: str, *, requests: int, rounds: int, processes: int, say: Say) -> Comparison:
    """Measure in turn, who begins in turn as well. Raises NotComparable."""
    with _checked_out(commit, say) as other:
        sides = [Checkout("this checkout", ROOT, Path(sys.executable)), other]
        found: dict[str, list[float]] = {side.name: [] for side in sides}
        for turn in range(rounds):
            for side in sides if turn % 2 == 0 else reversed(sides):
                cpu = side.measure(requests, processes)
                found[side.name].append(cpu)
                say(f"{side.name}: {cpu:.3f} ms CPU for each booking, server and PostgreSQL")
    this, that = (Side(side.name, tuple(found[side.name])) for side in sides)
    done = Comparison(this, that, this.cheapest / that.cheapest, this.median / that.median)
    say(
        f"CPU per booking: {done.ratio:.3f} times {that.name}'s by the cheapest rounds, {done.median_ratio:.3f} by the medians"
    )
    return done


@contextmanager
def _checked_out(commit: str, say: Say) -> Iterator[Checkout]:
    name = _git("rev-parse", "--verify", "--short", "--end-of-options", f"{commit}^{{commit}}")
    with tempfile.TemporaryDirectory(prefix="kommobil-against-") as folder:
        root = Path(folder) / "checkout"
        _git("worktree", "add", "--detach", str(root), name)
        try:
            yield Checkout(name, root, _python(root, say))
        finally:
            _git("worktree", "remove", "--force", str(root))


def _python(root: Path, say: Say) -> Path:
    """Ours, where it names the same libraries."""
    if (root / PRODUCT).read_bytes() == (ROOT / PRODUCT).read_bytes():
        return Path(sys.executable)
    try:
        return prepare(root, PRODUCT, say) / "bin" / "python"
    except SetupError as problem:
        raise NotComparable(str(problem)) from problem


def _git(*words: str) -> str:
    ran = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise NotComparable(f"git {words[0]}: {ran.stderr.strip()}")
    return ran.stdout.strip()
