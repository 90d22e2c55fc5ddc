"""Early settlement (Ablöse): what is owed for a lease that ends before its time.

The rates that are left, without insurance and service, and the residual value that was calculated with, less what the bike
brings; and the service rates that lack where a service was used before a year of them was paid. Published wordings discount
nothing; that what is paid earlier is worth more is a policy, because it is fairer.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from domain.bike_leasing.calculation.annuity import Due, present_value
from domain.bike_leasing.calculation.sheets import (
    EUR,
    LONGEST,
    NotCalculable,
    Note,
    RuleVersion,
    Sheet,
    Step,
    euros,
    is_amount,
    is_percent,
    rounded,
)
from domain.money import Money
from domain.refusals import Refusal


class SettlementRule(Struct, frozen=True):
    """Whether what would have been paid later is discounted at the lease's nominal rate; how many service rates there are at
    least where a service was used; and that nobody is paid for ending early."""

    version: RuleVersion
    discounts: bool
    least_services: int
    not_below_zero: bool


SETTLEMENT_RULES = (
    SettlementRule(
        RuleVersion(
            "settlement",
            date(2024, 1, 1),
            "terms of a public employer's lessor (Rheinland-Pfalz)",
            doubt="the wording is one lessor's; that it does not fall below zero is our reading",
        ),
        discounts=False,
        least_services=12,
        not_below_zero=True,
    ),
)
DISCOUNTING = SettlementRule(
    RuleVersion("settlement_discounted", date(2026, 11, 1), "our policy", doubt="a city may choose it, no law says so"),
    discounts=True,
    least_services=12,
    not_below_zero=True,
)


class EarlyEnd(Struct, frozen=True, tag="settlement-1"):
    """`rates_left` are those not due yet, `rate` without insurance and service. `proceeds` is what the bike brings or is taken
    to be worth. `services_paid` counts where `service_used`."""

    rates_left: int
    rate: Money
    residual: Money
    proceeds: Money
    nominal_percent: Decimal
    rule: SettlementRule
    due: Due = Due.ARREARS
    service_rate: Money = Money(0, EUR)
    service_used: bool = False
    services_paid: int = 0


def settlement(asked: EarlyEnd) -> Sheet[EarlyEnd] | Refusal[NotCalculable]:
    """What is owed on the day after the last rate that was due."""
    if not is_amount(asked.rate, asked.residual, asked.proceeds, asked.service_rate):
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/rate")
    if not 0 <= asked.rates_left <= LONGEST or not 0 <= asked.services_paid <= LONGEST:
        return Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/rates_left")
    if not is_percent(asked.nominal_percent):
        return Refusal(NotCalculable.RATE_OUT_OF_RANGE, "/nominal_percent")
    remaining, services = _remaining(asked), _services(asked)
    exact = Fraction(remaining.value) + Fraction(services.value) - euros(asked.proceeds)
    balance = rounded("balance", "remaining + services - proceeds", exact)
    owed = max(balance.cents, 0) if asked.rule.not_below_zero else balance.cents
    results = {
        "remaining": Money(remaining.cents, EUR),
        "services": Money(services.cents, EUR),
        "owed": Money(owed, EUR),
    }
    return Sheet(asked, (remaining, services, balance), results, (Note.OWN_PROCEEDS,))


def _remaining(asked: EarlyEnd) -> Step:
    rate, residual, left = euros(asked.rate), euros(asked.residual), asked.rates_left
    if not asked.rule.discounts:
        return rounded("remaining", "rates_left * rate + residual", left * rate + residual)
    i = Fraction(asked.nominal_percent) / 1200
    worth = present_value((rate for _ in range(left)), residual, i, asked.due)
    return rounded("remaining", "the same, each discounted by (1 + i)^k to today", worth)


def _services(asked: EarlyEnd) -> Step:
    lacking = max(asked.rule.least_services - asked.services_paid, 0) if asked.service_used else 0
    return rounded("services", "(least_services - services_paid) * service_rate", lacking * euros(asked.service_rate))
