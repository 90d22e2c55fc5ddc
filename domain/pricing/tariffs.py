"""Tariffs as dated values: what a city publishes, and which of its versions counts."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from msgspec import Struct

from domain.cities.identifiers import STATES
from domain.pricing.charging.selling import sale_faults
from domain.pricing.charging.tariffs import ChargingTariff
from domain.pricing.distances import DistanceBand, band_faults
from domain.pricing.packages import Package, package_faults
from domain.pricing.windows import Hours, Window

TariffId = NewType("TariffId", str)


class TimeUnit(StrEnum):
    MINUTE = "min"
    HOUR = "h"
    DAY = "day"
    MONTH = "month"


LENGTH = {TimeUnit.MINUTE: timedelta(minutes=1), TimeUnit.HOUR: timedelta(hours=1), TimeUnit.DAY: timedelta(days=1)}
BY_THE_CLOCK = frozenset({TimeUnit.MINUTE, TimeUnit.HOUR})


class TimePrice(Struct, frozen=True, omit_defaults=True):
    """Gross price of a unit of time. All of it follows the clock of the resource's place.

    `step_s` is the shortest time that is paid, one unit unless said otherwise: started steps are paid in full.
    `cap_per_day` limits what a day from the start may cost, until the clock shows the same time again: 23, 24 or 25
    hours. `cap_per_date` limits what may be paid for one day of the calendar instead. `cap_per_week` limits seven days from
    the start, caps of whose days count before.
    `free_minutes` at the beginning cost nothing; a use of at most `grace_minutes` costs nothing at all.
    `windows` are other prices of the same unit at certain times; the first that fits counts, else `gross`.
    """

    per: TimeUnit
    gross: Decimal
    cap_per_day: Decimal | None = None
    cap_per_date: Decimal | None = None
    cap_per_week: Decimal | None = None
    step_s: int | None = None
    free_minutes: int = 0
    grace_minutes: int = 0
    windows: tuple[Window, ...] = ()

    @property
    def step(self) -> timedelta:
        """Only for units by the clock."""
        return timedelta(seconds=self.step_s) if self.step_s is not None else LENGTH[self.per]

    @property
    def prices(self) -> tuple[Decimal, ...]:
        return (self.gross, *self.caps, *(window.gross for window in self.windows))

    @property
    def caps(self) -> tuple[Decimal, ...]:
        caps = (self.cap_per_day, self.cap_per_date, self.cap_per_week)
        return tuple(cap for cap in caps if cap is not None)

    def faults(self) -> list[str]:
        faults = []
        if self.per is TimeUnit.MONTH and self.cap_per_day is not None:
            faults.append("a monthly price has no daily cap")
        refined = (self.cap_per_date, self.cap_per_week, self.step_s)
        if self.per not in BY_THE_CLOCK and (self.windows or any(r is not None for r in refined)):
            faults.append(
                "time.windows, time.step_s, time.cap_per_date and time.cap_per_week are for prices by the minute or the hour"
            )
        if self.per not in BY_THE_CLOCK and (self.free_minutes or self.grace_minutes):
            faults.append("time.free_minutes and time.grace_minutes are for prices by the minute or the hour")
        if self.per is TimeUnit.DAY and self.cap_per_day is not None:
            faults.append("time.cap_per_day: a price by the day is its own cap")
        if self.cap_per_day is not None and self.cap_per_date is not None:
            faults.append("time has cap_per_day or cap_per_date, not both: one day would count twice")
        if self.cap_per_date is not None and self.cap_per_week is not None:
            faults.append(
                "time has cap_per_date or cap_per_week, not both: a week from the start cuts days of the calendar"
            )
        if self.step_s is not None and not 1 <= self.step_s <= 86400:
            faults.append("time.step_s is 1 to 86400 seconds")
        minutes = {"free_minutes": self.free_minutes, "grace_minutes": self.grace_minutes}
        faults += [f"time.{field} is 0 to 1440" for field, value in minutes.items() if not 0 <= value <= 1440]
        for number, window in enumerate(self.windows):
            faults += [f"time.windows[{number}].{fault}" for fault in window.faults()]
        return faults


# What a price may be for; the kinds of a quote's lines are called the same.
PRICED = ("flat", "package", "time", "energy", "distance")


class Tariff(Struct, frozen=True, omit_defaults=True):
    """One version of a tariff. Prices are gross, in major units of the currency (`"0.4850"` EUR per kWh).

    `vat_rate` is a fraction (`"0.19"`); `vat_rates` names the parts of the price that are taxed at another one. Energy
    is measured in started steps of `energy_step_wh`. Whatever costs anything costs at least `minimum`. `holidays_in` is
    the state whose holidays its windows and packages mean. A tariff by the month is paid month by month, in advance.

    `distance` is the price of the first kilometres, `distance_bands` are those of the others. A use is priced with the one of
    the `packages` that makes it cheapest, or without. Where there is no price of energy, it is included.

    `charging` stands in place of all other prices: sessions at charge points cost what OCPI says of it (decision 40), and its
    components say how they are taxed; `vat_rate` is that of fees.
    """

    id: TariffId
    version: int
    valid_from: datetime
    name: str
    currency: str
    vat_rate: Decimal
    flat: Decimal | None = None
    time: TimePrice | None = None
    energy: Decimal | None = None
    distance: Decimal | None = None
    minimum: Decimal | None = None
    energy_step_wh: int | None = None
    vat_rates: dict[str, Decimal] = {}
    holidays_in: str | None = None
    distance_bands: tuple[DistanceBand, ...] = ()
    packages: tuple[Package, ...] = ()
    charging: ChargingTariff | None = None

    def rate_of(self, part: str) -> Decimal:
        """The rate of value added tax on one part of the price."""
        return self.vat_rates.get(part, self.vat_rate)

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the tariff as published, in words for its author; empty if nothing."""
        time = self.time.faults() if self.time else ()
        return (*self._price_faults(), *self._other_faults(), *time, *self._charging_faults())

    def _price_faults(self) -> list[str]:
        prices = [p for p in (self.flat, self.energy, self.distance) if p is not None]
        prices += self.time.prices if self.time else ()
        prices += [band.gross for band in self.distance_bands]
        prices += [package.gross for package in self.packages]
        faults = [] if prices or self.charging else ["a tariff needs at least one price"]
        if self.charging and (prices or self.minimum is not None or self.energy_step_wh or self.vat_rates):
            faults.append("charging stands in place of all other prices, steps and rates")
        prices += [self.minimum] if self.minimum is not None else []
        if any(not p.is_finite() or p < 0 for p in prices):
            faults.append("prices are finite and not negative")
        if any(p.is_finite() and p >= 1_000_000 for p in prices):
            faults.append("prices are below a million")
        return faults

    def _other_faults(self) -> list[str]:
        faults = []
        if not _is_rate(self.vat_rate):
            faults.append("vat_rate is a fraction such as 0.19")
        if any(part not in PRICED or not _is_rate(rate) for part, rate in self.vat_rates.items()):
            faults.append("vat_rates gives fractions such as 0.07 for flat, package, time, energy or distance")
        if len(self.currency) != 3 or not self.currency.isupper():
            faults.append("currency is an ISO 4217 code such as EUR")
        if self.valid_from.tzinfo is None:
            faults.append("valid_from needs an offset")
        if self.energy_step_wh is not None and self.energy_step_wh < 1:
            faults.append("energy_step_wh is at least 1")
        if self.holidays_in is not None and self.holidays_in not in STATES:
            faults.append("holidays_in is one of " + " ".join(sorted(STATES)))
        windows = self.time.windows if self.time else ()
        hours: list[Hours] = [*windows, *(each for package in self.packages for each in package.begins)]
        if self.holidays_in is None and any(each.holidays is not None for each in hours):
            faults.append("holidays_in says whose holidays time.windows and packages mean, such as NI")
        return [*faults, *self._part_faults()]

    def _charging_faults(self) -> list[str]:
        if self.charging is None:
            return []
        return [f"charging.{fault}" for fault in sale_faults(self.charging, self.currency, self.vat_rate)]

    def _part_faults(self) -> list[str]:
        faults = [*band_faults(self.distance_bands), *package_faults(self.packages)]
        if self.distance_bands and self.distance is None:
            faults.append("distance_bands follow a distance: what the first kilometres cost")
        if self.packages and (self.time is None or self.time.per not in BY_THE_CLOCK):
            faults.append("packages go with a price of time by the minute or the hour")
        return faults


def in_force(versions: Iterable[Tariff], at: datetime) -> Tariff | None:
    """The version that counts at an instant: the latest that is valid by then, the higher number among equals."""
    valid = [tariff for tariff in versions if tariff.valid_from <= at]
    return max(valid, key=lambda tariff: (tariff.valid_from, tariff.version), default=None)


def _is_rate(rate: Decimal) -> bool:
    return rate.is_finite() and 0 <= rate < 1
