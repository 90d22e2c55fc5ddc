"""What time costs: started steps from the start on, at the price of the window in which they run, within the caps."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.money import minor_units, shared
from domain.periods import Period
from domain.pricing.tariffs import LENGTH, Tariff, TimePrice, TimeUnit
from domain.pricing.windows import DAY, Window, at_rest, local, same_time

MINUTE, SECOND, INSTANT = timedelta(minutes=1), timedelta(seconds=1), timedelta.resolution


class Timed(Struct, frozen=True):
    """An item of a quote: `gross` in minor units; `window` is the name of the tariff's window where it has one."""

    quantity: Decimal
    unit: str
    gross: int
    window: str = ""


class _Bucket(Struct, frozen=True):
    """What one cap covers: the time spent at each price, by the number of its window, None outside of all; and the number
    of the week from the start to which it belongs."""

    spent: dict[int | None, timedelta]
    price: Fraction
    week: int


def priced_time(tariff: Tariff, period: Period, time_zone: str) -> list[Timed]:
    """The items for a period under the tariff's price of time.

    The exact amount is rounded once, half up, and the items share it; so a longer use never costs less.
    """
    price, zone = tariff.time, ZoneInfo(time_zone)
    if price is None:
        return []
    if price.per is TimeUnit.MONTH:
        months = months_between(period, time_zone)
        return [Timed(Decimal(months), "month", months * minor_units(price.gross))]
    if price.per is TimeUnit.DAY:
        days = _days_begun(period, zone)
        return [Timed(Decimal(days), "day", minor_units(price.gross * days))]
    if price.grace_minutes and period.length <= price.grace_minutes * MINUTE:
        return []
    return _at_one_price(price, period) or _within_caps(price, _buckets(price, period, zone, tariff.holidays_in))


def _at_one_price(price: TimePrice, period: Period) -> list[Timed]:
    """The common case without exact fractions: whole units, and no cap is reached, not even by all of them together."""
    if price.windows or price.step_s is not None or price.free_minutes:
        return []
    units = -(-period.length // LENGTH[price.per])
    gross = price.gross * units
    return (
        [Timed(Decimal(units), price.per.value, minor_units(gross))] if all(gross <= cap for cap in price.caps) else []
    )


def months_between(period: Period, time_zone: str) -> int:
    """Started months of a period by the local calendar: from the 31st, a month ends on the last day of the next."""
    zone = ZoneInfo(time_zone)
    start, end = period.start.astimezone(zone), period.end.astimezone(zone)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if _plus_months(start, months) >= end else months + 1


def plus_months(start: datetime, months: int, time_zone: str) -> datetime:
    """So many months later by the local calendar and the local clock, in UTC."""
    return _plus_months(start.astimezone(ZoneInfo(time_zone)), months).astimezone(UTC)


def _plus_months(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    first = start.replace(year=year, month=month + 1, day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    last_day = (following - DAY).day
    return first.replace(day=min(start.day, last_day))


def _days_begun(period: Period, zone: ZoneInfo) -> int:
    days = max((period.end.astimezone(zone).date() - period.start.astimezone(zone).date()).days, 1)
    return days if same_time(period.start, days, zone) >= period.end else days + 1


def _buckets(price: TimePrice, period: Period, zone: ZoneInfo, state: str | None) -> list[_Bucket]:
    """The paid time, cut where a cap ends. What the last step runs over the end belongs to the last of them."""
    start = period.start + price.free_minutes * MINUTE
    if start >= period.end:
        return []
    end = start - (start - period.end) // price.step * price.step  # the division rounds down, and so the end up
    cuts = [start, *(cut for cut in _cap_ends(price, period, zone) if start < cut < period.end), end]
    weeks = list(_week_ends(period, zone)) if price.cap_per_week is not None else []
    return [
        _bucket(price, Period(since, until), zone, state, sum(week <= since for week in weeks))
        for since, until in pairwise(cuts)
    ]


def _cap_ends(price: TimePrice, period: Period, zone: ZoneInfo) -> Iterator[datetime]:
    first = period.start.astimezone(zone).date()
    days = (period.end.astimezone(zone).date() - first).days
    if price.cap_per_day is not None:
        yield from (same_time(period.start, day, zone) for day in range(1, days + 1))
    elif price.cap_per_date is not None:
        yield from (local(first + day * DAY, time(0), zone) for day in range(1, days + 1))
    elif price.cap_per_week is not None:
        yield from _week_ends(period, zone)


def _week_ends(period: Period, zone: ZoneInfo) -> Iterator[datetime]:
    days = (period.end.astimezone(zone).date() - period.start.astimezone(zone).date()).days
    yield from (same_time(period.start, day, zone) for day in range(7, days + 1, 7))


def _bucket(price: TimePrice, piece: Period, zone: ZoneInfo, state: str | None, week: int) -> _Bucket:
    if not price.windows:
        return _Bucket({None: piece.length}, _of(price.gross, piece.length, price), week)
    cuts = at_rest(piece.start, piece.end, price.windows, zone)
    spent: dict[int | None, timedelta] = {}
    for piece_start, piece_end in pairwise(cuts):
        number = _window(price.windows, piece_start.astimezone(zone), state)
        spent[number] = spent.get(number, timedelta()) + (piece_end - piece_start)
    total = sum((_of(_gross(price, number), length, price) for number, length in spent.items()), Fraction())
    return _Bucket(spent, total, week)


def _window(windows: tuple[Window, ...], shown: datetime, state: str | None) -> int | None:
    return next((number for number, window in enumerate(windows) if window.counts(shown, state)), None)


def _gross(price: TimePrice, window: int | None) -> Decimal:
    return price.gross if window is None else price.windows[window].gross


def _of(gross: Decimal, length: timedelta, price: TimePrice) -> Fraction:
    """What so much time costs, in major units and exactly."""
    return Fraction(gross) * Fraction(length // INSTANT, LENGTH[price.per] // INSTANT)


def _within_caps(price: TimePrice, buckets: list[_Bucket]) -> list[Timed]:
    cap = price.cap_per_day if price.cap_per_day is not None else price.cap_per_date
    day = Fraction(cap) if cap is not None else None
    weeks, left = _capped_weeks(price, buckets, day)
    whole_days = 0
    spent: dict[int | None, timedelta] = {}
    for bucket in left:
        if day is not None and bucket.price > day:
            whole_days += 1
            continue
        for number, length in bucket.spent.items():
            spent[number] = spent.get(number, timedelta()) + length
    capped = [("week", weeks, Fraction(price.cap_per_week or 0)), ("day", whole_days, day or Fraction())]
    capped = [each for each in capped if each[1]]
    exact = [count * most for _, count, most in capped]
    exact += [_of(_gross(price, number), length, price) for number, length in spent.items()]
    scale = math.lcm(*(amount.denominator for amount in exact))
    amounts = iter(shared(minor_units(sum(exact, Fraction())), [int(amount * scale) for amount in exact]))
    items = [Timed(Decimal(count), unit, next(amounts)) for unit, count, _ in capped]
    return items + [_timed(price, number, length, next(amounts)) for number, length in spent.items()]


def _capped_weeks(price: TimePrice, buckets: list[_Bucket], day: Fraction | None) -> tuple[int, list[_Bucket]]:
    """How many weeks from the start cost their cap, and what is not in one of them."""
    if price.cap_per_week is None:
        return 0, buckets
    by_week: dict[int, list[_Bucket]] = {}
    for bucket in buckets:
        by_week.setdefault(bucket.week, []).append(bucket)
    most = Fraction(price.cap_per_week)
    full = {
        week
        for week, found in by_week.items()
        if sum(bucket.price if day is None else min(bucket.price, day) for bucket in found) > most
    }
    return len(full), [bucket for bucket in buckets if bucket.week not in full]


def _timed(price: TimePrice, window: int | None, length: timedelta, gross: int) -> Timed:
    """In the tariff's unit where it is a whole number of them, else in minutes or seconds."""
    units = ((LENGTH[price.per], price.per.value), (MINUTE, "min"), (SECOND, "s"))
    unit, name = next((unit, name) for unit, name in units if not length % unit or unit is SECOND)
    return Timed(Decimal(length // unit), name, gross, price.windows[window].name if window is not None else "")
