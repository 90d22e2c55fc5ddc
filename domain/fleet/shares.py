"""Shares in percent, as reports show them."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

TENTH = Decimal("0.1")


def percent(part: Fraction | int, whole: Fraction | int) -> Decimal | None:
    """To a tenth, rounded half up; None of nothing."""
    if not whole:
        return None
    share = Fraction(part) / Fraction(whole) * 100
    return (Decimal(share.numerator) / share.denominator).quantize(TENTH, rounding=ROUND_HALF_UP)
