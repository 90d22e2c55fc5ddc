"""Ids sort in the order in which they were made."""

from itertools import pairwise

from infra.ids import new_id


def test_what_is_made_one_after_the_other_sorts_that_way() -> None:
    """Also within a millisecond, in which some hundreds are made."""
    made = [new_id() for _ in range(2_000)]
    assert all(first < then for first, then in pairwise(made))
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}
    assert len({each.int & (1 << 62) - 1 for each in made}) == len(made)
