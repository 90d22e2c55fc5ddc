"""`kommobil leasing simulate`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.http.bike_leasing.simulation_examples import EXAMPLE, SCENARIO
from infra.cli import main


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(SCENARIO))
    return path


def simulated(file: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["leasing", "simulate", str(file), *words])


def test_both_sides_months_are_printed_with_what_has_to_be_told(file: Path) -> None:
    head, first, *_, total, against, told = simulated(file).stdout.splitlines()

    assert head.split() == ["month", "employee", "employer"]
    assert first.split() == ["2026-12", "starting", "-64.17", "145.81"]
    assert total.split() == ["total", "-2259.90", "573.12"]
    assert against == "against buying at once: 1739.10"
    assert told.startswith("to be told with it: estimate, less_pension")


def test_options_say_what_comes_in_between_and_the_chart_is_a_file(file: Path, tmp_path: Path) -> None:
    chart = tmp_path / "lease.svg"
    result = simulated(file, "--parental-leave", "7:6", "--leaves-after", "22", "--chart", str(chart), "--json")

    found = json.loads(result.stdout)
    assert [month["phase"] for month in found["months"]].count("insured") == 6
    assert found["months"][-1]["phase"] == "settling"
    assert found["scenario"]["months"] == SCENARIO["months"]
    assert chart.read_bytes().startswith(b"<svg")
    assert json.loads(simulated(file, "--json").stdout)["employee"] == EXAMPLE["employee"]


def test_what_is_no_lease_ends_with_what_is_wrong(file: Path) -> None:
    impossible = simulated(file, "--leaves-after", "12")
    assert (impossible.exit_code, "term_out_of_range /pauses/0" in impossible.stderr) == (1, True)
    file.write_text(json.dumps(SCENARIO | {"wheels": 3}))
    unknown = simulated(file)
    assert (unknown.exit_code, "wheels" in unknown.stderr) == (1, True)
    assert simulated(file, "--parental-leave", "soon").exit_code == 2
