"""The benefit in kind (geldwerter Vorteil) of a bike that is also used privately.

The law rounds after it has taken the part: one percent of a quarter of the list price, and the quarter is rounded down to whole
hundreds of euros. It is not a quarter percent of the rounded price: 3,999 euros give 9.00 a month, not 9.75.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import (
    EUR,
    NotCalculable,
    RuleVersion,
    Sheet,
    euros,
    floored,
    is_amount,
    rounded,
    unrounded,
)
from domain.money import Money
from domain.refusals import Refusal


class BenefitRule(Struct, frozen=True):
    """So much of the list price counts (`part`), rounded down to whole hundreds, and `percent` of that is the benefit of a
    month. For bikes first given to an employee from `first_handover` to `last_handover`, both included; which version counts
    is decided by the month of use."""

    version: RuleVersion
    part: Decimal
    percent: Decimal
    first_handover: date
    last_handover: date


HANDED_OVER = (date(2019, 1, 1), date(2030, 12, 31))
BENEFIT_RULES = (
    BenefitRule(
        RuleVersion("benefit_in_kind", date(2019, 1, 1), "Erlasse der Länder, 09.01.2020 - 3-S233.4/187, for 2019"),
        Decimal("0.5"),
        Decimal(1),
        *HANDED_OVER,
    ),
    BenefitRule(
        RuleVersion("benefit_in_kind", date(2020, 1, 1), "Erlasse der Länder, 09.01.2020 - 3-S233.4/187"),
        Decimal("0.25"),
        Decimal(1),
        *HANDED_OVER,
    ),
)


class BikeGiven(Struct, frozen=True, tag="benefit_in_kind-1"):
    """`list_price` is the maker's (UVP), with tax, on the day of first use, of the bike and what is fixed to it; a discount
    does not lower it. `on_top` says that the bike comes on top of the pay that is owed anyway: then it is free of tax
    (§ 3 Nr. 37 EStG)."""

    list_price: Money
    handed_over_on: date
    rule: BenefitRule
    on_top: bool = False


def benefit_in_kind(asked: BikeGiven) -> Sheet[BikeGiven] | Refusal[NotCalculable]:
    """Of one month. There is no exemption of 50 euros for it."""
    if not is_amount(asked.list_price):
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/list_price")
    if not asked.rule.first_handover <= asked.handed_over_on <= asked.rule.last_handover:
        return Refusal(NotCalculable.NO_RULE_THEN, "/handed_over_on")
    if asked.on_top:
        return Sheet(asked, (), {"benefit": Money(0, EUR)})
    part = unrounded("part", "list_price * part", euros(asked.list_price) * Fraction(asked.rule.part))
    base = floored("base", "floor100(part)", Fraction(asked.rule.part) * euros(asked.list_price))
    benefit = rounded("benefit", "base * percent / 100", Fraction(base.value) * Fraction(asked.rule.percent) / 100)
    return Sheet(asked, (part, base, benefit), {"benefit": Money(benefit.cents, EUR)})
