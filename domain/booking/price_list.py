"""What charging costs, as it is shown before anybody begins: all components, in the order that the law gives them.

Regulation (EU) 2023/1804 (AFIR), Article 5(4): the price per kWh, the price per minute, the price per session, and any other component,
in this order; § 14 PAngV: what is not by the kWh stands beside it. Prices are those to be paid, with value added tax.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

from domain.booking.terms import BlockingPolicy
from domain.money import four_decimals
from domain.pricing.charging.itemising import rate_of
from domain.pricing.charging.tariffs import (
    ALWAYS,
    ChargingTariff,
    Dimension,
    PriceComponent,
    Restrictions,
    TariffElement,
    TaxIncluded,
    Weekday,
)
from domain.pricing.tariffs import Tariff, TimePrice, TimeUnit
from domain.pricing.windows import WEEK, Window


class Per(StrEnum):
    """A component of the law, in its order."""

    KWH = "kwh"
    MINUTE = "minute"
    SESSION = "session"
    OTHER = "other"


ORDER = tuple(Per)


class Cause(StrEnum):
    """What is paid for. `occupancy` is standing there while the vehicle asks for nothing; `least` and `most` are what a session costs at
    least and at most."""

    ENERGY = "energy"
    TIME = "time"
    OCCUPANCY = "occupancy"
    START = "start"
    RESERVATION = "reservation"
    RESERVATION_EXPIRES = "reservation_expires"
    PACKAGE = "package"
    LEAST = "least"
    MOST = "most"


class PriceShown(Struct, frozen=True, omit_defaults=True):
    """`gross` of one `unit`, in major units with four decimals at most. It counts `when` that says so; of several for the same cause the
    first that does. On `dates`, and on `holidays` or not on them, where a city's own hours say so. `step` is what is paid at the least and
    in multiples, in Wh or seconds. An occupancy fee is asked for beyond `grace_s`, and comes to `cap` at most."""

    per: Per
    cause: Cause
    gross: Decimal
    unit: str
    currency: str
    name: str = ""
    when: Restrictions = ALWAYS
    dates: tuple[str, ...] = ()
    holidays: bool | None = None
    step: int | None = None
    grace_s: int | None = None
    cap: Decimal | None = None


class PriceRule(Struct, frozen=True):
    """Points of so many kW and more ask for the kWh when somebody pays ad hoc, and besides at most for occupancy by the minute."""

    from_kw: Decimal
    since: date
    source: str


AD_HOC = PriceRule(Decimal(50), date(2024, 4, 13), "Regulation (EU) 2023/1804, Article 5(4), first subparagraph")


def price_list(tariff: Tariff, blocking: BlockingPolicy | None) -> tuple[PriceShown, ...]:
    """All that the tariff may ask for, with the fee of its terms for standing there."""
    found = [*(_of_ocpi(tariff, tariff.charging) if tariff.charging is not None else _of_city(tariff))]
    if blocking is not None:
        found.append(
            PriceShown(
                *(Per.MINUTE, Cause.OCCUPANCY, blocking.per_minute, "min", tariff.currency),
                grace_s=blocking.grace_s,
                cap=blocking.cap,
            )
        )
    return tuple(sorted(found, key=lambda each: ORDER.index(each.per)))


def fits_ad_hoc(prices: tuple[PriceShown, ...], power_kw: Decimal) -> bool:
    """Whether the law lets somebody charge at these prices who has no contract, as far as reservations are not asked for."""
    asked = [each for each in prices if each.gross and each.cause not in RESERVING]
    return power_kw < AD_HOC.from_kw or all(each.cause in {Cause.ENERGY, Cause.OCCUPANCY, Cause.MOST} for each in asked)


RESERVING = frozenset({Cause.RESERVATION, Cause.RESERVATION_EXPIRES})
CAUSES = {
    Dimension.ENERGY: (Per.KWH, Cause.ENERGY, "kWh", 1),
    Dimension.TIME: (Per.MINUTE, Cause.TIME, "min", 60),
    Dimension.PARKING_TIME: (Per.MINUTE, Cause.OCCUPANCY, "min", 60),
    Dimension.FLAT: (Per.SESSION, Cause.START, "session", 1),
}


def _of_ocpi(tariff: Tariff, charging: ChargingTariff) -> Iterator[PriceShown]:
    for element in charging.elements:
        for component in element.price_components:
            yield _component(charging, element, component)
    taxed = 1 if charging.tax_included is TaxIncluded.NA else 1 + tariff.vat_rate
    for cause, limit in ((Cause.LEAST, charging.min_price), (Cause.MOST, charging.max_price)):
        if limit is not None:
            gross = limit.before_taxes * taxed if limit.after_taxes is None else limit.after_taxes
            yield PriceShown(Per.OTHER, cause, four_decimals(Fraction(gross)), "session", tariff.currency)


def _component(tariff: ChargingTariff, element: TariffElement, component: PriceComponent) -> PriceShown:
    per, cause, unit, parts = CAUSES[component.type]
    if element.restrictions.reservation is not None:
        per, cause = Per.OTHER, Cause(element.restrictions.reservation.value.lower())
    taxed = Decimal(1) if tariff.tax_included is TaxIncluded.YES else 1 + rate_of(tariff, component)
    gross = four_decimals(Fraction(component.price) * Fraction(taxed) / parts)
    step = component.step_size if component.type is not Dimension.FLAT and component.step_size > 1 else None
    return PriceShown(per, cause, gross, unit, tariff.currency, when=element.restrictions, step=step)


def _of_city(tariff: Tariff) -> Iterator[PriceShown]:
    currency = tariff.currency
    if tariff.energy is not None:
        yield PriceShown(Per.KWH, Cause.ENERGY, tariff.energy, "kWh", currency, step=tariff.energy_step_wh)
    if tariff.time is not None:
        yield from _time(tariff.time, currency)
    if tariff.flat is not None:
        yield PriceShown(Per.SESSION, Cause.START, tariff.flat, "session", currency)
    for package in tariff.packages:
        yield PriceShown(Per.OTHER, Cause.PACKAGE, package.gross, "session", currency, package.name)
    if tariff.minimum is not None:
        yield PriceShown(Per.OTHER, Cause.LEAST, tariff.minimum, "session", currency)


def _time(time: TimePrice, currency: str) -> Iterator[PriceShown]:
    """By the minute where it is by the hour, too; a day or a month is none of the law's components."""
    parts = {TimeUnit.MINUTE: 1, TimeUnit.HOUR: 60}.get(time.per)
    per, unit = (Per.OTHER, time.per.value) if parts is None else (Per.MINUTE, "min")

    def priced(gross: Decimal) -> Decimal:
        return four_decimals(Fraction(gross) / (parts or 1))

    step = None if parts is None else int(time.step.total_seconds())
    for window in time.windows:
        yield PriceShown(
            *(per, Cause.TIME, priced(window.gross), unit, currency, window.name, _hours(window)),
            dates=window.dates,
            holidays=window.holidays,
            step=step,
        )
    yield PriceShown(per, Cause.TIME, priced(time.gross), unit, currency, step=step)
    for name, cap in (("day", time.cap_per_day), ("date", time.cap_per_date), ("week", time.cap_per_week)):
        if cap is not None:
            yield PriceShown(Per.OTHER, Cause.MOST, cap, name, currency)


def _hours(window: Window) -> Restrictions:
    days = tuple(tuple(Weekday)[WEEK.index(day)] for day in window.days)
    begins = None if window.from_ == "00:00" else window.from_
    return Restrictions(begins, None if window.to == "24:00" else window.to, day_of_week=days)
