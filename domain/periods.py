"""Time: instants are aware, periods half-open; and how many months lie at most between two looks at something."""

import calendar
from datetime import date, datetime, timedelta

from msgspec import Struct


class Period(Struct, frozen=True, order=True):
    """A half-open span of time, [start, end), in aware datetimes. Raises ValueError for anything else."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a period needs aware times")
        if not self.start < self.end:
            raise ValueError("a period ends after it starts")

    def overlaps(self, other: "Period") -> bool:
        return self.start < other.end and other.start < self.end

    def widened(self, before: timedelta, after: timedelta) -> "Period":
        return Period(self.start - before, self.end + after)

    @property
    def length(self) -> timedelta:
        return self.end - self.start


class Interval(Struct, frozen=True):
    """So many months at most, as the rule has it `since` a day. Some count to the end of the month, as the plaque does."""

    months: int
    since: date
    source: str
    to_the_end_of_the_month: bool = False

    def last_day(self, done_on: date) -> date:
        month = done_on.month - 1 + self.months
        year, month = done_on.year + month // 12, month % 12 + 1
        longest = calendar.monthrange(year, month)[1]
        return date(year, month, longest if self.to_the_end_of_the_month else min(done_on.day, longest))
