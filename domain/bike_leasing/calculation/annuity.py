"""The monthly rate of a lease with a residual value, and what of each rate is interest.

R = (P q^n - RV) i / (q^n - 1) with q = 1 + i and i a twelfth of the nominal rate, paid at the end of each month; at its
beginning R / (1 + i). Calculated in fractions, rounded once.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import (
    EUR,
    LONGEST,
    NotCalculable,
    Sheet,
    Step,
    euros,
    is_amount,
    is_percent,
    rounded,
    unrounded,
)
from domain.bike_leasing.calculation.vat import VatRule
from domain.money import Money, to_the_cent
from domain.refusals import Refusal


class Due(StrEnum):
    """At the end of each month (nachschüssig), or at its beginning (vorschüssig)."""

    ARREARS = "arrears"
    ADVANCE = "advance"


class Financing(Struct, frozen=True, tag="annuity-1"):
    """What is financed down to a residual value that stays with the lessor: it is calculated with, nobody is offered it.

    `nominal_percent` is per year. Where a tax rule is given the amounts are net, and the rate is told gross as well.
    """

    financed: Money
    residual: Money
    months: int
    nominal_percent: Decimal
    due: Due = Due.ARREARS
    vat: VatRule | None = None


class Part(Struct, frozen=True):
    """One rate: `interest` and `principal` are its parts, `balance` is what is left after it."""

    number: int
    rate: Money
    interest: Money
    principal: Money
    balance: Money


def monthly_rate(asked: Financing) -> Sheet[Financing] | Refusal[NotCalculable]:
    """The rate, with the sum of all of them."""
    if (no := refused(asked)) is not None:
        return no
    i, growth = monthly_interest(asked), growth_of(asked)
    net = rounded("rate", _formula(asked), exact_rate(asked))
    steps = [
        unrounded("i", "nominal_percent / 100 / 12", i),
        unrounded("q^n", "(1 + i)^n", growth),
        net,
    ]
    results = {"rate": Money(net.cents, EUR)}
    if asked.vat is not None:
        gross = rounded("rate_gross", "rate * (1 + vat)", euros(results["rate"]) * (1 + asked.vat.share))
        steps.append(gross)
        results["rate_gross"] = Money(gross.cents, EUR)
    total = _total(asked, net)
    steps.append(total)
    return Sheet(asked, tuple(steps), results | {"sum_of_rates": Money(total.cents, EUR)})


def _formula(asked: Financing) -> str:
    if not asked.nominal_percent:
        return "(P - RV) / n"
    arrears = "(P q^n - RV) i / (q^n - 1)"
    return arrears if asked.due is Due.ARREARS else f"{arrears} / (1 + i)"


def _total(asked: Financing, rate: Step) -> Step:
    return rounded("sum_of_rates", "n * rate", asked.months * Fraction(rate.value))


def refused(asked: Financing) -> Refusal[NotCalculable] | None:
    if not is_amount(asked.financed) or not asked.financed.amount:
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/financed")
    if not is_amount(asked.residual):
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/residual")
    if asked.residual.amount > asked.financed.amount:
        return Refusal(NotCalculable.RESIDUAL_TOO_HIGH, "/residual")
    if not 1 <= asked.months <= LONGEST:
        return Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/months")
    if not is_percent(asked.nominal_percent):
        return Refusal(NotCalculable.RATE_OUT_OF_RANGE, "/nominal_percent")
    return None


def monthly_interest(asked: Financing) -> Fraction:
    return Fraction(asked.nominal_percent) / 1200


def growth_of(asked: Financing) -> Fraction:
    return (1 + monthly_interest(asked)) ** asked.months


def exact_rate(asked: Financing) -> Fraction:
    """In euros, not rounded."""
    financed, residual, i = euros(asked.financed), euros(asked.residual), monthly_interest(asked)
    if not i:
        return (financed - residual) / asked.months
    growth = growth_of(asked)
    arrears = (financed * growth - residual) * i / (growth - 1)
    return arrears if asked.due is Due.ARREARS else arrears / (1 + i)


def present_value(payments: Iterable[Fraction], residual: Fraction, i: Fraction, due: Due) -> Fraction:
    """What they are worth a month before the first of them, or on its day where they are paid in advance; the residual
    value is there at the end of the last month."""
    factor, worth = 1 / (1 + i), Fraction(0)
    discount = factor if due is Due.ARREARS else Fraction(1)
    months = 0
    for payment in payments:
        worth += payment * discount
        discount *= factor
        months += 1
    return worth + residual * factor**months


def amortised(asked: Financing, rate: Money) -> tuple[Part, ...]:
    """Every rate's interest and principal. All rates are the same; the last one's interest takes what rounding left, so that
    the principal and the residual value are what was financed, to the cent."""
    i, balance = monthly_interest(asked), asked.financed.amount
    parts = []
    for number in range(1, asked.months + 1):
        bearing = balance - (rate.amount if asked.due is Due.ADVANCE else 0)
        interest = to_the_cent(Fraction(bearing, 100) * i)
        if number == asked.months:
            interest = rate.amount - (balance - asked.residual.amount)
        principal = rate.amount - interest
        balance -= principal
        parts.append(Part(number, rate, Money(interest, EUR), Money(principal, EUR), Money(balance, EUR)))
    return tuple(parts)
