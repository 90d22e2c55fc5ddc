"""Hours of the night in which nobody is written to without need: from one time of the city's clock to another.

Where the clocks go forward, a time that the night has not is taken with the offset from before the gap, as RFC 5545,
section 3.3.5, has it. Where they go back, the hours begin at the first and end at the last of two equal times: a night is
never quiet twice.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from domain.periods import Period

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
DAY = timedelta(days=1)


class QuietHours(Struct, frozen=True):
    """Times of the city's clock, as in `22:00`; `start` lies in them, `end` does not, and is the next day's where it is no
    later than the start."""

    start: str = "22:00"
    end: str = "07:00"

    def faults(self) -> list[str]:
        if not (CLOCK.fullmatch(self.start) and CLOCK.fullmatch(self.end)):
            return ["notices.quiet goes from 00:00 to 23:59, as in 22:00"]
        return ["notices.quiet ends at another time than it begins"] if self.start == self.end else []

    def around(self, at: datetime, zone: tzinfo) -> Period | None:
        """The quiet hours in which the instant lies, in UTC; None outside of them."""
        today = at.astimezone(zone).date()
        for day in (today - DAY, today):
            start, end = self._beginning_on(day, zone)
            if start <= at < end:
                return Period(start, end)
        return None

    def _beginning_on(self, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
        start, end = time.fromisoformat(self.start), time.fromisoformat(self.end)
        ends_on = day if start < end else day + DAY
        last = max(datetime.combine(ends_on, end, zone).astimezone(UTC), _second(ends_on, end, zone))
        return datetime.combine(day, start, zone).astimezone(UTC), last


def _second(day: date, clock: time, zone: tzinfo) -> datetime:
    """Of two equal times the later; where the clocks go forward, a time of before the gap."""
    return datetime.combine(day, clock.replace(fold=1), zone).astimezone(UTC)
