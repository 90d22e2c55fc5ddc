"""What a usage costs under a tariff: `price(tariff, usage) -> Quote`, the face of the pricing engine."""

from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.money import Money, minor_units, shared, vat_within
from domain.periods import Period
from domain.pricing.charging.itemising import itemised
from domain.pricing.charging.prices import price_session
from domain.pricing.charging.selling import estimated
from domain.pricing.charging.sessions import Activity, ChargingPeriod, ChargingSession
from domain.pricing.charging.tariffs import ChargingTariff
from domain.pricing.distances import priced_distance
from domain.pricing.packages import Package
from domain.pricing.tariffs import Tariff, TimePrice, TimeUnit
from domain.pricing.timing import priced_time
from domain.refusals import Refusal


class Usage(Struct, frozen=True):
    """What is or will be used. Energy and distance are estimates before the use and readings after it. `session` is what a
    station measured, for tariffs that are OCPI's; without it their price is an estimate, too."""

    period: Period
    time_zone: str
    energy_kwh: Decimal | None = None
    distance_km: Decimal | None = None
    session: ChargingSession | None = None


def unreserved(usage: Usage) -> Usage:
    """The same for whoever came without a booking, so that nothing was kept for her; as far as no station measured it."""
    if usage.session is not None:
        return usage
    charging = ChargingPeriod(usage.period, Activity.CHARGING, usage.energy_kwh or Decimal(0))
    return replace(usage, session=ChargingSession(usage.time_zone, (charging,)))


LEAST = Decimal("0.001")


def within(estimate: Decimal, most: int) -> bool:
    """Whether an estimate of a use is a number, at most so large, and large enough to be above zero anywhere it is kept or reckoned with, which
    1e-999999 is not; "NaN" is a decimal, but no number."""
    return estimate.is_finite() and LEAST <= estimate <= most


class LineKind(StrEnum):
    FLAT = "flat"
    PACKAGE = "package"
    TIME = "time"
    ENERGY = "energy"
    DISTANCE = "distance"
    MINIMUM = "minimum"
    FEE = "fee"
    LATE_RETURN = "late_return"
    BLOCKING = "blocking"
    PARKING = "parking"
    RESERVATION = "reservation"
    CANCELLATION = "cancellation"
    NO_SHOW = "no_show"
    PERFORMED = "performed"
    LATE_PAYMENT = "late_payment"
    DAMAGE = "damage"
    LEASE_SETTLEMENT = "lease_settlement"
    BIKE = "bike"
    LEASE_RATE = "lease_rate"
    PREMIUM = "premium"


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


class _Covered(Struct, frozen=True):
    """A package that a use may have, and until when it would cover it."""

    package: Package
    until: datetime


class _Item(Struct, frozen=True):
    kind: LineKind
    quantity: Decimal
    unit: str
    gross: int
    name: str = ""
    rate: Decimal | None = None


def price(tariff: Tariff, usage: Usage) -> Quote:
    """Price a usage, itemised, with the package that makes it cheapest, or none. Unknown energy and distance cost nothing
    yet.

    Value added tax is computed once per rate on the total, rounded half up; the lines share it by largest remainder.
    """
    if tariff.charging is not None:
        items = _charged(tariff.charging, usage, tariff.vat_rate)
        return _quote(tariff, items, _sum(items))
    start, zone = usage.period.start, ZoneInfo(usage.time_zone)
    covers = [(each, each.covers_until(start, zone, tariff.holidays_in)) for each in tariff.packages]
    covered = [_Covered(each, until) for each, until in covers if until is not None]
    items = min((_items(tariff, usage, each) for each in (None, *covered)), key=_sum)
    return _quote(tariff, items, _first_instalment(tariff, items))


def _charged(charging: ChargingTariff, usage: Usage, otherwise: Decimal) -> list[_Item]:
    session = usage.session or estimated(usage.period, usage.time_zone, usage.energy_kwh)
    priced = price_session(charging, session, otherwise)
    if isinstance(priced, Refusal):
        raise ValueError(f"the session has no price: {priced.reason} {priced.pointer}")
    return [
        _Item(LineKind(each.part.value), each.quantity, each.unit, each.gross, rate=each.rate)
        for each in itemised(charging, priced, otherwise)
    ]


def _items(tariff: Tariff, usage: Usage, covered: _Covered | None) -> list[_Item]:
    package = covered.package if covered is not None else None
    items: list[_Item] = []
    if tariff.flat is not None:
        items.append(_Item(LineKind.FLAT, Decimal(1), "1", minor_units(tariff.flat)))
    if package is not None:
        items.append(_Item(LineKind.PACKAGE, Decimal(1), "1", minor_units(package.gross), package.name))
    items += _time(tariff, usage, covered.until if covered is not None else None)
    if tariff.energy is not None and usage.energy_kwh is not None:
        kwh = _started(usage.energy_kwh, tariff.energy_step_wh)
        items.append(_Item(LineKind.ENERGY, kwh, "kWh", minor_units(tariff.energy * kwh)))
    if tariff.distance is not None and usage.distance_km is not None:
        items += _distance(tariff, tariff.distance, usage.distance_km, package)
    if (missing := _missing(tariff, items)) > 0:
        items.append(_Item(LineKind.MINIMUM, Decimal(1), "1", missing))
    return items


def _time(tariff: Tariff, usage: Usage, covered_until: datetime | None) -> list[_Item]:
    if tariff.time is None:
        return []
    period = usage.period
    if covered_until is not None:
        if period.end <= covered_until:
            return []
        tariff = _without_free_time(tariff, tariff.time)
        period = Period(covered_until, period.end)
    timed = priced_time(tariff, period, usage.time_zone)
    return [_Item(LineKind.TIME, t.quantity, t.unit, t.gross, t.window) for t in timed]


def _without_free_time(tariff: Tariff, time: TimePrice) -> Tariff:
    """For time that is not the beginning of a use."""
    return replace(tariff, time=replace(time, free_minutes=0, grace_minutes=0))


def _distance(tariff: Tariff, first: Decimal, km: Decimal, package: Package | None) -> list[_Item]:
    """What a package includes is an item that costs nothing, so that a quote says how far it goes."""
    included = min(km, Decimal(package.km)) if package is not None else Decimal(0)
    items = [_Item(LineKind.DISTANCE, included, "km", 0, package.name)] if package is not None and included else []
    if km > included or not items:
        driven = priced_distance(first, tariff.distance_bands, km - included)
        items += [_Item(LineKind.DISTANCE, each.km, "km", each.gross, each.band) for each in driven]
    return items


def price_of_time(tariff: Tariff, period: Period, time_zone: str) -> Money:
    """What so much time more costs by itself: without packages, and with nothing free."""
    if tariff.time is None:
        return Money(0, tariff.currency)
    timed = priced_time(_without_free_time(tariff, tariff.time), period, time_zone)
    return Money(sum(each.gross for each in timed), tariff.currency)


def measured(quote: Quote, kind: LineKind) -> Decimal | None:
    """How much of it the quote is for, over all its lines: kilometres or kWh; None where it says nothing of it."""
    found = [line.quantity for line in quote.lines if line.kind is kind]
    return sum(found, Decimal(0)) if found else None


def waived(quote: Quote) -> Quote:
    """The same use when nobody pays for it here: a municipal trip, charged to its cost centre internally."""
    nothing = Money(0, quote.total.currency)
    lines = tuple(
        Line(line.kind, line.description, line.quantity, line.unit, line.vat_rate, nothing, nothing, nothing)
        for line in quote.lines
    )
    return Quote(lines, nothing, nothing, nothing)


def _started(kwh: Decimal, step_wh: int | None) -> Decimal:
    """The energy in whole steps; what was begun counts."""
    if step_wh is None:
        return kwh
    return (kwh * 1000 / step_wh).quantize(Decimal(1), rounding=ROUND_CEILING) * step_wh / 1000


def _missing(tariff: Tariff, items: list[_Item]) -> int:
    """What is missing to the minimum, in minor units; what costs nothing, in a free hour say, stays free."""
    total = _sum(items)
    return minor_units(tariff.minimum) - total if tariff.minimum is not None and total else 0


def _sum(items: list[_Item]) -> int:
    return sum(item.gross for item in items)


def fees_in(quote: Quote, kind: LineKind = LineKind.FEE) -> Money:
    """What the quote asks besides the use itself."""
    fees = sum(line.gross.amount for line in quote.lines if line.kind is kind)
    return Money(fees, quote.total.currency)


def with_fee(quote: Quote, fee: Money, tariff: Tariff, kind: LineKind = LineKind.FEE) -> Quote:
    """The quote with a fee beside the use, taxed as the use is: it is what the city keeps of the agreed price
    (ECJ C-295/17), or what it asks for more than the agreed use (C-90/20), not damages. One line for all fees of the kind;
    they are taken with the booking itself."""
    items = [
        _Item(line.kind, line.quantity, line.unit, line.gross.amount, _window_of(line, tariff), line.vat_rate)
        for line in quote.lines
    ]
    items = [item for item in items if item.kind is not kind]
    items.append(_Item(kind, Decimal(1), "1", fees_in(quote, kind).amount + fee.amount))
    return _quote(tariff, items, quote.due_now.amount + fee.amount)


def at_most(quote: Quote, most: Money, tariff: Tariff) -> Quote:
    """The same use for no more than `most`: what is above that is left to its holder, of each item alike."""
    if quote.total.amount <= most.amount:
        return quote
    parts = shared(most.amount, [line.gross.amount for line in quote.lines])
    items = [
        _Item(line.kind, line.quantity, line.unit, part, _window_of(line, tariff), line.vat_rate)
        for line, part in zip(quote.lines, parts, strict=True)
    ]
    return _quote(tariff, items, most.amount)


def with_damage(quote: Quote, amount: Money, reason: str) -> Quote:
    """The quote with what its holder makes good beside the use: damages, which bear no tax."""
    nothing = Money(0, amount.currency)
    line = Line(LineKind.DAMAGE, reason, Decimal(1), "1", Decimal(0), amount, nothing, amount)
    return Quote((*quote.lines, line), quote.total + amount, quote.vat_total, quote.due_now + amount)


def _window_of(line: Line, tariff: Tariff) -> str:
    return line.description.removeprefix(tariff.name).removeprefix(", ")


def _first_instalment(tariff: Tariff, items: list[_Item]) -> int:
    total = _sum(items)
    if tariff.time is None or tariff.time.per is not TimeUnit.MONTH:
        return total
    months = sum(item.gross for item in items if item.kind is LineKind.TIME)
    return total - months + minor_units(tariff.time.gross)


def _quote(tariff: Tariff, items: list[_Item], due_now: int) -> Quote:
    rates = [tariff.rate_of(item.kind) if item.rate is None else item.rate for item in items]
    vats = _shared_vat(items, rates)

    def money(amount: int) -> Money:
        return Money(amount, tariff.currency)

    lines = tuple(
        Line(
            kind=item.kind,
            description=f"{tariff.name}, {item.name}" if item.name else tariff.name,
            quantity=item.quantity,
            unit=item.unit,
            vat_rate=rate,
            net=money(item.gross - vat),
            vat=money(vat),
            gross=money(item.gross),
        )
        for item, rate, vat in zip(items, rates, vats, strict=True)
    )
    return Quote(lines, money(_sum(items)), money(sum(vats)), money(due_now))


def _shared_vat(items: list[_Item], rates: list[Decimal]) -> list[int]:
    """The tax of each item: once per rate on the sum of its items, which share it."""
    if rates.count(rates[0] if rates else Decimal(0)) == len(rates):
        gross = [item.gross for item in items]
        return list(shared(vat_within(sum(gross), rates[0]), gross)) if rates else []
    vats = [0] * len(items)
    for rate in dict.fromkeys(rates):
        taxed = [n for n, each in enumerate(rates) if each == rate]
        gross = [items[n].gross for n in taxed]
        for n, vat in zip(taxed, shared(vat_within(sum(gross), rate), gross), strict=True):
            vats[n] = vat
    return vats
