"""OCPI tariffs as a city sells by them: what a booking is taken to cost beforehand, and what costs nobody's coming."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from domain.money import Money
from domain.periods import Period
from domain.pricing.charging.itemising import rate_of
from domain.pricing.charging.prices import price_session
from domain.pricing.charging.sessions import Activity, ChargingPeriod, ChargingSession, Reservation
from domain.pricing.charging.tariffs import ChargingTariff, Dimension
from domain.refusals import Refusal

MOST_ELEMENTS = 100
LONGEST_STEP = 86_400
TAKEN_FOR_NEEDED = Decimal(15)
"""kWh that a booking is taken to need that says nothing of energy, as for a power group: what it costs is not known to be nothing."""


def estimated(period: Period, time_zone: str, energy_kwh: Decimal | None) -> ChargingSession:
    """The session of a booking before anything measured it: its holder comes in time, and charges evenly until its end."""
    charging = ChargingPeriod(period, Activity.CHARGING, energy_kwh or Decimal(0))
    return ChargingSession(time_zone, (charging,), Reservation(None))


def likely_kwh(period: Period, power_kw: Decimal) -> Decimal:
    """What is taken for needed, or what the point can give until then; whole watt-hours."""
    seconds = int(period.length.total_seconds())
    return min(TAKEN_FOR_NEEDED, Decimal(int(power_kw * 1000 * seconds / 3600)) / 1000)


def expiry_price(tariff: ChargingTariff, kept: Period, time_zone: str) -> Money | None:
    """What it costs that nobody comes for what was kept for so long; None where the tariff says nothing of it."""
    if not any(element.restrictions.reservation for element in tariff.elements):
        return None
    price = price_session(tariff, ChargingSession(time_zone, reservation=Reservation(kept, expired=True)))
    return None if isinstance(price, Refusal) else price.gross


def has_parking(tariff: ChargingTariff) -> bool:
    return any(each.of(Dimension.PARKING_TIME) for each in tariff.elements)


def has_reservations(tariff: ChargingTariff) -> bool:
    return any(each.restrictions.reservation for each in tariff.elements)


def sale_faults(tariff: ChargingTariff, currency: str, vat_rate: Decimal) -> Iterator[str]:
    """What is wrong with it for a city that sells by it, in words for its author."""
    yield from tariff.faults()
    if tariff.currency != currency:
        yield f"currency is that of the tariff, {currency}"
    if len(tariff.elements) > MOST_ELEMENTS:
        yield f"elements are {MOST_ELEMENTS} at most"
    for number, element in enumerate(tariff.elements):
        if element.restrictions.of_current:
            yield f"elements[{number}].restrictions: bounds of current are not sold by, as not every station tells it"
        if any(component.step_size > LONGEST_STEP for component in element.price_components):
            yield f"elements[{number}].price_components have a step_size of {LONGEST_STEP} at most"
        taxed = {Fraction(rate_of(tariff, component)) for component in element.price_components}
        if element.restrictions.reservation and taxed - {Fraction(vat_rate)}:
            yield f"elements[{number}]: reservations are taxed at the vat_rate of the tariff, as its fees are"
