"""Value added tax on converted pay (Entgeltumwandlung): giving the bike for it is an exchange (tauschähnlicher Umsatz).

An employer who deducts the tax on the lease owes it on what the employee gives up for the bike, which is gross, and at least on
what the bike costs (Mindestbemessungsgrundlage, § 10 Abs. 5 UStG). Who deducts none owes none.
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
    is_amount,
    rounded,
)
from domain.money import Money
from domain.refusals import Refusal


class VatRule(Struct, frozen=True):
    version: RuleVersion
    percent: Decimal

    @property
    def share(self) -> Fraction:
        return Fraction(self.percent) / 100


STANDARD_RATES = (
    VatRule(RuleVersion("vat_standard", date(2007, 1, 1), "§ 12 Abs. 1 UStG"), Decimal(19)),
    VatRule(RuleVersion("vat_standard", date(2020, 7, 1), "§ 28 Abs. 1 UStG"), Decimal(16)),
    VatRule(RuleVersion("vat_standard", date(2021, 1, 1), "§ 12 Abs. 1 UStG"), Decimal(19)),
)


class ConvertedPay(Struct, frozen=True, tag="converted_pay_vat-1"):
    """What is given up in a month, gross, and what the bike costs the employer in it, net."""

    conversion: Money
    costs_net: Money
    deducts: bool
    rule: VatRule


def vat_on_converted_pay(asked: ConvertedPay) -> Sheet[ConvertedPay] | Refusal[NotCalculable]:
    """The month's base and tax."""
    if not is_amount(asked.conversion, asked.costs_net):
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/conversion")
    nothing = Money(0, EUR)
    if not asked.deducts:
        return Sheet(asked, (), {"base": nothing, "vat": nothing})
    share, conversion = asked.rule.share, euros(asked.conversion)
    within = rounded("vat_within", "conversion * vat / (1 + vat)", conversion * share / (1 + share))
    given_up = rounded("net_given_up", "conversion - vat_within", conversion - Fraction(within.value))
    if given_up.cents >= asked.costs_net.amount:
        steps = (within, given_up)
        return Sheet(asked, steps, {"base": Money(given_up.cents, EUR), "vat": Money(within.cents, EUR)})
    on_costs = rounded("vat_on_costs", "costs_net * vat", euros(asked.costs_net) * share)
    results = {"base": asked.costs_net, "vat": Money(on_costs.cents, EUR)}
    return Sheet(asked, (within, given_up, on_costs), results)
