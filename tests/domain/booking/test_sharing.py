"""When a pool is shared: what its windows come to, on both nights of the clock, on holidays, over midnight."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.sharing import Sharing, SharingWindow, faults
from domain.holidays import is_holiday
from domain.periods import Period
from domain.pricing.windows import WEEK, Weekday
from tests.examples import BERLIN

MINUTE = timedelta(minutes=1)
WORKDAYS, WEEKEND = WEEK[:5], WEEK[5:]
EVENINGS = SharingWindow(days=WORKDAYS, from_="17:00", to="07:00")
WEEKENDS = SharingWindow(days=WEEKEND, holidays=True)


NOW = datetime(2027, 1, 1, tzinfo=UTC)


def shared(*windows: SharingWindow, state: str | None = "NI") -> Sharing:
    return Sharing(windows, BERLIN, state)


def at(said: str) -> datetime:
    """By the clock in Braunschweig, where it shows that once."""
    return datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


def openings(sharing: Sharing, since: str, until: str) -> list[tuple[str, str]]:
    """In UTC, without the year."""
    found = sharing.openings(Period(at(since), at(until)))
    return [(f"{each.start:%m-%d %H:%M}", f"{each.end:%m-%d %H:%M}") for each in found]


def test_evenings_and_weekends_join_where_they_touch() -> None:
    assert openings(shared(EVENINGS, WEEKENDS), "2027-06-03", "2027-06-08") == [
        ("06-02 22:00", "06-03 05:00"),  # Wednesday's, to Thursday morning
        ("06-03 15:00", "06-04 05:00"),
        ("06-04 15:00", "06-06 22:00"),  # Friday's goes over into the weekend, which ends on Sunday at midnight
        ("06-07 15:00", "06-07 22:00"),
    ]


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    fridays = shared(SharingWindow(days=(Weekday.FRIDAY,), from_="22:00", to="06:00"))
    assert openings(fridays, "2027-06-03", "2027-06-07") == [("06-04 20:00", "06-05 04:00")]
    sundays = shared(SharingWindow(days=(Weekday.SUNDAY,), from_="18:00", to="18:00"))
    assert openings(sundays, "2027-06-06", "2027-06-09") == [("06-06 16:00", "06-07 16:00")]


def test_an_evening_before_the_clock_goes_forward_is_an_hour_shorter() -> None:
    nights = shared(SharingWindow(from_="22:00", to="06:00"))
    spring, autumn = at("2027-03-27T22:00"), at("2027-10-30T22:00")
    assert nights.openings(Period(spring, spring + timedelta(hours=12)))[0].length == timedelta(hours=7)
    assert nights.openings(Period(autumn, autumn + timedelta(hours=12)))[0].length == timedelta(hours=9)


def test_what_the_march_night_leaves_out_is_not_shared_and_what_october_has_twice_is_twice() -> None:
    dead_hour = shared(SharingWindow(from_="02:00", to="03:00"))
    half_of_it = shared(SharingWindow(from_="02:30", to="03:00"))
    assert openings(dead_hour, "2027-03-28", "2027-03-29") == []
    assert openings(dead_hour, "2027-10-31", "2027-11-01") == [("10-31 00:00", "10-31 02:00")]
    assert openings(half_of_it, "2027-10-31", "2027-11-01") == [
        ("10-31 00:30", "10-31 01:00"),
        ("10-31 01:30", "10-31 02:00"),
    ]


@pytest.mark.parametrize(
    ("day", "state", "is_shared"),
    [
        ("2027-05-06", "NI", True),  # Ascension Day
        ("2027-10-31", "NI", True),  # a Sunday besides
        ("2028-10-31", "NI", True),  # Reformation Day, a Tuesday
        ("2028-10-31", "BW", False),
        ("2027-05-27", "NI", False),  # Corpus Christi
        ("2027-05-27", "NW", True),
        ("2027-05-27", None, False),
        ("2027-12-24", "NI", True),
        ("2028-12-24", "NI", True),
        ("2027-12-23", "NI", False),
    ],
)
def test_holidays_are_those_of_the_citys_state(day: str, state: str | None, is_shared: bool) -> None:
    free_days = shared(SharingWindow(days=WEEKEND, dates=("12-24",), holidays=True), state=state)
    assert free_days.covers(Period(at(f"{day}T08:00"), at(f"{day}T20:00")), NOW) is is_shared


def test_a_window_may_leave_holidays_out() -> None:
    mornings = shared(SharingWindow(days=WORKDAYS, from_="06:00", to="08:00", holidays=False))
    assert openings(mornings, "2027-05-05", "2027-05-08") == [
        ("05-05 04:00", "05-05 06:00"),
        ("05-07 04:00", "05-07 06:00"),
    ]


def test_a_season_counts_by_the_day_on_which_the_window_opens() -> None:
    summer = shared(
        SharingWindow(from_="20:00", to="06:00", start_date=date(2027, 6, 5), end_date=date(2027, 6, 7)),
    )
    assert openings(summer, "2027-06-01", "2027-06-10") == [
        ("06-05 18:00", "06-06 04:00"),
        ("06-06 18:00", "06-07 04:00"),
    ]


def test_what_is_wrong_with_windows_says_where() -> None:
    wrong = SharingWindow(
        from_="24:00", to="9", dates=("02-30", "02-29"), start_date=date(2027, 6, 5), end_date=date(2027, 6, 5)
    )
    assert [pointer for pointer, _ in faults((EVENINGS, wrong))] == ["/1/to", "/1/from", "/1/dates", "/1/end_date"]
    assert faults((EVENINGS, WEEKENDS)) == ()


def test_a_period_is_shared_that_lies_in_one_opening_as_a_whole() -> None:
    evenings = shared(EVENINGS)
    assert evenings.covers(Period(at("2027-06-01T17:00"), at("2027-06-02T07:00")), NOW)
    assert not evenings.covers(Period(at("2027-06-01T16:59"), at("2027-06-02T07:00")), NOW)
    assert not evenings.covers(Period(at("2027-06-01T17:00"), at("2027-06-02T07:01")), NOW)
    assert not evenings.covers(Period(at("2027-06-01T18:00"), at("2027-06-02T18:00")), NOW)
    assert not shared().covers(Period(at("2027-06-01T18:00"), at("2027-06-01T19:00")), NOW)


def test_what_the_pool_leaves_free_is_released_a_while_after_its_own_time_began() -> None:
    evenings = replace(shared(EVENINGS), release_after_s=1800)
    before, since = at("2027-06-02T07:29"), at("2027-06-02T07:30")
    morning = Period(at("2027-06-02T08:00"), at("2027-06-02T10:00"))
    into_the_evening = Period(at("2027-06-02T16:00"), at("2027-06-02T20:00"))
    for period in (morning, into_the_evening):
        assert [evenings.covers(period, now) for now in (before, since)] == [False, True]
    assert evenings.released(since) == Period(since, at("2027-06-02T17:00"))
    assert not evenings.covers(Period(at("2027-06-02T16:00"), at("2027-06-03T07:30")), since)
    assert not evenings.covers(Period(at("2027-06-03T08:00"), at("2027-06-03T10:00")), since), (
        "tomorrow is not over yet"
    )
    assert evenings.released(at("2027-06-02T18:00")) is None
    assert replace(shared(), release_after_s=0).released(since) is None
    assert shared(EVENINGS).released(since) is None


def test_it_stays_open_until_the_window_closes() -> None:
    evenings, far = shared(EVENINGS), at("2027-06-08T00:00")
    closes = at("2027-06-02T07:00")
    assert evenings.open_until(at("2027-06-01T18:00"), far) == closes
    assert evenings.open_until(at("2027-06-01T18:00"), at("2027-06-01T20:00")) == at("2027-06-01T20:00")
    assert evenings.open_until(closes, far) == closes
    assert evenings.open_until(closes, closes) == closes


def test_the_next_opening_is_long_enough_and_ends_in_time() -> None:
    evenings, noon = shared(EVENINGS), at("2027-06-01T12:00")
    hour, day_long = timedelta(hours=1), timedelta(hours=15)
    opens = at("2027-06-01T17:00")
    assert evenings.next_opening(Period(noon, noon + hour), noon + timedelta(days=7)) == Period(opens, opens + hour)
    assert evenings.next_opening(Period(noon, noon + day_long), noon + timedelta(days=7)) is None
    assert evenings.next_opening(Period(noon, noon + hour), opens + MINUTE) is None
    assert evenings.next_opening(Period(noon, noon + hour), noon) is None


# -- minute by minute

CLOCK = st.sampled_from(["00:00", "01:59", "02:00", "02:20", "03:00", "07:07", "17:00", "23:59"])
WINDOWS = st.builds(
    SharingWindow,
    days=st.lists(st.sampled_from(WEEK), unique=True, max_size=4).map(tuple),
    from_=CLOCK,
    to=CLOCK | st.just("24:00"),
    dates=st.sampled_from([(), ("10-31",), ("2027-03-28", "05-06")]),
    holidays=st.sampled_from([None, True, False]),
    start_date=st.sampled_from([None, date(2027, 3, 28)]),
    end_date=st.sampled_from([None, date(2027, 10, 31)]),
)
# Both nights of the clock, Easter, Ascension Day, the turn of the year.
DAYS = st.sampled_from(["2027-03-27", "2027-03-29", "2027-05-05", "2027-10-30", "2027-12-31"])


def is_open(windows: tuple[SharingWindow, ...], shown: datetime) -> bool:
    """Read off the clock, with nothing of what is tested."""

    def opens_on(window: SharingWindow, day: date) -> bool:
        season = (window.start_date or date.min) <= day < (window.end_date or date.max)
        if window.holidays is not None and is_holiday(day, "NI"):
            return season and window.holidays
        named = WEEK[day.weekday()] in window.days or f"{day}" in window.dates or f"{day}"[5:] in window.dates
        none_named = not window.days and not window.dates and window.holidays is not True
        return season and (named or none_named)

    clock, today = f"{shown:%H:%M}", shown.date()
    yesterday = today - timedelta(days=1)
    for window in windows:
        over_midnight = window.to <= window.from_
        if window.from_ <= clock and (over_midnight or clock < window.to) and opens_on(window, today):
            return True
        if over_midnight and clock < window.to and opens_on(window, yesterday):
            return True
    return False


@settings(deadline=None)
@given(
    windows=st.lists(WINDOWS, max_size=3).map(tuple),
    first=DAYS,
    offset=st.integers(0, 1440),
    length=st.integers(1, 1600),
)
def test_openings_are_what_the_clock_shows_minute_by_minute(
    windows: tuple[SharingWindow, ...], first: str, offset: int, length: int
) -> None:
    start = at(f"{first}T00:00") + offset * MINUTE
    period = Period(start, start + length * MINUTE)
    sharing = shared(*windows)

    found = sharing.openings(period)

    minutes = [start + n * MINUTE for n in range(length)]
    shown = [is_open(windows, minute.astimezone(ZoneInfo(BERLIN))) for minute in minutes]
    assert [any(each.start <= minute < each.end for each in found) for minute in minutes] == shown
    assert all(a.end < b.start for a, b in pairwise(found)), "in order, and none goes on in the next"
    assert sharing.covers(period, NOW) is all(shown)
    closed = shown.index(False) if False in shown else length
    assert sharing.open_until(start, period.end) == start + closed * MINUTE


def test_the_hours_of_a_year_add_up() -> None:
    """Every evening and weekend of a year with 365 days and 8760 hours, in which two nights make up for each other."""
    office = SharingWindow(days=WORKDAYS, from_="07:00", to="17:00")
    year = Period(at("2027-01-01T00:00"), at("2028-01-01T00:00"))
    total: Any = timedelta()
    for windows in (
        (office,),
        (EVENINGS, SharingWindow(days=WEEKEND), SharingWindow(days=(Weekday.SUNDAY,), from_="17:00", to="07:00")),
    ):
        total += sum((each.length for each in shared(*windows).openings(year)), timedelta())
    assert total == timedelta(days=365)
