"""What is had by the month without a set end (Abo): what a city publishes of it, and what of that is frozen into a booking."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.periods import Period
from domain.pricing.timing import months_between, plus_months


class SubscriptionPolicy(Struct, frozen=True, omit_defaults=True):
    """What is had by the month without a set end (Abo): for `minimum_months` at least, then until it is ended by notice, with a month of
    its own, `notice_months` after that at the earliest. See decision 61 for what consumers' law has to say to it."""

    minimum_months: int
    notice_months: int = 1


class NoticeBy(StrEnum):
    HOLDER = "holder"
    CITY = "city"


class Notice(Struct, frozen=True):
    given_at: datetime
    by: NoticeBy


class Subscription(Struct, frozen=True):
    """See `SubscriptionPolicy`; months are counted from the start, by the clock of the place. With a `notice` the booking's end is the
    last; without one it is how far ahead the time is claimed."""

    minimum_months: int
    notice_months: int
    time_zone: str
    notice: Notice | None = None

    def after(self, start: datetime, months: int) -> datetime:
        """The end of so many months."""
        return plus_months(start, months, self.time_zone)

    def months(self, start: datetime, end: datetime) -> int:
        """How many months that is; what was begun counts."""
        return months_between(Period(start, end), self.time_zone) if end > start else 0

    def claimed_at_first(self, start: datetime) -> datetime:
        """Until when its time is claimed at its beginning."""
        return self.after(start, self.minimum_months + self.notice_months)
