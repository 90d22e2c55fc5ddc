"""`kommobil bench bookings --against COMMIT`."""

import json

import pytest
from click.testing import CliRunner

from adapters.database.booking.reservations import RECORD
from infra.bench.against import ROUND, _git
from infra.bench.bookings import Met, Sample, _say_round, run
from infra.bench.pgbench import PLACE
from infra.cli import main
from infra.clock import now


def test_what_is_no_commit_is_compared_with_nothing() -> None:
    for name in ("no-such-commit", "--all"):
        ended = CliRunner().invoke(main, ["bench", "bookings", f"--against={name}"])
        assert (ended.exit_code, ended.stdout) == (1, "")
        assert "git rev-parse" in ended.stderr


def test_the_line_of_a_round_is_read_as_it_is_said() -> None:
    said: list[str] = []
    _say_round(Met(1234.5, 0.75, 0.5, 9.0, 20.0), said.append)
    found = ROUND.search(said[0])
    assert found is not None
    assert found.groupdict() == {"server": "0.750", "postgres": "0.500"}


def test_pgbench_is_given_a_value_for_each_parameter_of_the_statement_that_records() -> None:
    asked = {int(number) for number in PLACE.findall(RECORD)}
    assert Sample("{}", now()).values("testville").keys() == asked


@pytest.mark.full
async def test_a_small_run_says_in_figures_what_it_says_in_words() -> None:
    said: list[str] = []
    figures = await run(requests=200, seconds=1, rounds=1, processes=1, say=said.append)
    assert figures.settings["fsync"] == "on"
    assert sum(figures.statuses.values()) == 200
    assert any(line.startswith(f"CPU per booking: {figures.cpu_ratio:.2f} times") for line in said)


@pytest.mark.full
def test_this_checkout_is_compared_with_the_commit_it_stands_on() -> None:
    words = [
        "bench",
        "bookings",
        "--against",
        "HEAD",
        "--requests",
        "200",
        "--rounds",
        "1",
        "--processes",
        "1",
        "--json",
    ]
    ended = CliRunner().invoke(main, words)
    assert ended.exit_code == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["this"]["name"] == "this checkout"
    assert 0.3 < told["ratio"] < 3
    assert "kommobil-against-" not in _git("worktree", "list")
