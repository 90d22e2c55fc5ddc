"""Every check, in order, each with its time: format, lint, types, import contracts, tests.

All of them run even if one fails; the exit code is 0 only if none did. `--full` adds the long tests, everything else
goes to pytest. A run without pytest arguments is the whole suite. In a full one the database tests run a second time against
PostgreSQL 15, the oldest that must do; that run is a small one, for the same has been done on the newer PostgreSQL at
length. In a small run the adapters, which have every statement in them, are tried on the oldest PostgreSQL only, where there
is one: what that understands, newer ones do, and those are what everything else is tried on. As half of it all is waiting,
for processes that start and stop above all, it goes in three lanes, the types among them. The journeys of a full run
measure, so nothing goes beside them.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import Struct

OLDEST_POSTGRES = 15
DEBIAN = Path(f"/usr/lib/postgresql/{OLDEST_POSTGRES}/bin")
BINARIES = "KOMMOBIL_TEST_POSTGRES_BIN"
JOURNEYS = "tests/journeys"
CONTRACT = f"{JOURNEYS}/test_contract.py"
PROGRAMS = "tests/infra"
MODELS = "tests/models"
ADAPTERS = "tests/adapters"
ON_OLDEST = f"on PostgreSQL {OLDEST_POSTGRES}"
REQUIRED = "KOMMOBIL_REQUIRE_POSTGRES_15"
"""Set where the second run must not be left out, as in `.ci/run`."""


class Check(Struct, frozen=True):
    """`loud` ones show what they say as they go, the others only if they fail."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = {}
    loud: bool = False


class Outcome(Struct, frozen=True):
    name: str
    passed: bool
    seconds: float


def main(arguments: list[str]) -> int:
    """The exit code for `infra/test ARGUMENTS`."""
    tests = [word for word in arguments if word != "--full"]
    full = {"KOMMOBIL_FULL": "1"} if "--full" in arguments else {}
    *quick, types = _static()
    outcomes = [_run(check) for check in quick]
    oldest = None if tests else _oldest_postgres()
    apart = (PROGRAMS, MODELS, JOURNEYS)
    programs, models = _pytest("programs", [PROGRAMS], full), _pytest("models", [MODELS], full)
    if tests:
        outcomes += [_run(types), _run(_pytest("tests", tests, full))]
    elif full:
        rest, contract = _rest(apart, full), _pytest("contract", [CONTRACT], full)
        outcomes += _side_by_side(
            (rest, contract), (types, models), (programs, *_on_the_oldest(oldest, "tests", ["-m", "database"]))
        )
        outcomes.append(_run(_pytest("journeys", [JOURNEYS, f"--ignore={CONTRACT}"], full)))
    else:
        rest = _rest((*apart, ADAPTERS) if oldest else apart, {})
        journeys = _pytest("journeys", [JOURNEYS], {})
        adapters = _on_the_oldest(oldest, "adapters", [ADAPTERS])
        outcomes += _side_by_side((rest, types, models), adapters, (journeys, programs))
    if not tests and oldest is None:
        print(f"\nPostgreSQL {OLDEST_POSTGRES} is not installed: the database tests ran on the embedded one only")
        if os.environ.get(REQUIRED):
            outcomes.append(Outcome(f"PostgreSQL {OLDEST_POSTGRES}", passed=False, seconds=0.0))
    print()
    for outcome in outcomes:
        print(f"{'ok  ' if outcome.passed else 'FAIL'} {outcome.seconds:6.1f} s  {outcome.name}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _static() -> tuple[Check, ...]:
    tools = Path(sys.executable).parent
    return (
        Check("format", (str(tools / "ruff"), "format", "--check", ".")),
        Check("lint", (str(tools / "ruff"), "check", ".")),
        Check("import contracts", (str(tools / "lint-imports"),)),
        Check("types", (str(tools / "mypy"),)),
    )


def _pytest(name: str, arguments: list[str], environment: Mapping[str, str]) -> Check:
    return Check(name, (sys.executable, "-m", "pytest", *arguments), environment, loud=True)


def _rest(apart: Iterable[str], environment: Mapping[str, str]) -> Check:
    return _pytest("tests", [f"--ignore={folder}" for folder in apart], environment)


def _on_the_oldest(binaries: Path | None, name: str, arguments: list[str]) -> tuple[Check, ...]:
    """None where that PostgreSQL is not installed."""
    if binaries is None:
        return ()
    return (_pytest(f"{name} {ON_OLDEST}", arguments, {BINARIES: str(binaries)}),)


def _oldest_postgres() -> Path | None:
    """Where its programs are: named in the environment, where Debian puts them, or behind `pg_config`."""
    named = os.environ.get(BINARIES)
    if named:
        return Path(named)
    if (DEBIAN / "postgres").is_file():
        return DEBIAN
    config = shutil.which("pg_config")
    if config is not None and _says(config, "--version").startswith(f"PostgreSQL {OLDEST_POSTGRES}."):
        folder = Path(_says(config, "--bindir"))
        return folder if (folder / "postgres").is_file() else None
    return None


def _says(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _side_by_side(lane: Sequence[Check], *others: Sequence[Check]) -> list[Outcome]:
    """The lanes at once, each one check after the other; the first alone is heard as it goes."""
    with ThreadPoolExecutor(len(others)) as beside:
        waiting = [beside.submit(_one_by_one, other) for other in others]
        outcomes = [_run(check) for check in lane]
        return outcomes + [_told(*kept) for other in waiting for kept in other.result()]


def _one_by_one(lane: Iterable[Check]) -> list[tuple[Check, Outcome, str]]:
    return [_kept(check) for check in lane]


def _kept(check: Check) -> tuple[Check, Outcome, str]:
    """The check with what it said, which nobody has seen yet."""
    began = time.monotonic()
    result = subprocess.run(
        check.command,
        env=_environment(check),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    outcome = Outcome(check.name, passed=result.returncode == 0, seconds=time.monotonic() - began)
    return check, outcome, result.stdout.decode(errors="replace")


def _told(check: Check, outcome: Outcome, said: str) -> Outcome:
    print(f"== {check.name}, beside the others", flush=True)
    if check.loud or not outcome.passed:
        print(said, flush=True)
    return outcome


def _run(check: Check) -> Outcome:
    print(f"== {check.name}", flush=True)
    began = time.monotonic()
    result = subprocess.run(
        check.command,
        env=_environment(check),
        stdin=subprocess.DEVNULL,
        stdout=None if check.loud else subprocess.PIPE,
        stderr=None if check.loud else subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0 and result.stdout:
        print(result.stdout)
    return Outcome(check.name, passed=result.returncode == 0, seconds=time.monotonic() - began)


def _environment(check: Check) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != BINARIES}
    return {**inherited, **check.environment}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
