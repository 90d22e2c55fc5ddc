"""Holidays by state, and the days of § 193 BGB."""

from datetime import date, timedelta

import pytest

from domain.cities.identifiers import STATES
from domain.holidays import HOLIDAYS, easter_sunday, is_holiday, on_or_after


@pytest.mark.parametrize(
    "day", ["2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2030-04-21", "2035-03-25", "2038-04-25"]
)
def test_easter_is_when_it_is(day: str) -> None:
    easter = date.fromisoformat(day)
    assert easter_sunday(easter.year) == easter


# As the states' interior ministries count them for 2026, Sundays not included but where a law names them.
IN_2026 = {
    "BB": 12, "BE": 10, "BW": 12, "BY": 12, "HB": 10, "HE": 10, "HH": 10, "MV": 11, "NI": 10, "NW": 11, "RP": 11,
    "SH": 10, "SL": 12, "SN": 11, "ST": 11, "TH": 11,
}  # fmt: skip


def holidays_of(year: int, state: str | None) -> list[str]:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return [day.isoformat()[5:] for day in days if day.year == year and is_holiday(day, state)]


def test_every_state_has_its_number_of_holidays() -> None:
    assert {state: len(holidays_of(2026, state)) for state in sorted(STATES)} == IN_2026


def test_lower_saxony_has_these() -> None:
    assert holidays_of(2026, "NI") == [
        *("01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "10-31", "12-25", "12-26")
    ]


def test_holidays_come_and_go_with_the_laws() -> None:
    assert [is_holiday(date(year, 10, 31), "NI") for year in (2016, 2017, 2018)] == [False, True, True]
    assert [is_holiday(date(year, 5, 8), "BE") for year in (2020, 2021, 2025, 2026)] == [True, False, True, False]
    assert [is_holiday(date(year, 6, 17), "BE") for year in (2027, 2028, 2029)] == [False, True, False]
    assert [is_holiday(date(year, 3, 8), "MV") for year in (2022, 2023)] == [False, True]
    assert is_holiday(date(2026, 11, 18), "SN"), "the Wednesday before 23 November"
    assert not is_holiday(date(2026, 11, 18), "NI")


def test_where_no_state_is_told_only_those_of_all_states_count() -> None:
    assert holidays_of(2026, None) == [
        *("01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26")
    ]


def test_a_deadline_moves_to_the_next_working_day() -> None:
    assert on_or_after(date(2026, 12, 7), "NI") == date(2026, 12, 7)
    assert on_or_after(date(2026, 12, 12), "NI") == date(2026, 12, 14)
    assert on_or_after(date(2026, 12, 25), "NI") == date(2026, 12, 28)


def test_no_record_names_a_state_that_does_not_exist() -> None:
    assert all(holiday.states <= STATES and holiday.law for holiday in HOLIDAYS)
