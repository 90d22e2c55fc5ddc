"""What converting pay costs the employee net, simplified: an estimate, never a payslip.

N = U - (U - g) m: of what is given up (U) the benefit (g) stays taxed, and m is what tax and social insurance take of the last
euro. Social insurance takes nothing above its ceilings, so its part is measured before and after.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import (
    EUR,
    NotCalculable,
    Note,
    RuleVersion,
    Sheet,
    euros,
    is_amount,
    is_percent,
    rounded,
    unrounded,
)
from domain.money import Money
from domain.refusals import Refusal

TOLD = (Note.ESTIMATE, Note.LESS_PENSION, Note.LESS_SUPPLEMENTARY_PENSION, Note.LESS_BENEFITS)


class SocialRule(Struct, frozen=True):
    """Employees' shares in percent and the ceilings of a month; the employer pays the same, without what is added for whoever
    has no children. `health` and `care` end at the lower ceiling, `pension` and `unemployment` at the upper one."""

    version: RuleVersion
    health: Decimal
    care: Decimal
    care_childless: Decimal
    pension: Decimal
    unemployment: Decimal
    lower_ceiling: Money
    upper_ceiling: Money

    def taken(self, gross: Fraction, *, childless: bool = False) -> Fraction:
        """Of a month's gross pay, in euros, unrounded."""
        lower = self.health + self.care + (self.care_childless if childless else 0)
        return (
            min(gross, euros(self.lower_ceiling)) * Fraction(lower)
            + min(gross, euros(self.upper_ceiling)) * Fraction(self.pension + self.unemployment)
        ) / 100


SOCIAL_RULES = (
    SocialRule(
        RuleVersion(
            "social_insurance",
            date(2026, 1, 1),
            "SvRGV 2026; §§ 241, 242a, 249 SGB V, 55, 58 SGB XI, 158, 168 SGB VI, 341, 346 SGB III",
            doubt="the average extra rate of health funds (2.9 %); each fund has its own, and in Saxony care is shared otherwise",
        ),
        health=Decimal("8.75"),
        care=Decimal("1.8"),
        care_childless=Decimal("0.6"),
        pension=Decimal("9.3"),
        unemployment=Decimal("1.3"),
        lower_ceiling=Money(5_812_50, EUR),
        upper_ceiling=Money(8_450_00, EUR),
    ),
)


class Burden(Struct, frozen=True, tag="net_burden-1"):
    """`marginal_percent` is what tax and social insurance together take of the last euro."""

    conversion: Money
    benefit: Money
    marginal_percent: Decimal


class BurdenOfPay(Struct, frozen=True, tag="net_burden_of_pay-1"):
    """`gross_pay` is a month's before converting; `tax_percent` what income tax, with what goes by it, takes of the last euro."""

    conversion: Money
    benefit: Money
    gross_pay: Money
    tax_percent: Decimal
    rule: SocialRule
    childless: bool = False


def net_burden(asked: Burden) -> Sheet[Burden] | Refusal[NotCalculable]:
    """What the employee has less in a month, by a rate of her own for taxes and insurance together."""
    if (no := _refused(asked)) is not None:
        return no
    if not is_percent(asked.marginal_percent):
        return Refusal(NotCalculable.RATE_OUT_OF_RANGE, "/marginal_percent")
    less = euros(asked.conversion) - euros(asked.benefit)
    saved = unrounded("saved", "(U - g) * m", less * Fraction(asked.marginal_percent) / 100)
    exact = euros(asked.conversion) - less * Fraction(asked.marginal_percent) / 100
    burden = rounded("net_burden", "U - (U - g) * m", exact)
    return Sheet(asked, (saved, burden), {"net_burden": Money(burden.cents, EUR)}, TOLD)


def net_burden_of_pay(asked: BurdenOfPay) -> Sheet[BurdenOfPay] | Refusal[NotCalculable]:
    """The same with insurance as the ceilings have it, and what the employer saves of its own shares."""
    if (no := _refused(asked)) is not None:
        return no
    if not is_percent(asked.tax_percent):
        return Refusal(NotCalculable.RATE_OUT_OF_RANGE, "/tax_percent")
    if not is_amount(asked.gross_pay) or asked.gross_pay.amount < asked.conversion.amount:
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/gross_pay")
    before, conversion = euros(asked.gross_pay), euros(asked.conversion)
    after = before - conversion + euros(asked.benefit)
    insured = asked.rule.taken(before, childless=asked.childless) - asked.rule.taken(after, childless=asked.childless)
    taxed = (before - after) * Fraction(asked.tax_percent) / 100
    steps = (
        unrounded("taxable_before", "gross_pay", before),
        unrounded("taxable_after", "gross_pay - U + g", after),
        rounded("insurance_saved", "shares(before) - shares(after)", insured),
        rounded("tax_saved", "(before - after) * tax", taxed),
        rounded("net_burden", "U - insurance - tax, of the exact sums", conversion - insured - taxed),
        rounded("employer_saves", "shares(before) - shares(after)", asked.rule.taken(before) - asked.rule.taken(after)),
    )
    results = {step.name: Money(step.cents, EUR) for step in steps[2:]}
    return Sheet(asked, steps, results, TOLD)


def _refused(asked: Burden | BurdenOfPay) -> Refusal[NotCalculable] | None:
    if not is_amount(asked.conversion):
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/conversion")
    if not is_amount(asked.benefit):
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/benefit")
    return None
