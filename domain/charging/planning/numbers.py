"""Numbers that people state, and the one place where what is reckoned becomes whole."""

from decimal import ROUND_HALF_UP, Decimal

MOST_DECIMALS = 9


def is_plain(number: Decimal) -> bool:
    """Whether it is a number at all, and no longer than anybody measures."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -MOST_DECIMALS


def whole(exact: Decimal) -> int:
    """The nearest whole number, half up. It never falls where the exact one grows."""
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
