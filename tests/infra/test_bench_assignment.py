"""`kommobil bench assignment` from end to end, small."""

import json

from click.testing import CliRunner

from adapters.assignment.highs import is_installed
from infra.cli import main


def test_both_ways_are_measured_on_the_same_city() -> None:
    asked = ["bench", "assignment", "--bookings=30", "--vehicles=8", "--days=1", "--json"]
    ended = CliRunner().invoke(main, asked)

    assert ended.exit_code == 0, ended.output
    figures = json.loads(ended.stdout)
    assert (figures["bookings"], figures["vehicles"]) == (30, 8)
    assert 0 < figures["greedy_given"] <= 30
    if is_installed():
        assert figures["least_cost"] <= figures["optimal_cost"] <= figures["greedy_cost"]
        assert figures["optimal_given"] - figures["greedy_given"] == figures["trips_behind"]
    else:
        assert figures["optimal_s"] is None
