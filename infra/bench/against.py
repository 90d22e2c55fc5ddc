"""`kommobil bench bookings --against COMMIT`: this checkout and an earlier one in turn, on one machine, in one run.

Figures of two days, or of two machines, say little, and those of two minutes are not much better on a machine that others use.
So both stand at the same time, each with a database of its own, and are asked for a round one right after the other; what
counts is the ratio of two such rounds. The earlier commit stands in a worktree that is gone afterwards, and gets an environment
of its own where it names other libraries.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Timer
from typing import IO

from msgspec import Struct

from infra.environment import PRODUCT, ROOT, SetupError, prepare

Say = Callable[[str], None]
READY = "ready for a round"
# Every commit that has the benchmark has `run`, which asks for `ours` once to warm up and once in each round.
PROGRAM = f"""
import asyncio, sys
from infra.bench import bookings
measured = bookings.Bench.ours
async def in_turn(bench, requests):
    print("{READY}", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    return await measured(bench, requests)
bookings.Bench.ours = in_turn
asyncio.run(bookings.run(requests={{requests}}, seconds=1, rounds={{rounds}}, processes={{processes}}))
"""
ROUND = re.compile(
    r"POST /bookings: +\d+/s, server (?P<server>\d+\.\d+) ms \+ PostgreSQL (?P<postgres>\d+\.\d+) ms CPU each"
)
WITHIN_S = 900.0


class NotComparable(Exception):
    """The commit cannot be had, or does not run; the message says why."""


class Cpu(Struct, frozen=True):
    """For one booking in milliseconds."""

    server_ms: float
    postgres_ms: float

    @property
    def ms(self) -> float:
        return self.server_ms + self.postgres_ms


class Side(Struct, frozen=True):
    name: str
    rounds: tuple[Cpu, ...]


class Comparison(Struct, frozen=True):
    """`ratios` are this one's CPU over the other's, round by round; `ratio` is their median."""

    this: Side
    other: Side
    ratios: tuple[float, ...]
    ratio: float


class Checkout(Struct, frozen=True):
    name: str
    root: Path
    python: Path

    @contextmanager
    def measuring(self, requests: int, rounds: int, processes: int) -> "Iterator[Measuring]":
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        program = PROGRAM.format(requests=requests, rounds=rounds, processes=processes)
        with (
            tempfile.TemporaryFile("w+") as complaints,
            subprocess.Popen(
                [str(self.python), "-c", program],
                cwd=self.root,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            ) as process,
        ):
            watch = Timer(WITHIN_S, process.kill)
            watch.start()
            try:
                yield Measuring(self.name, process, complaints)
            finally:
                watch.cancel()
                process.terminate()  # of no effect where it has ended, as it has unless the other one failed


class Measuring:
    """A benchmark that runs, and waits for its turn."""

    def __init__(self, name: str, process: "subprocess.Popen[str]", complaints: IO[str]) -> None:
        self._name = name
        self._process = process
        self._complaints = complaints
        self._told: list[str] = []

    def wait(self) -> None:
        """Until it is ready for a round, or has ended."""
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        for line in self._process.stdout:
            if line.rstrip() == READY:
                return
            self._told.append(line)

    def go(self) -> None:
        """One round. Raises NotComparable."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        except BrokenPipeError as gone:
            raise self._failed() from gone
        self.wait()

    def done(self, rounds: int) -> Side:
        """Raises NotComparable."""
        found = [
            Cpu(float(each["server"]), float(each["postgres"])) for line in self._told for each in ROUND.finditer(line)
        ]
        if self._process.wait() or len(found) != rounds:
            raise self._failed()
        return Side(self._name, tuple(found))

    def _failed(self) -> NotComparable:
        self._process.wait()
        self._complaints.seek(0)
        told = self._complaints.read() or "".join(self._told)
        return NotComparable(f"{self._name} does not run:\n{told[-2000:].strip()}")


def compare(commit: str, *, requests: int, rounds: int, processes: int, say: Say) -> Comparison:
    """Measure in turn, who begins in turn as well. Raises NotComparable."""
    with _checked_out(commit, say) as other, ExitStack() as running:
        checkouts = (Checkout("this checkout", ROOT, Path(sys.executable)), other)
        sides = [running.enter_context(each.measuring(requests, rounds, processes)) for each in checkouts]
        for side in sides:
            side.wait()
        for turn in range(1 + rounds):  # the first is for warming up
            for side in sides if turn % 2 == 0 else reversed(sides):
                side.go()
        this, that = (side.done(rounds) for side in sides)
    pairs = list(zip(this.rounds, that.rounds, strict=True))
    ratios = tuple(mine.ms / theirs.ms for mine, theirs in pairs)
    for (mine, theirs), ratio in zip(pairs, ratios, strict=True):
        say(f"CPU for each booking: {_told(mine)}; {that.name}: {_told(theirs)}; ratio {ratio:.3f}")
    done = Comparison(this, that, ratios, statistics.median(ratios))
    say(f"CPU per booking: {done.ratio:.3f} times {that.name}'s, the median of {rounds} rounds")
    return done


def _told(cpu: Cpu) -> str:
    return f"server {cpu.server_ms:.3f} + PostgreSQL {cpu.postgres_ms:.3f} = {cpu.ms:.3f} ms"


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
