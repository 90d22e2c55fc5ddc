"""Money: minor units and a currency; the one place that rounds."""

import math
from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

from msgspec import Struct


class Money(Struct, frozen=True):
    """An amount in minor units (cents) of an ISO 4217 currency."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._comparable(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._comparable(other), self.currency)

    def _comparable(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.amount

    @property
    def is_zero(self) -> bool:
        return self.amount == 0


def minor_units(major: Decimal | Fraction) -> int:
    """Cents of an exact price in euros (or any currency of two decimals), rounded half up; prices are not negative."""
    if isinstance(major, Fraction):
        return math.floor(major * 100 + Fraction(1, 2))
    return int((major * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_the_cent(euros: Fraction) -> int:
    """Cents of an exact sum in euros, rounded half up, away from zero below it."""
    cents = math.floor(abs(euros) * 100 + Fraction(1, 2))
    return cents if euros >= 0 else -cents


def four_decimals(exact: Fraction) -> Decimal:
    """An exact sum or quantity as OCPI writes numbers, with four decimals, rounded half up, away from zero below it."""
    return (Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def vat_within(gross: int, rate: Decimal) -> int:
    """The value added tax contained in a gross amount of minor units, rounded half up."""
    return int((gross * rate / (1 + rate)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def percentage(amount: int, percent: int) -> int:
    """So many percent of an amount of minor units, rounded half up."""
    return int((Decimal(amount) * percent / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def part_of(amount: int, part: Fraction) -> int:
    """That part of an amount of minor units, rounded half up."""
    # In whole numbers, as fractions are slow and bikes times months are many.
    return (2 * amount * part.numerator + part.denominator) // (2 * part.denominator)


def shared(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split `total` in proportion to the weights so that the parts sum to it: the largest remainders get the rest.

    Weights of zero get nothing; `total` and the weights are not negative.
    """
    whole = sum(weights)
    if whole == 0:
        return tuple(0 for _ in weights)
    exact = [Decimal(total) * weight / whole for weight in weights]
    parts = [int(part.to_integral_value(rounding=ROUND_FLOOR)) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return tuple(parts)
