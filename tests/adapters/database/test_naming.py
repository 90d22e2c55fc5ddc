"""Statements whose values have names, by numbers."""

import pytest

from adapters.database.naming import numbered


def test_a_name_is_one_number_wherever_it_stands_and_a_cast_is_none() -> None:
    found = numbered("SELECT :a::text, cast(:b AS int), x.a::int, 'k' || :a WHERE at = :a_b")
    assert found.sql == "SELECT $1::text, cast($2 AS int), x.a::int, 'k' || $1 WHERE at = $3"
    assert found.values({"a": 1, "b": 2, "a_b": 3, "more": 4}) == [1, 2, 3]


def test_a_value_that_is_missing_is_no_null() -> None:
    with pytest.raises(KeyError):
        numbered("SELECT :a").values({})
