"""When a pool's vehicles are shared with residents: windows by the clock of the city, and nothing outside of them.

Whoever works in the pool may always have them. Residents may have them for a period that lies in one opening as a whole;
the time that a vehicle needs before and after it may reach beyond.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from domain.periods import Period
from domain.pricing.windows import Weekday, at_rest, day_of, faults_of, is_on

LOOKED_AROUND = timedelta(days=8)
"""For where the pool's own time began: what is not shared in more than a week is not released."""


class SharingWindow(Struct, frozen=True, omit_defaults=True):
    """Hours (as `domain.pricing.windows.Hours`) in which vehicles are shared: from `start_date` on and before `end_date`, by
    the day on which the hours begin, as OCPI has it of tariffs."""

    days: tuple[Weekday, ...] = ()
    from_: str = field(name="from", default="00:00")
    to: str = "24:00"
    dates: tuple[str, ...] = ()
    holidays: bool | None = None
    start_date: date | None = None
    end_date: date | None = None

    def faults(self) -> tuple[tuple[str, str], ...]:
        """What is wrong with it, each with the field that it is about."""
        found = faults_of(self)
        if self.start_date is not None and self.end_date is not None and self.end_date <= self.start_date:
            found.append(("end_date", "it comes after start_date"))
        return tuple(found)

    def counts(self, shown: datetime, state: str | None) -> bool:
        """Whether it is open while the clock shows that."""
        day = day_of(self, shown)
        return day is not None and self._is_in_season(day) and is_on(self, day, state)

    def _is_in_season(self, day: date) -> bool:
        return (self.start_date is None or self.start_date <= day) and (self.end_date is None or day < self.end_date)


class Sharing(Struct, frozen=True):
    """A pool's windows, with the zone of the city and the state whose holidays count. `version` is that of the windows. What the pool
    has for itself and leaves free is released `release_after_s` after that began, until the next window; None where it never is."""

    windows: tuple[SharingWindow, ...]
    time_zone: str
    holidays_in: str | None = None
    version: int = 1
    release_after_s: int | None = None

    def openings(self, within: Period) -> tuple[Period, ...]:
        """The times inside of a period at which residents may have the vehicles, each as long as it lasts there.

        What the clock shows decides: the hour that an October night has twice is open both times or not at all, and what a
        March night leaves out is not there.
        """
        zone = ZoneInfo(self.time_zone)
        found: list[Period] = []
        for start, end in pairwise(at_rest(within.start, within.end, self.windows, zone)):
            if not self._is_open(start.astimezone(zone)):
                continue
            if found and found[-1].end == start:
                start = found.pop().start  # noqa: PLW2901 - the opening goes on
            found.append(Period(start, end))
        return tuple(found)

    def covers(self, period: Period, now: datetime) -> bool:
        """Whether residents may have the vehicles for all of it, as things are now."""
        opened = self.openings(period)
        if opened == (period,):
            return True
        released = self.released(now)
        if released is None or not released.start <= period.start < released.end:
            return False
        return period.end <= released.end or opened == (Period(released.end, period.end),)

    def released(self, now: datetime) -> Period | None:
        """What is left of the pool's own time that residents may have now, as nobody of the pool came for it."""
        if self.release_after_s is None:
            return None
        around = self.openings(Period(now - LOOKED_AROUND, now + LOOKED_AROUND))
        before = [each.end for each in around if each.end <= now]
        after = [each.start for each in around if each.start > now]
        if not before or len(before) + len(after) < len(around):
            return None
        since = before[-1] + timedelta(seconds=self.release_after_s)
        until = after[0] if after else now + LOOKED_AROUND
        return Period(since, until) if since <= now and since < until else None

    def open_until(self, at: datetime, latest: datetime) -> datetime:
        """Until when they are shared from an instant on, `latest` at most; the instant itself where they are not then."""
        opened = self.openings(Period(at, latest)) if at < latest else ()
        return opened[0].end if opened and opened[0].start == at else at

    def next_opening(self, period: Period, before: datetime) -> Period | None:
        """The first time from the period's start on that is as long and lies in one opening; None where it would end later
        than `before`."""
        if not period.start < before:
            return None
        fits = (each for each in self.openings(Period(period.start, before)) if each.length >= period.length)
        return next((Period(opening.start, opening.start + period.length) for opening in fits), None)

    def _is_open(self, shown: datetime) -> bool:
        return any(window.counts(shown, self.holidays_in) for window in self.windows)


def faults(windows: Sequence[SharingWindow]) -> tuple[tuple[str, str], ...]:
    """What is wrong with the windows, each with the JSON pointer of what it is about inside of them."""
    return tuple((f"/{n}/{name}", said) for n, window in enumerate(windows) for name, said in window.faults())
