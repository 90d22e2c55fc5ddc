"""Windows: at which times on which days something counts, by what the clock shows at the place; another price, to begin
with."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from domain.holidays import is_holiday

DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
EVERY_YEAR = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


class Weekday(StrEnum):
    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


WEEK = tuple(Weekday)


class Hours(Protocol):
    """Between `from` and `to` (`"08:00"`, `"24:00"`), on the named days.

    Where `to` is not after `from` it is that time of the next day, and the whole belongs to the day on which it begins. The
    days are those of `days`, of `dates` (`"12-24"` every year, `"2027-05-02"` once) and, with `holidays` true, the holidays;
    all days where none is named. With `holidays` false it does not count on holidays.
    """

    @property
    def days(self) -> tuple[Weekday, ...]: ...
    @property
    def from_(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def dates(self) -> tuple[str, ...]: ...
    @property
    def holidays(self) -> bool | None: ...


class Window(Struct, frozen=True, omit_defaults=True):
    """At these hours a unit costs `gross`."""

    gross: Decimal
    name: str = ""
    days: tuple[Weekday, ...] = ()
    from_: str = field(name="from", default="00:00")
    to: str = "24:00"
    dates: tuple[str, ...] = ()
    holidays: bool | None = None

    def faults(self) -> list[str]:
        return [f"{name}: {fault}" for name, fault in faults_of(self)]

    def counts(self, at: datetime, state: str | None) -> bool:
        """Whether it counts at an instant, given by the clock of the place."""
        day = day_of(self, at)
        return day is not None and is_on(self, day, state)


def faults_of(hours: Hours) -> list[tuple[str, str]]:
    """What is wrong with them, each with the field that it is about."""
    said = (("from", hours.from_), ("to", hours.to))
    faults = [(name, f"{time!r} is no time such as 08:00") for name, time in said if not _is_time(time)]
    if hours.from_ == "24:00":
        faults.append(("from", "24:00 is where a day ends"))
    wrong = [date for date in hours.dates if not _is_day(date)]
    return faults + [("dates", f"{date!r} is no day such as 12-24 or 2027-12-24") for date in wrong]


def day_of(hours: Hours, at: datetime) -> date | None:
    """The day to which these hours belong if the clock shows `at`; None where it shows another time."""
    begins, ends = _minutes(hours.from_), _minutes(hours.to)
    shown = at.hour * 60 + at.minute
    if begins < ends:
        return at.date() if begins <= shown < ends else None
    if shown >= begins:
        return at.date()
    return at.date() - DAY if shown < ends else None


def is_on(hours: Hours, day: date, state: str | None) -> bool:
    """Whether they count on that day, which is a holiday or none by the law of the state."""
    if hours.holidays is not None and is_holiday(day, state):
        return hours.holidays
    if not hours.days and not hours.dates:
        return hours.holidays is not True
    return WEEK[day.weekday()] in hours.days or f"{day:%m-%d}" in hours.dates or f"{day:%Y-%m-%d}" in hours.dates


def at_rest(start: datetime, end: datetime, windows: Sequence[Hours], zone: ZoneInfo) -> list[datetime]:
    """Instants in UTC that cut [start, end) into pieces in each of which the same window counts throughout.

    What the clock shows decides, so a time that comes twice in an October night counts twice, and one that a March
    night leaves out not at all. On such a day every quarter of an hour is a cut: at one of them the clock jumps.
    """
    times = {time(0)} | {_time(said) for window in windows for said in (window.from_, window.to)}
    cuts = {start, end}
    day = start.astimezone(zone).date()
    while (midnight := local(day, time(0), zone)) < end:
        shown = [local(day, at, zone, fold) for at in times for fold in (0, 1)]
        next_midnight = local(day + DAY, time(0), zone)
        if next_midnight - midnight != DAY:
            shown += [midnight + n * QUARTER for n in range((next_midnight - midnight) // QUARTER)]
        cuts.update(cut for cut in shown if start < cut < end)
        day += DAY
    return sorted(cuts)


def local(day: date, at: time, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The instant, in UTC, at which the clock of the place shows that time on that day; `fold` 1 is the second time."""
    return datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC)


def same_time(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, so many days later by the calendar at which the clock shows the time of `start` again."""
    shown = start.astimezone(zone)
    return local(shown.date() + days * DAY, shown.time(), zone, shown.fold)


@lru_cache(maxsize=1024)
def _minutes(said: str) -> int:
    hours, minutes = said.split(":")
    return int(hours) * 60 + int(minutes)


def _time(said: str) -> time:
    hours, minutes = divmod(_minutes(said) % 1440, 60)
    return time(hours, minutes)


def _is_time(said: str) -> bool:
    return CLOCK.fullmatch(said) is not None


def _is_day(said: str) -> bool:
    if EVERY_YEAR.fullmatch(said):
        said = f"2028-{said}"  # a leap year: 29 February is a day
    try:
        return date.fromisoformat(said).isoformat() == said
    except ValueError:
        return False
