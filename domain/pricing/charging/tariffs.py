"""Tariffs of charging sessions as OCPI 2.3.0 (mod_tariffs) writes them, with its names: elements, restrictions, limits."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

from domain.pricing.windows import Window

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
CURRENCY = re.compile(r"[A-Z]{3}")


class Dimension(StrEnum):
    """What a component prices: once, by the kWh, by the hour of charging, by the hour of parking without asking for power."""

    FLAT = "FLAT"
    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"


STEPS_PER_UNIT = {Dimension.ENERGY: 1000, Dimension.TIME: 3600, Dimension.PARKING_TIME: 3600}
"""How many of what a step counts, Wh or seconds, are the unit of the price, kWh or hour."""


class Weekday(StrEnum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


WEEK = tuple(Weekday)


class ReservationPart(StrEnum):
    """An element with it prices reservations only: all of them, or those that nobody came for."""

    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


class TaxIncluded(StrEnum):
    """Whether prices of components hold their tax; NA where no tax applies."""

    YES = "YES"
    NO = "NO"
    NA = "N/A"


class PriceComponent(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`price` is in major units per kWh, per hour, or once. `vat` is a percentage; without it no tax applies.

    `step_size` is in Wh or seconds, and means nothing for FLAT.
    """

    type: Dimension
    price: Decimal
    step_size: int
    vat: Decimal | None = None

    def faults(self) -> Iterator[str]:
        if not self.price.is_finite() or not 0 <= self.price < 1_000_000:
            yield "price is not negative and below a million"
        if self.step_size < 1:
            yield "step_size is at least 1"
        if self.vat is not None and not (self.vat.is_finite() and 0 <= self.vat < 100):
            yield "vat is a percentage such as 19"


class Moment(Struct, frozen=True):
    """What restrictions look at. `shown` is what the clock of the place shows; `elapsed` are seconds since the session, or
    the reservation, began; `kwh` is what was taken before; `power` kW and `current` A, over all phases, are averages.
    """

    shown: datetime
    elapsed: Fraction
    kwh: Fraction
    power: Fraction
    current: Fraction


class Restrictions(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """When an element counts: all of it must hold. Lower bounds are inclusive, upper bounds exclusive.

    Times and dates are those of the place; an `end_time` that is not after `start_time` is of the next day. `day_of_week`
    is the day of the moment itself: after midnight it is the next one, also within such a time. Durations are seconds of
    the whole session, parked or withheld time included.
    """

    start_time: str | None = None
    end_time: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: tuple[Weekday, ...] = ()
    reservation: ReservationPart | None = None

    @property
    def window(self) -> Window:
        """The times of the day."""
        return Window(Decimal(0), from_=self.start_time or "00:00", to=self.end_time or "24:00")

    @property
    def of_power(self) -> bool:
        return self.min_power is not None or self.max_power is not None

    @property
    def of_current(self) -> bool:
        return self.min_current is not None or self.max_current is not None

    def hold(self, moment: Moment) -> bool:
        today = moment.shown.date()
        return (
            self.window.counts(moment.shown, None)
            and (not self.day_of_week or WEEK[today.weekday()] in self.day_of_week)
            and (self.start_date is None or self.start_date <= today)
            and (self.end_date is None or today < self.end_date)
            and _within(moment.kwh, self.min_kwh, self.max_kwh)
            and _within(moment.power, self.min_power, self.max_power)
            and _within(moment.current, self.min_current, self.max_current)
            and _within(moment.elapsed, self.min_duration, self.max_duration)
        )

    def faults(self) -> Iterator[str]:
        for name, said in (("start_time", self.start_time), ("end_time", self.end_time)):
            if said is not None and TIME_OF_DAY.fullmatch(said) is None:
                yield f"{name}: {said!r} is no time such as 08:00"
        for name in ("kwh", "current", "power", "duration"):
            bounds = [b for b in (getattr(self, f"min_{name}"), getattr(self, f"max_{name}")) if b is not None]
            if any(not Decimal(bound).is_finite() or bound < 0 for bound in bounds):
                yield f"min_{name} and max_{name} are not negative"
            elif bounds != sorted(bounds):
                yield f"min_{name} is not above max_{name}"
        if self.start_date is not None and self.end_date is not None and self.start_date > self.end_date:
            yield "start_date is not after end_date"


ALWAYS = Restrictions()


class TariffElement(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Components that count under the same restrictions, at most one of each dimension."""

    price_components: tuple[PriceComponent, ...]
    restrictions: Restrictions = ALWAYS

    def of(self, dimension: Dimension) -> PriceComponent | None:
        return next((each for each in self.price_components if each.type is dimension), None)

    def faults(self) -> Iterator[str]:
        dimensions = [component.type for component in self.price_components]
        if not dimensions:
            yield "price_components is empty"
        if len(set(dimensions)) < len(dimensions):
            yield "price_components has one of each type at most"
        if self.restrictions.reservation and not {Dimension.FLAT, Dimension.TIME}.issuperset(dimensions):
            yield "price_components of a reservation are FLAT and TIME"
        for number, component in enumerate(self.price_components):
            yield from (f"price_components[{number}].{fault}" for fault in component.faults())
        yield from (f"restrictions.{fault}" for fault in self.restrictions.faults())


class PriceLimit(Struct, frozen=True, omit_defaults=True):
    """In major units. Both sums are held to their limit, each by itself; without `after_taxes` that one follows the other."""

    before_taxes: Decimal
    after_taxes: Decimal | None = None

    def faults(self) -> Iterator[str]:
        sums = [self.before_taxes, *([] if self.after_taxes is None else [self.after_taxes])]
        if any(not each.is_finite() or not 0 <= each < 1_000_000 for each in sums):
            yield "is not negative and below a million"
        elif sums != sorted(sums):
            yield "has after_taxes not below before_taxes"


class ChargingTariff(Struct, frozen=True, omit_defaults=True):
    """An OCPI Tariff object, as far as a price depends on it. For each dimension the first element that has it, and whose
    restrictions hold, counts; where none does, it is free."""

    id: str
    currency: str
    elements: tuple[TariffElement, ...]
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    tax_included: TaxIncluded = TaxIncluded.NO

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the tariff, in words for its author; empty if nothing."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[str]:
        if CURRENCY.fullmatch(self.currency) is None:
            yield "currency is an ISO 4217 code such as EUR"
        if not self.elements:
            yield "elements is empty"
        for number, element in enumerate(self.elements):
            yield from (f"elements[{number}].{fault}" for fault in element.faults())
        limits = {"min_price": self.min_price, "max_price": self.max_price}
        faults = [f"{name} {fault}" for name, limit in limits.items() if limit for fault in limit.faults()]
        yield from faults
        if not faults and self.min_price and self.max_price and self._crossed(self.min_price, self.max_price):
            yield "min_price is not above max_price"

    @staticmethod
    def _crossed(least: PriceLimit, most: PriceLimit) -> bool:
        after = (least.after_taxes, most.after_taxes)
        return least.before_taxes > most.before_taxes or (
            after[0] is not None and after[1] is not None and after[0] > after[1]
        )


def _within(value: Fraction, least: Decimal | int | None, most: Decimal | int | None) -> bool:
    return (least is None or value >= Fraction(least)) and (most is None or value < Fraction(most))
