"""The months of a city's books: they close once they are over, one after the other, and stay closed."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.identity import PersonId
from domain.refusals import Refusal


class NotClosable(StrEnum):
    MONTH_NOT_OVER = "month_not_over"


class ClosedMonth(Struct, frozen=True):
    """`month` is its first day. All before it are closed with it."""

    month: date
    closed_at: datetime
    closed_by: PersonId


def following(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def closing_of(month: date, closed: Sequence[ClosedMonth]) -> ClosedMonth | None:
    """With which the month was closed, the earliest of them; None while it is open."""
    return min((each for each in closed if each.month >= month), key=lambda each: each.month, default=None)


def close(
    month: date, closed: Sequence[ClosedMonth], zone: ZoneInfo, by: PersonId, now: datetime
) -> ClosedMonth | Refusal[NotClosable]:
    """The closing, that of before where there was one. What happens in the month from now on belongs to the next."""
    known = closing_of(month, closed)
    if known is not None:
        return known
    if now < datetime.combine(following(month), time(), zone):
        return Refusal(NotClosable.MONTH_NOT_OVER)
    return ClosedMonth(month, now, by)
