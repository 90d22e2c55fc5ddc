"""What a search shows of a tariff: a price to compare by, not a quote."""

from msgspec import Struct

from domain.booking.price_list import Cause, PriceShown, price_list
from domain.booking.resources import Service
from domain.money import Money, minor_units
from domain.periods import Period
from domain.pricing.charging.tariffs import ALWAYS
from domain.pricing.quotes import Usage, price
from domain.pricing.tariffs import Tariff, TimeUnit
from services.search.ports import Sold
from services.search.views import PriceBasis, UnitPrice

BY_USE = frozenset({Cause.ENERGY, Cause.TIME})


class ShownPrice(Struct, frozen=True):
    price: Money
    basis: PriceBasis


def shown_price(tariff: Tariff, period: Period, time_zone: str) -> ShownPrice:
    """The gross price of the period, without energy and distance, which nobody knows yet; of one month, if by months."""
    if tariff.time is not None and tariff.time.per is TimeUnit.MONTH:
        return ShownPrice(Money(minor_units(tariff.time.gross), tariff.currency), PriceBasis.MONTHLY)
    more_to_come = tariff.energy is not None or tariff.distance is not None or tariff.charging is not None
    basis = PriceBasis.TIME_ONLY if more_to_come else PriceBasis.TOTAL
    return ShownPrice(price(tariff, Usage(period, time_zone)).total, basis)


def nothing_to_pay(tariff: Tariff) -> ShownPrice:
    """What somebody sees who drives for work: the cost centre is charged, not the driver."""
    return ShownPrice(Money(0, tariff.currency), PriceBasis.TOTAL)


def unit_prices(tariff: Tariff) -> tuple[UnitPrice, ...]:
    """The tariff's prices per unit, in the order of its fields; a flat fee is no price per unit."""
    if tariff.charging is not None:
        return _of_components(tariff)
    found = []
    if tariff.time is not None:
        found.append(UnitPrice(tariff.time.per.value, tariff.time.gross, tariff.currency))
    if tariff.energy is not None:
        found.append(UnitPrice("kWh", tariff.energy, tariff.currency))
    if tariff.distance is not None:
        found.append(UnitPrice("km", tariff.distance, tariff.currency))
    return tuple(found)


def _of_components(tariff: Tariff) -> tuple[UnitPrice, ...]:
    """Each cause's price as it is where no restriction holds, else the first; `shown_prices` says it all."""
    found: dict[Cause, PriceShown] = {}
    for each in price_list(tariff, None):
        if each.cause in BY_USE and (each.when == ALWAYS or each.cause not in found):
            found[each.cause] = each
    return tuple(UnitPrice(each.unit, each.gross, each.currency) for each in found.values())


def shown_prices(service: Service, sold: Sold) -> tuple[PriceShown, ...]:
    """All that a charge point may ask for."""
    return price_list(sold.tariff, sold.blocking) if service is Service.CHARGING else ()
