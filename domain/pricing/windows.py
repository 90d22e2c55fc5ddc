"""Windows of a tariff: at which times on which days another price counts, by what the clock shows at the place."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
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


class Window(Struct, frozen=True, omit_defaults=True):
    """Between `from` and `to` (`"08:00"`, `"24:00"`), on the named days, a unit costs `gross`.

    Where `to` is not after `from` it is that time of the next day, and the whole window belongs to the day on which it
    begins. The days are those of `days`, of `dates` (`"12-24"` every year, `"2027-05-02"` once) and, with `holidays`
    true, the holidays; all days where none is named. With `holidays` false it does not count on holidays.
    """

    gross: Decimal
    name: str = ""
    days: tuple[Weekday, ...] = ()
    from_: str = field(name="from", default="00:00")
    to: str = "24:00"
    dates: tuple[str, ...] = ()
    holidays: bool | None = None

    def faults(self) -> list[str]:
        faults = [f"{name}: {said!r} is no time such as 08:00" for name, said in self._times() if not _is_time(said)]
        if self.from_ == "24:00":
            faults.append("from: 24:00 is where a day ends")
        faults += [f"dates: {said!r} is no day such as 12-24 or 2027-12-24" for said in self.dates if not _is_day(said)]
        return faults

    def _times(self) -> tuple[tuple[str, str], ...]:
        return (("from", self.from_), ("to", self.to))

    def counts(self, at: datetime, state: str | None) -> bool:
        """Whether it counts at an instant, given by the clock of the place."""
        begins, ends = _minutes(self.from_), _minutes(self.to)
        shown = at.hour * 60 + at.minute
        if begins < ends:
            return begins <= shown < ends and self._is_on(at.date(), state)
        if shown >= begins:
            return self._is_on(at.date(), state)
        return shown < ends and self._is_on(at.date() - DAY, state)

    def _is_on(self, day: date, state: str | None) -> bool:
        if self.holidays is not None and is_holiday(day, state):
            return self.holidays
        if not self.days and not self.dates:
            return self.holidays is not True
        return WEEK[day.weekday()] in self.days or f"{day:%m-%d}" in self.dates or f"{day:%Y-%m-%d}" in self.dates


def at_rest(start: datetime, end: datetime, windows: Sequence[Window], zone: ZoneInfo) -> list[datetime]:
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
