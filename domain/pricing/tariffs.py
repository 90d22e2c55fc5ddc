"""Tariffs as dated values: what a city publishes, and which of its versions counts."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from msgspec import Struct

TariffId = NewType("TariffId", str)


class TimeUnit(StrEnum):
    MINUTE = "min"
    HOUR = "h"
    DAY = "day"
    MONTH = "month"


class TimePrice(Struct, frozen=True, omit_defaults=True):
    """Gross price of every started unit of time; `cap_per_day` limits what 24 hours from the start may cost."""

    per: TimeUnit
    gross: Decimal
    cap_per_day: Decimal | None = None


class Tariff(Struct, frozen=True, omit_defaults=True):
    """One version of a tariff. Prices are gross, in major units of the currency (`"0.4850"` EUR per kWh).

    `vat_rate` is a fraction (`"0.19"`). A tariff by the month is paid month by month, in advance.
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

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the tariff as published, in words for its author; empty if nothing."""
        prices = [p for p in (self.flat, self.energy, self.distance) if p is not None]
        prices += [p for p in (self.time.gross, self.time.cap_per_day) if p is not None] if self.time else []
        faults = []
        if not prices:
            faults.append("a tariff needs at least one price")
        if any(not p.is_finite() or p < 0 for p in prices):
            faults.append("prices are finite and not negative")
        if not self.vat_rate.is_finite() or not 0 <= self.vat_rate < 1:
            faults.append("vat_rate is a fraction such as 0.19")
        if len(self.currency) != 3 or not self.currency.isupper():
            faults.append("currency is an ISO 4217 code such as EUR")
        if self.valid_from.tzinfo is None:
            faults.append("valid_from needs an offset")
        if self.time and self.time.per is TimeUnit.MONTH and self.time.cap_per_day is not None:
            faults.append("a monthly price has no daily cap")
        return tuple(faults)


def in_force(versions: Iterable[Tariff], at: datetime) -> Tariff | None:
    """The version that counts at an instant: the latest that is valid by then, the higher number among equals."""
    valid = [tariff for tariff in versions if tariff.valid_from <= at]
    return max(valid, key=lambda tariff: (tariff.valid_from, tariff.version), default=None)
