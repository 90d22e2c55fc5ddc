"""When instalments are due, and until when one withdraws."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bike_leasing.calculation.schedule import (
    START_POLICIES,
    WITHDRAWAL_RULES,
    instalments,
    starts,
    withdrawal_until,
)
from domain.holidays import is_working_day
from tests.domain.bike_leasing.asking import eur

LOWER_SAXONY, RIGHT = "NI", WITHDRAWAL_RULES[-1]


def due(first: date, months: int, day: int, state: str | None = LOWER_SAXONY) -> list[str]:
    return [each.due_on.isoformat() for each in instalments(first, months, day, eur("111.29"), state)]


def test_what_is_due_on_the_31st_is_due_on_the_last_day_of_shorter_months() -> None:
    assert due(date(2028, 1, 1), 4, 31) == ["2028-01-31", "2028-02-29", "2028-03-31", "2028-05-02"]
    assert due(date(2027, 2, 1), 1, 30) == ["2027-03-01"]  # the 28th is a Sunday


def test_a_holiday_of_the_state_moves_what_is_due_even_into_the_next_month() -> None:
    """31 October 2026 is a Saturday and Reformation Day; 31 October 2028 is a Tuesday."""
    (october,) = instalments(date(2026, 10, 1), 1, 31, eur("1"), LOWER_SAXONY)

    assert (october.month, october.due_on) == (date(2026, 10, 1), date(2026, 11, 2))
    assert due(date(2028, 10, 1), 1, 31) == ["2028-11-01"]
    assert due(date(2028, 10, 1), 1, 31, "BY") == ["2028-10-31"]
    assert due(date(2026, 12, 1), 2, 1) == ["2026-12-01", "2027-01-04"]


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(1, 60), st.integers(1, 31))
def test_every_month_has_one_instalment_whatever_day_it_is_due_on(first: date, months: int, day: int) -> None:
    plan = instalments(first, months, day, eur("111.29"), LOWER_SAXONY)

    assert [each.number for each in plan] == list(range(1, months + 1))
    assert len({each.month for each in plan}) == months
    assert all(is_working_day(each.due_on, LOWER_SAXONY) for each in plan)
    assert all(a.due_on < b.due_on for a, b in pairwise(plan))
    assert sum(each.amount.amount for each in plan) == months * 111_29
    assert all(timedelta(0) <= each.due_on - each.month < timedelta(days=36) for each in plan)


def test_pay_is_converted_from_the_month_of_the_handover_and_the_lease_begins_in_the_next() -> None:
    assert starts(date(2026, 12, 31), START_POLICIES[-1]) == (date(2027, 1, 1), date(2026, 12, 1))


# § 193 BGB, with the holidays of Lower Saxony.
@pytest.mark.parametrize(
    ("concluded", "until"),
    [
        (date(2026, 11, 23), date(2026, 12, 7)),
        (date(2026, 11, 28), date(2026, 12, 14)),
        (date(2026, 12, 11), date(2026, 12, 28)),
    ],
)
def test_one_withdraws_for_fourteen_days_and_until_the_next_working_day(concluded: date, until: date) -> None:
    assert withdrawal_until(concluded, RIGHT, LOWER_SAXONY) == until


def test_a_holiday_of_the_state_alone_gives_a_day_more_there() -> None:
    assert withdrawal_until(date(2028, 10, 17), RIGHT, LOWER_SAXONY) == date(2028, 11, 1)
    assert withdrawal_until(date(2028, 10, 17), RIGHT, "BE") == date(2028, 10, 31)


def test_whoever_was_not_told_of_it_withdraws_for_a_year_longer() -> None:
    assert withdrawal_until(date(2026, 11, 23), RIGHT, LOWER_SAXONY, told=False) == date(2027, 12, 7)
