"""Time: instants are aware, periods half-open."""

from datetime import datetime, timedelta

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
