"""Calculation sheets (Rechenblätter): how an amount of a lease came about, so that it can be made again years later.

A sheet is a value. What was asked, with the rules as they were in force, is enough to make it anew; the steps say how, each
with its formula, what came out and how that was rounded; the results are in cents.
"""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from domain.money import Money, to_the_cent

TWELVE_PLACES = Decimal("0.000000000001")
EUR = "EUR"
LARGEST = 10_000_000_00
LONGEST = 120
DECIMALS = 6
Asked = TypeVar("Asked")


class RuleVersion(Struct, frozen=True, omit_defaults=True):
    """Which rule, as it is `since` a day, and where that stands. `doubt` says what is not certain of it."""

    name: str
    since: date
    source: str
    doubt: str = ""


class Dated(Protocol):
    @property
    def version(self) -> RuleVersion: ...


Rule = TypeVar("Rule", bound=Dated)


def in_force(rules: Iterable[Rule], on: date) -> Rule | None:
    """The latest of one rule's versions that counts on the day; None before the first."""
    known = [rule for rule in rules if rule.version.since <= on]
    return max(known, key=lambda rule: rule.version.since) if known else None


class Rounding(StrEnum):
    """To the cent, half a cent up and away from zero below it; down to whole hundreds of euros; a percentage to two decimals, half up;
    or not at all."""

    NONE = "none"
    CENT = "cent"
    HUNDRED_DOWN = "hundred_down"
    TWO_DECIMALS = "two_decimals"


class Step(Struct, frozen=True):
    """`exact` is what the formula gives, in euros, percent or a bare number, written with twelve decimals; `value` the same
    as rounded. It is rounded from the exact fraction, not from what is written."""

    name: str
    formula: str
    exact: Decimal
    rounding: Rounding
    value: Decimal

    @property
    def cents(self) -> int:
        return int(self.value * 100)


class Note(StrEnum):
    """What has to be told beside the results.

    `estimate`: taxes are simplified, nobody is owed this. `less_pension`: what is not paid as wage earns no statutory
    pension. `less_supplementary_pension`: nor one of the public service's (ZVK, VBL), where its rules say so.
    `less_benefits`: sick pay, parental and unemployment benefit are measured by the lower wage. `not_promised`: the price of a
    later purchase is nothing that the contract gives. `own_proceeds`: what the bike will bring is not known yet.
    `bike_for_residual`: the bike that goes back counts as if it were paid with, at its residual value; nobody owes that.
    `expected`: an example is of what is expected of all contracts, and not of this one.
    """

    ESTIMATE = "estimate"
    LESS_PENSION = "less_pension"
    LESS_SUPPLEMENTARY_PENSION = "less_supplementary_pension"
    LESS_BENEFITS = "less_benefits"
    NOT_PROMISED = "not_promised"
    OWN_PROCEEDS = "own_proceeds"
    BIKE_FOR_RESIDUAL = "bike_for_residual"
    EXPECTED = "expected"


class Sheet(Struct, Generic[Asked], frozen=True):
    """One calculation. `asked` holds the rules that it went by."""

    asked: Asked
    steps: tuple[Step, ...]
    results: dict[str, Money]
    notes: tuple[Note, ...] = ()


class NotCalculable(StrEnum):
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    TERM_OUT_OF_RANGE = "term_out_of_range"
    RATE_OUT_OF_RANGE = "rate_out_of_range"
    RESIDUAL_TOO_HIGH = "residual_too_high"
    NO_MARKET_VALUE = "no_market_value"
    NO_RULE_THEN = "no_rule_then"


def euros(money: Money) -> Fraction:
    return Fraction(money.amount, 100)


def unrounded(name: str, formula: str, exact: Fraction) -> Step:
    return Step(name, formula, written(exact), Rounding.NONE, written(exact))


def rounded(name: str, formula: str, exact: Fraction) -> Step:
    """To the cent."""
    return Step(name, formula, written(exact), Rounding.CENT, Decimal(to_the_cent(exact)) / 100)


def floored(name: str, formula: str, exact: Fraction) -> Step:
    """Down to whole hundreds of euros, as tax law does with list prices (auf volle 100 Euro abgerundet)."""
    return Step(name, formula, written(exact), Rounding.HUNDRED_DOWN, Decimal(exact // 100 * 100))


def percent(name: str, formula: str, exact: Fraction) -> Step:
    """Of nothing below zero, to two decimals."""
    return Step(name, formula, written(exact), Rounding.TWO_DECIMALS, Decimal(to_the_cent(exact)) / 100)


def written(exact: Fraction) -> Decimal:
    """With twelve decimals, or as many as it needs."""
    shown = (Decimal(exact.numerator) / exact.denominator).quantize(TWELVE_PLACES, rounding=ROUND_HALF_EVEN)
    return shown.normalize() if shown != shown.to_integral_value() else shown.quantize(Decimal(1))


def is_amount(*amounts: Money) -> bool:
    """Whether they are euros, none below zero, none beyond ten million."""
    return all(each.currency == EUR and 0 <= each.amount <= LARGEST for each in amounts)


def is_percent(*percents: Decimal) -> bool:
    """From 0 to 100, with six decimals at most: more have no meaning, and make fractions of thousands of digits."""
    return all(each.is_finite() and 0 <= each <= 100 and round(each, DECIMALS) == each for each in percents)
