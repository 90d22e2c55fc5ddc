"""When a series takes place, by the clock of the city."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fleet.series import NotASeries
from domain.periods import Period
from domain.refusals import Refusal
from services.fleet.recurring import occurrences
from tests.examples import BERLIN

ZONE = ZoneInfo(BERLIN)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def at(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=ZONE).astimezone(UTC)


def found(rule: str, start: str, end: str, **more: Any) -> tuple[Period, ...]:
    outcome = occurrences(rule, Period(at(start), at(end)), BERLIN, **more)
    assert not isinstance(outcome, Refusal), outcome
    return outcome


def shown(rule: str, start: str, end: str, **more: Any) -> list[str]:
    """Starts and ends by the clock of the city."""
    return [
        f"{each.start.astimezone(ZONE):%m-%d %H:%M} {each.end.astimezone(ZONE):%H:%M}"
        for each in found(rule, start, end, **more)
    ]


def test_the_time_of_the_day_stays_when_summer_time_begins_and_ends() -> None:
    assert shown("FREQ=WEEKLY;COUNT=3", "2027-03-21T08:00", "2027-03-21T10:00") == [
        "03-21 08:00 10:00",
        "03-28 08:00 10:00",
        "04-04 08:00 10:00",
    ]
    autumn = found("FREQ=DAILY;COUNT=3", "2027-10-30T08:00", "2027-10-30T10:00")
    assert [each.start.hour for each in autumn] == [6, 7, 7]


def test_nights_are_as_long_as_the_clock_makes_them() -> None:
    nights = found("FREQ=DAILY;COUNT=2", "2027-03-26T22:00", "2027-03-27T06:00")
    assert [each.length for each in nights] == [timedelta(hours=8), timedelta(hours=7)]


def test_a_time_that_the_clock_leaves_out_comes_an_hour_later() -> None:
    assert shown("FREQ=DAILY;COUNT=2", "2027-03-27T02:10", "2027-03-27T02:50") == [
        "03-27 02:10 02:50",
        "03-28 03:10 03:50",
    ]
    assert shown("FREQ=DAILY;COUNT=2", "2027-03-27T02:30", "2027-03-27T03:00")[1] == "03-28 03:30 04:00"


def test_rules_name_weekdays_months_and_last_days() -> None:
    assert shown("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3", "2027-06-01T08:00", "2027-06-01T09:00") == [
        "06-01 08:00 09:00",
        "06-03 08:00 09:00",
        "06-08 08:00 09:00",
    ]
    assert [each[:5] for each in shown("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "2027-06-25T08:00", "2027-06-25T09:00")] == [
        "06-25",
        "07-30",
        "08-27",
    ]


def test_until_is_the_last_day_in_the_city() -> None:
    late = shown("FREQ=DAILY;UNTIL=20270603", "2027-06-01T23:30", "2027-06-01T23:50")
    assert late == ["06-01 23:30 23:50", "06-02 23:30 23:50", "06-03 23:30 23:50"]


def test_holidays_of_the_state_are_left_out_where_that_is_asked_for() -> None:
    rule, first = "FREQ=WEEKLY;BYDAY=TH;COUNT=3", ("2027-04-29T08:00", "2027-04-29T09:00")
    assert [each[:5] for each in shown(rule, *first, holidays_in="NI", skip_holidays=True)] == ["04-29", "05-13"]
    assert [each[:5] for each in shown(rule, *first, holidays_in="NI")] == ["04-29", "05-06", "05-13"]
    reformation = "FREQ=WEEKLY;COUNT=2", "2028-10-24T08:00", "2028-10-24T09:00"
    assert [len(found(*reformation, holidays_in=state, skip_holidays=True)) for state in ("NI", "BW")] == [1, 2]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("FREQ=WEEKLY", NotASeries.RULE_WITHOUT_END),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20270701", NotASeries.RULE_INVALID),
        ("FREQ=WEEKLY;COUNT=2;COUNT=3", NotASeries.RULE_INVALID),
        ("FREQ=HOURLY;COUNT=2", NotASeries.RULE_INVALID),
        ("RRULE:FREQ=DAILY;COUNT=2", NotASeries.RULE_INVALID),
        ("FREQ=DAILY;COUNT=2\nFREQ=DAILY;COUNT=2", NotASeries.RULE_INVALID),
        ("FREQ=DAILY;UNTIL=20270230", NotASeries.RULE_INVALID),
        ("FREQ=MONTHLY;BYMONTHDAY=45;COUNT=2", NotASeries.RULE_INVALID),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=31;COUNT=2", NotASeries.RULE_INVALID),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO;COUNT=2", NotASeries.RULE_INVALID),
        ("FREQ=WEEKLY;BYDAY=1MO;COUNT=2", NotASeries.RULE_INVALID),
        ("FREQ=WEEKLY;BYMONTHDAY=1;COUNT=2", NotASeries.RULE_INVALID),
        ("FREQ=MONTHLY;BYSETPOS=1;COUNT=2", NotASeries.RULE_INVALID),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;COUNT=2", NotASeries.NO_OCCURRENCES),
        ("COUNT=2", NotASeries.RULE_INVALID),
        ("FREQ=WEEKLY;INTERVAL=1٢;COUNT=2", NotASeries.RULE_INVALID),
        ("FREQ=DAILY;UNTIL=20270501", NotASeries.NO_OCCURRENCES),
        ("FREQ=DAILY;COUNT=101", NotASeries.TOO_MANY_OCCURRENCES),
        ("FREQ=DAILY;UNTIL=20280601", NotASeries.TOO_MANY_OCCURRENCES),
        ("FREQ=YEARLY;COUNT=3", NotASeries.RULE_INVALID),
        ("FREQ=WEEKLY;UNTIL=20280602", NotASeries.TOO_MANY_OCCURRENCES),
        ("FREQ=MONTHLY;COUNT=15", NotASeries.TOO_MANY_OCCURRENCES),
    ],
)
def test_what_is_no_rule_for_trips_is_refused(rule: str, reason: NotASeries) -> None:
    first = Period(at("2027-06-01T08:00"), at("2027-06-01T09:00"))
    assert occurrences(rule, first, BERLIN) == Refusal(reason, "/rrule")


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY;BYDAY=MO;COUNT=4", "FREQ=MONTHLY;BYMONTHDAY=2;UNTIL=20271001"])
def test_a_start_that_the_rule_does_not_name_is_refused_and_not_dropped(rule: str) -> None:
    first = Period(at("2027-06-01T08:00"), at("2027-06-01T09:00"))
    assert occurrences(rule, first, BERLIN) == Refusal(NotASeries.START_NOT_NAMED, "/start")


@given(
    first=st.dates(date(2027, 1, 1), date(2027, 12, 1)),
    minute=st.integers(3 * 60, 23 * 60),
    length=st.integers(15, 2000),
    days=st.sets(st.sampled_from(range(7)), min_size=1, max_size=4),
    count=st.integers(1, 40),
)
def test_a_weekly_series_is_every_such_day_at_the_same_time(
    first: date, minute: int, length: int, days: set[int], count: int
) -> None:
    """Told day by day, where the rule names the first; no time of it lies in the hours at which the clock jumps."""
    opens = datetime.combine(first, datetime.min.time()) + timedelta(minutes=minute)
    closes = opens + timedelta(minutes=length)
    if closes.hour < 3:
        closes = closes.replace(hour=3)
    expected: list[tuple[datetime, datetime]] = []
    day = first
    while len(expected) < count:
        if day.weekday() in days:
            expected.append((opens + (day - first), closes + (day - first)))
        day += timedelta(days=1)

    rule = f"FREQ=WEEKLY;BYDAY={','.join(DAYS[each] for each in sorted(days))};COUNT={count}"
    outcome = occurrences(rule, Period(opens.replace(tzinfo=ZONE), closes.replace(tzinfo=ZONE)), BERLIN)

    if first.weekday() not in days:
        assert isinstance(outcome, Refusal)
    elif (expected[-1][0] - opens).days > 366:
        assert outcome == Refusal(NotASeries.TOO_MANY_OCCURRENCES, "/rrule")
    else:
        assert not isinstance(outcome, Refusal)
        told = [(each.start.astimezone(ZONE), each.end.astimezone(ZONE)) for each in outcome]
        assert [(start.replace(tzinfo=None), end.replace(tzinfo=None)) for start, end in told] == expected
