"""What a simulated station is told at the command line."""

import pytest

from infra.simulating import Act, UnreadableAct, act_in


@pytest.mark.parametrize(
    ("line", "act"),
    [
        ("swipe 2 A1B2\n", Act("swipe", 2, "A1B2")),
        ("  leave 1 ", Act("leave", 1)),
        ("fault 10", Act("fault", 10)),
        ("mend 1", Act("mend", 1)),
        ("show", Act("show")),
        ("\n", None),
    ],
)
def test_a_line_says_what_happens_to_the_station(line: str, act: Act | None) -> None:
    assert act_in(line) == act


@pytest.mark.parametrize(
    "line", ["swipe 1", "swipe A1B2 1", "leave", "leave one", "leave ²", "show 1", "burn 1", "leave -1"]
)
def test_a_line_that_says_nothing_of_it_is_answered_with_what_it_could_have_said(line: str) -> None:
    with pytest.raises(UnreadableAct, match="swipe EVSE TOKEN"):
        act_in(line)
