"""What a usage costs under a tariff: `price(tariff, usage) -> Quote`, the face of the pricing engine."""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.money import Money, minor_units, shared, vat_within
from domain.periods import Period
from domain.pricing.tariffs import Tariff, TimePrice, TimeUnit

DAY = timedelta(days=1)
LENGTH = {TimeUnit.MINUTE: timedelta(minutes=1), TimeUnit.HOUR: timedelta(hours=1), TimeUnit.DAY: DAY}


class Usage(Struct, frozen=True):
    """What is or will be used. Energy and distance are estimates before the use and readings after it."""

    period: Period
    time_zone: str
    energy_kwh: Decimal | None = None
    distance_km: Decimal | None = None


class LineKind(StrEnum):
    FLAT = "flat"
    TIME = "time"
    ENERGY = "energy"
    DISTANCE = "distance"


class Line(Struct, frozen=True):
    """One item. `quantity` is a decimal number of `unit`s; `net + vat = gross`, and all lines sum to the quote's totals."""

    kind: LineKind
    description: str
    quantity: Decimal
    unit: str
    vat_rate: Decimal
    net: Money
    vat: Money
    gross: Money


class Quote(Struct, frozen=True):
    """An itemised price. `due_now` is what the booking itself takes: all of it, or the first month of a lease."""

    lines: tuple[Line, ...]
    total: Money
    vat_total: Money
    due_now: Money


class _Item(Struct, frozen=True):
    kind: LineKind
    quantity: Decimal
    unit: str
    gross: int


def price(tariff: Tariff, usage: Usage) -> Quote:
    """Price a usage, itemised. Unknown energy and distance cost nothing yet.

    Value added tax is computed once per rate on the total, rounded half up; the lines share it by largest remainder.
    """
    items: list[_Item] = []
    if tariff.flat is not None:
        items.append(_Item(LineKind.FLAT, Decimal(1), "1", minor_units(tariff.flat)))
    if tariff.time is not None:
        items += _time(tariff.time, usage)
    if tariff.energy is not None and usage.energy_kwh is not None:
        items.append(_Item(LineKind.ENERGY, usage.energy_kwh, "kWh", minor_units(tariff.energy * usage.energy_kwh)))
    if tariff.distance is not None and usage.distance_km is not None:
        items.append(
            _Item(LineKind.DISTANCE, usage.distance_km, "km", minor_units(tariff.distance * usage.distance_km))
        )
    return _quote(tariff, items, _first_instalment(tariff, items))


def waived(quote: Quote) -> Quote:
    """The same use when nobody pays for it here: a municipal trip, charged to its cost centre internally."""
    nothing = Money(0, quote.total.currency)
    lines = tuple(
        Line(line.kind, line.description, line.quantity, line.unit, line.vat_rate, nothing, nothing, nothing)
        for line in quote.lines
    )
    return Quote(lines, nothing, nothing, nothing)


def months_between(period: Period, time_zone: str) -> int:
    """Started months of a period by the local calendar: from the 31st, a month ends on the last day of the next."""
    zone = ZoneInfo(time_zone)
    start, end = period.start.astimezone(zone), period.end.astimezone(zone)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if _plus_months(start, months) >= end else months + 1


def _plus_months(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    first = start.replace(year=year, month=month + 1, day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    last_day = (following - DAY).day
    return first.replace(day=min(start.day, last_day))


def _time(time: TimePrice, usage: Usage) -> list[_Item]:
    if time.per is TimeUnit.MONTH:
        months = months_between(usage.period, usage.time_zone)
        return [_Item(LineKind.TIME, Decimal(months), "month", months * minor_units(time.gross))]
    unit = LENGTH[time.per]
    if time.cap_per_day is None:
        return [_units(time, -(-usage.period.length // unit))]
    cap = minor_units(time.cap_per_day)
    days, rest = divmod(usage.period.length, DAY)
    last = _units(time, -(-rest // unit))
    full = _units(time, DAY // unit)
    if full.gross <= cap:
        return [_units(time, -(-usage.period.length // unit))]
    if last.gross > cap:
        days, last = days + 1, _units(time, 0)
    items = [_Item(LineKind.TIME, Decimal(days), "day", days * cap)] if days else []
    return items + ([last] if last.quantity else [])


def _units(time: TimePrice, count: int) -> _Item:
    return _Item(LineKind.TIME, Decimal(count), time.per.value, minor_units(time.gross * count))


def _first_instalment(tariff: Tariff, items: list[_Item]) -> int:
    total = sum(item.gross for item in items)
    if tariff.time is None or tariff.time.per is not TimeUnit.MONTH:
        return total
    months = sum(item.gross for item in items if item.kind is LineKind.TIME)
    return total - months + minor_units(tariff.time.gross)


def _quote(tariff: Tariff, items: list[_Item], due_now: int) -> Quote:
    total = sum(item.gross for item in items)
    vat_total = vat_within(total, tariff.vat_rate)
    vats = shared(vat_total, [item.gross for item in items])

    def money(amount: int) -> Money:
        return Money(amount, tariff.currency)

    lines = tuple(
        Line(
            kind=item.kind,
            description=tariff.name,
            quantity=item.quantity,
            unit=item.unit,
            vat_rate=tariff.vat_rate,
            net=money(item.gross - vat),
            vat=money(vat),
            gross=money(item.gross),
        )
        for item, vat in zip(items, vats, strict=True)
    )
    return Quote(lines, money(total), money(vat_total), money(due_now))
