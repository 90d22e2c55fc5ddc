"""The end of a month for finance: what it earned and nobody was charged for, and what the bikes lost of their worth."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.money.bikes import Worth
from domain.bike_leasing.money.charging import Charge
from domain.bike_leasing.money.entries import accrual_ended, accrued, depreciated
from domain.ledger.entries import Entry
from domain.money import Money


class Standing(Struct, frozen=True):
    """A bike's time in the books by the ledger's own entries: since it was bought, until it went."""

    worth: Worth
    bought_at: datetime
    gone_at: datetime | None = None

    def stands(self, at: datetime) -> bool:
        """Just before that moment."""
        return self.bought_at < at and (self.gone_at is None or self.gone_at >= at)


class MonthEnd(Struct, frozen=True):
    """`accrued` is net; `book_value` and `residual` are of the bikes that the lessor has at the end of the month."""

    month: date
    accrued: Money
    depreciation: Money
    book_value: Money
    residual: Money
    bikes: int


def month_end(month: date, worths: Iterable[Worth], not_charged: Iterable[Charge]) -> MonthEnd:
    """`not_charged` is what the month's plan has and no run has charged."""
    there = tuple(worths)
    return MonthEnd(
        month,
        Money(sum(each.net.amount for each in not_charged), EUR),
        Money(sum(each.lost_in(month).amount for each in there), EUR),
        Money(sum(each.book_value(month).amount for each in there), EUR),
        Money(sum(each.residual.amount for each in there), EUR),
        len(there),
    )


def closing_entries(
    month: date, closed: date | None, bikes: Sequence[Standing], not_charged: Sequence[Charge], zone: ZoneInfo
) -> tuple[Entry, ...]:
    """What belongs into the months that close with `month`, and is in no entry yet: what bikes lost, and what was earned and no run has
    charged. That is taken back as the next month begins: a run that comes after the closing posts into an open one.

    `closed` is the last month that is closed already. What was posted before is left out by its name.
    """
    found: list[Entry] = []
    for each in _open_months(month, closed, bikes, not_charged, zone):
        over = begins(months_on(each, 1), zone)
        end = month_end(
            each,
            [bike.worth for bike in bikes if bike.stands(over)],
            [charge for charge in not_charged if charge.month <= each],
        )
        last = over - timedelta(seconds=1)
        found += depreciated(each, end.depreciation, last)
        found += accrued(each, end.accrued, last)
        found += accrual_ended(each, end.accrued, over)
    return tuple(found)


def begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _open_months(
    month: date, closed: date | None, bikes: Sequence[Standing], not_charged: Sequence[Charge], zone: ZoneInfo
) -> Iterator[date]:
    known = [each.bought_at.astimezone(zone).date().replace(day=1) for each in bikes]
    known += [each.month for each in not_charged]
    first = min(known, default=months_on(month, 1))
    if closed is not None:
        first = max(first, months_on(closed, 1))
    while first <= month:
        yield first
        first = months_on(first, 1)
