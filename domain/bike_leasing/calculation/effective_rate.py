"""The effective annual rate (effektiver Jahreszins): at which what is financed is worth as much as all that is paid for it.

The rate X solves  sum of C_k (1 + X)^-t_k  =  sum of D_l (1 + X)^-s_l  (annex to § 16 PAngV, annex I of directive 2008/48/EC): what is
paid out, and what is paid back with all that it costs, each so many years after the first of them. A year has 365 days or twelve equal
months; what is so many months and days later is counted in both. It is told in percent with two decimals.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TypeAlias

from msgspec import Struct

from domain.bike_leasing.calculation.fees import Fee, FeeKind
from domain.bike_leasing.calculation.schedule import months_on, on_day
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
    percent,
    rounded,
)
from domain.money import Money
from domain.refusals import Refusal

DIGITS, CLOSE = 32, Decimal("1e-22")
MOST = Decimal(100)  # ten thousand percent
LATEST_DAY, SHORTEST_MONTH = 31, 28


class EffectiveRateRule(Struct, frozen=True):
    """Which fees are a part of what the credit costs: those without which nobody gets it. A year has `days`."""

    version: RuleVersion
    counted: tuple[FeeKind, ...]
    days: int


EFFECTIVE_RATE_RULES = (
    EffectiveRateRule(
        RuleVersion(
            "effective_rate",
            date(2013, 1, 1),
            "§ 16 PAngV and its annex; directive 2008/48/EC, annex I, as directive 2011/90/EU has it",
            doubt="whether a lease that promises no purchase owes it (§ 506 BGB) is not certain, nor whether services count as its costs",
        ),
        (FeeKind.INSURANCE, FeeKind.RATE_PROTECTION),
        365,
    ),
)


class Flow(Struct, frozen=True):
    """So much, in euros, so many years after the first one."""

    years: Fraction
    amount: Fraction


class Effective(Struct, frozen=True, tag="effective_rate-1"):
    """A consumer's lease: `months` rates with their fees, the first `days_to_first` after the handover, each of the others a month
    later. With the last month the bike goes back and stands for the `residual`. Where nobody knows the day of the handover yet, it is the
    shortest time that there may be."""

    financed: Money
    residual: Money
    months: int
    rate: Money
    fees: tuple[Fee, ...]
    days_to_first: int
    rule: EffectiveRateRule


class EffectiveFromHandover(Struct, frozen=True, tag="effective_rate_from_handover-1"):
    """The same lease as it was `told`, once the day is known on which the bike was handed over: it begins with the month whose first day
    is `first_month`, and is paid on the `due_day` of each month, 31 being its last. Days by which weekends and holidays move a payment
    are left out, as they are in what was told."""

    told: Effective
    handed_over_on: date
    first_month: date
    due_day: int


def effective_rate(asked: Effective) -> Sheet[Effective] | Refusal[NotCalculable]:
    """The rate as a step, in percent; as results all that is paid, the residual value with it, and what of that is the cost."""
    if (no := _refused(asked)) is not None:
        return no
    found = _reckoned(asked, lambda monthly: payments(asked, monthly))
    return found if isinstance(found, Refusal) else Sheet(asked, *found)


def effective_rate_from_handover(
    asked: EffectiveFromHandover,
) -> Sheet[EffectiveFromHandover] | Refusal[NotCalculable]:
    """By the days between the handover and each payment. It is otherwise than what was told only by them."""
    if (no := _refused(asked.told)) is not None:
        return no
    if not 1 <= asked.due_day <= LATEST_DAY or not asked.handed_over_on <= asked.first_month:
        return Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/first_month")
    found = _reckoned(asked.told, lambda monthly: _payments_from_handover(asked, monthly))
    return found if isinstance(found, Refusal) else Sheet(asked, *found)


_Reckoned: TypeAlias = tuple[tuple[Step, ...], dict[str, Money], tuple[Note, ...]]


def _reckoned(asked: Effective, paid_back: Callable[[Fraction], list[Flow]]) -> _Reckoned | Refusal[NotCalculable]:
    """Steps, results and notes of a sheet."""
    monthly = rounded("monthly", "rate + fees that are counted", euros(asked.rate) + _fees(asked))
    total = rounded("total", "n * monthly + RV", asked.months * Fraction(monthly.value) + euros(asked.residual))
    cost = rounded("cost", "total - P", Fraction(total.value) - euros(asked.financed))
    found = annual_rate([Flow(Fraction(0), euros(asked.financed))], paid_back(Fraction(monthly.value)))
    if found is None:
        return Refusal(NotCalculable.RATE_OUT_OF_RANGE, "/fees")
    rate = percent("effective_percent", "100 X, by P = sum of payments / (1 + X)^t", Fraction(found) * 100)
    results = {"total": Money(total.cents, EUR), "cost": Money(cost.cents, EUR)}
    return (monthly, total, cost, rate), results, (Note.BIKE_FOR_RESIDUAL,)


def shortest_days(due_day: int) -> int:
    """From a handover on the last day of a month to what is due on that day of the next, 31 being a month's last: where the handover's
    day is not known, the law takes the shortest time (annex I, part II, letter h)."""
    return min(due_day, SHORTEST_MONTH)


def percent_of(sheet: Sheet[Effective] | Sheet[EffectiveFromHandover]) -> Decimal:
    return next(step.value for step in sheet.steps if step.name == "effective_percent")


def payments(asked: Effective, monthly: Fraction) -> list[Flow]:
    """Each month's, and the bike's worth at the end of the last."""
    first = Fraction(asked.days_to_first, asked.rule.days)
    rates = [Flow(first + Fraction(month, 12), monthly) for month in range(asked.months)]
    return [*rates, Flow(Fraction(asked.months, 12), euros(asked.residual))]


def _payments_from_handover(asked: EffectiveFromHandover, monthly: Fraction) -> list[Flow]:
    """Each month's, and the bike's worth at the end of the last."""
    told = asked.told
    first = _years_to(on_day(asked.first_month, asked.due_day), asked, due_day=asked.due_day)
    begins = _years_to(asked.first_month - timedelta(days=1), asked, due_day=LATEST_DAY)
    rates = [Flow(first + Fraction(month, 12), monthly) for month in range(told.months)]
    return [*rates, Flow(begins + Fraction(told.months, 12), euros(told.residual))]


def _years_to(day: date, asked: EffectiveFromHandover, *, due_day: int) -> Fraction:
    """From the handover on: whole months are counted back from the payment, and the days that are left at the beginning (annex I, part II,
    letter c)."""
    months, nearest = 0, day
    while (before := on_day(months_on(nearest, -1), due_day)) >= asked.handed_over_on:
        months, nearest = months + 1, before
    return Fraction(months, 12) + Fraction((nearest - asked.handed_over_on).days, asked.told.rule.days)


def annual_rate(paid_out: Sequence[Flow], paid_back: Sequence[Flow]) -> Decimal | None:
    """The X, as a share; None where it is beyond any that is meant. What costs nothing has a rate of 0: by rounding alone a little less
    may come back than was paid out.

    What is looked for is u = ln(1 + X). Newton's steps from 0 on come nearer from one side and never overshoot, as long as all that is
    paid out is paid out first: what is paid back is worth the less, and loses the slower, the greater u is.
    """
    flows = [*paid_out, *(Flow(flow.years, -flow.amount) for flow in paid_back)]
    if sum(flow.amount for flow in flows) >= 0:
        return Decimal(0)
    with localcontext() as context:
        context.prec = DIGITS
        terms, most = [(_decimal(flow.years), _decimal(flow.amount)) for flow in flows], (1 + MOST).ln()
        u, step = Decimal(0), Decimal(1)
        while step > CLOSE and u <= most:
            step = _step(terms, u)
            u += step
        return u.exp() - 1 if u <= most else None


def _step(terms: Sequence[tuple[Decimal, Decimal]], u: Decimal) -> Decimal:
    worths = [(years, amount * (-years * u).exp()) for years, amount in terms]
    value = sum((worth for _, worth in worths), Decimal(0))
    return value / sum((years * worth for years, worth in worths), Decimal(0))


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / exact.denominator


def _fees(asked: Effective) -> Fraction:
    return sum((euros(fee.amount) for fee in asked.fees if fee.kind in asked.rule.counted), Fraction(0))


def _refused(asked: Effective) -> Refusal[NotCalculable] | None:
    if not is_amount(asked.financed) or not asked.financed.amount:
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/financed")
    if not is_amount(asked.residual, asked.rate, *(fee.amount for fee in asked.fees)):
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/rate")
    if not 1 <= asked.months <= LONGEST or not 1 <= asked.days_to_first <= LATEST_DAY:
        return Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/months")
    return None
