"""What a search shows of a tariff: a price to compare by, not a quote."""

from msgspec import Struct

from domain.money import Money, minor_units
from domain.periods import Period
from domain.pricing.quotes import Usage, price
from domain.pricing.tariffs import Tariff, TimeUnit
from services.search.views import PriceBasis, UnitPrice


class ShownPrice(Struct, frozen=True):
    price: Money
    basis: PriceBasis


def shown_price(tariff: Tariff, period: Period, time_zone: str) -> ShownPrice:
    """The gross price of the period, without energy and distance, which nobody knows yet; of one month, if by months."""
    if tariff.time is not None and tariff.time.per is TimeUnit.MONTH:
        return ShownPrice(Money(minor_units(tariff.time.gross), tariff.currency), PriceBasis.MONTHLY)
    more_to_come = tariff.energy is not None or tariff.distance is not None
    basis = PriceBasis.TIME_ONLY if more_to_come else PriceBasis.TOTAL
    return ShownPrice(price(tariff, Usage(period, time_zone)).total, basis)


def nothing_to_pay(tariff: Tariff) -> ShownPrice:
    """What somebody sees who drives for work: the cost centre is charged, not the driver."""
    return ShownPrice(Money(0, tariff.currency), PriceBasis.TOTAL)


def unit_prices(tariff: Tariff) -> tuple[UnitPrice, ...]:
    """The tariff's prices per unit, in the order of its fields; a flat fee is no price per unit."""
    found = []
    if tariff.time is not None:
        found.append(UnitPrice(tariff.time.per.value, tariff.time.gross, tariff.currency))
    if tariff.energy is not None:
        found.append(UnitPrice("kWh", tariff.energy, tariff.currency))
    if tariff.distance is not None:
        found.append(UnitPrice("km", tariff.distance, tariff.currency))
    return tuple(found)
