"""When a city's nights are quiet, also on the two nights on which the clock jumps."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.periods import Period
from domain.quiet_hours import QuietHours

BERLIN = ZoneInfo("Europe/Berlin")


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


NIGHT = Period(utc("2026-11-23T21:00"), utc("2026-11-24T06:00"))


@pytest.mark.parametrize(
    ("at", "night"),
    [
        ("2026-11-23T20:59:59.999999", None),
        ("2026-11-23T21:00", NIGHT),
        ("2026-11-23T23:30", NIGHT),
        ("2026-11-24T05:59:59.999999", NIGHT),
        ("2026-11-24T06:00", None),
    ],
)
def test_a_night_is_quiet_from_ten_until_seven(at: str, night: Period | None) -> None:
    assert QuietHours().around(utc(at), BERLIN) == night


def test_a_night_is_an_hour_shorter_when_the_clocks_go_forward() -> None:
    night = QuietHours().around(utc("2027-03-28T00:30"), BERLIN)
    assert night == Period(utc("2027-03-27T21:00"), utc("2027-03-28T05:00"))


def test_a_night_is_an_hour_longer_when_the_clocks_go_back() -> None:
    night = QuietHours().around(utc("2026-10-25T00:30"), BERLIN)
    assert night == Period(utc("2026-10-24T20:00"), utc("2026-10-25T06:00"))


@pytest.mark.parametrize("at", ["2026-10-25T00:29", "2026-10-25T00:45", "2026-10-25T01:29"])
def test_what_ends_at_a_time_that_comes_twice_ends_at_the_second(at: str) -> None:
    """Half past two comes at 0:30 and at 1:30 UTC; the hour between is not loud."""
    night = Period(utc("2026-10-24T20:00"), utc("2026-10-25T01:30"))
    assert QuietHours("22:00", "02:30").around(utc(at), BERLIN) == night
    assert QuietHours("22:00", "02:30").around(utc("2026-10-25T01:30"), BERLIN) is None


def test_what_begins_at_a_time_that_comes_twice_begins_at_the_first() -> None:
    night = Period(utc("2026-10-25T00:30"), utc("2026-10-25T05:00"))
    assert QuietHours("02:30", "06:00").around(utc("2026-10-25T01:10"), BERLIN) == night
    assert QuietHours("02:30", "06:00").around(utc("2026-10-25T00:29"), BERLIN) is None


def test_a_time_that_a_night_has_not_counts_from_before_the_gap() -> None:
    """Half past two is half past three, by the clock that went forward."""
    night = Period(utc("2027-03-27T21:00"), utc("2027-03-28T01:30"))
    assert QuietHours("22:00", "02:30").around(utc("2027-03-28T01:29"), BERLIN) == night
    assert QuietHours("02:30", "06:00").around(utc("2027-03-28T01:29"), BERLIN) is None
    assert QuietHours("02:30", "03:00").around(utc("2027-03-28T01:30"), BERLIN) is None


def test_hours_may_begin_after_midnight_of_the_city() -> None:
    night = Period(utc("2026-11-23T23:30"), utc("2026-11-24T04:00"))
    assert QuietHours("00:30", "05:00").around(utc("2026-11-23T23:45"), BERLIN) == night


def test_hours_of_one_day_end_on_it() -> None:
    noon = Period(utc("2026-11-23T12:00"), utc("2026-11-23T14:00"))
    assert QuietHours("13:00", "15:00").around(utc("2026-11-23T13:59"), BERLIN) == noon
    assert QuietHours("13:00", "15:00").around(utc("2026-11-24T03:00"), BERLIN) is None


@pytest.mark.parametrize(
    ("start", "end"), [("22", "07:00"), ("22:00", "24:00"), ("22:00Z", "07:00"), ("7:00", "22:00")]
)
def test_times_are_of_the_clock(start: str, end: str) -> None:
    assert QuietHours(start, end).faults() == ["notices.quiet goes from 00:00 to 23:59, as in 22:00"]


def test_they_end_at_another_time_than_they_begin() -> None:
    assert QuietHours("22:00", "22:00").faults() == ["notices.quiet ends at another time than it begins"]
    assert QuietHours().faults() == []
