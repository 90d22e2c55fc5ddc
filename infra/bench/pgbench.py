"""The limit beside ours: pgbench repeats one prepared statement under the app's role."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from infra.bench.scaffold import cpu_of
from infra.embedded.binaries import postgres_binaries

PLACE = re.compile(r"\$(\d+)\b")


class Drawn(Struct, frozen=True):
    """A value made anew for each transaction: SQL over pgbench's variables, written as `:name`."""

    sql: str


class Limit(Struct, frozen=True):
    """What PostgreSQL alone does with so many clients: transactions a second, and its CPU for one, in milliseconds."""

    clients: int
    per_second: float
    cpu_ms: float
    transactions: int


def script(statement: str, values: Mapping[int, object | Drawn], variables: Mapping[str, tuple[int, int]]) -> str:
    """The statement as a pgbench script: constants come by `-D`, since a colon in the text would be a variable."""

    def place(found: re.Match[str]) -> str:
        value = values[int(found[1])]
        return f"({value.sql})" if isinstance(value, Drawn) else f":p{found[1]}"

    draws = "".join(f"\\set {name} random({low}, {high})\n" for name, (low, high) in variables.items())
    return draws + " ".join(PLACE.sub(place, statement).split()) + ";\n"


def constants(values: Mapping[int, object | Drawn]) -> list[str]:
    """The `-D` options."""
    return [f"-Dp{n}={value}" for n, value in values.items() if not isinstance(value, Drawn)]


def measure(url: str, file: Path, options: Sequence[str], *, clients: int, seconds: int, postgres: int) -> Limit:
    """Run the script; `postgres` is the process id whose family's CPU counts. Raises RuntimeError with what it said."""
    told = urlsplit(url)
    query = parse_qs(told.query)
    command = [
        *(
            str(postgres_binaries() / "pgbench"),
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            "2",
            "-T",
            str(seconds),
        ),
        *("-f", str(file), "-h", query.get("host", [told.hostname or ""])[0]),
        *(
            "-p",
            query.get("port", [str(told.port or 5432)])[0],
            "-U",
            told.username or "",
            *options,
            told.path.lstrip("/"),
        ),
    ]
    before = cpu_of([postgres])
    ran = subprocess.run(
        command, env={**os.environ, "PGPASSWORD": told.password or ""}, capture_output=True, text=True, check=False
    )
    used = cpu_of([postgres]) - before
    done = re.search(r"actually processed: (\d+)", ran.stdout)
    rate = re.search(r"tps = ([\d.]+)", ran.stdout)
    if ran.returncode or not done or not rate or int(done[1]) == 0:
        raise RuntimeError(f"pgbench: {ran.stderr[:2000]}")
    return Limit(clients, float(rate[1]), 1000 * used / int(done[1]), int(done[1]))
