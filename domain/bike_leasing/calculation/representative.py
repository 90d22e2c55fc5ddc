"""The representative example (§ 17 Abs. 4 PAngV): a lease of those that are expected, whose effective annual rate at
least two thirds of them do not exceed.

What is expected are leases by the same conditions as the one that is told of: bikes of other prices, with the same share for a residual
value. Fees do not grow with the price, so a cheap bike has the higher rate.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.annuity import Financing, monthly_rate
from domain.bike_leasing.calculation.effective_rate import Effective, effective_rate, percent_of
from domain.bike_leasing.calculation.fees import MonthOfLease, month_of_lease
from domain.bike_leasing.calculation.sheets import (
    EUR,
    NotCalculable,
    Note,
    RuleVersion,
    Sheet,
    Step,
    percent,
    unrounded,
)
from domain.money import Money, to_the_cent
from domain.refusals import Refusal


class ExampleRule(Struct, frozen=True):
    """At least `parts` of `whole` contracts are expected at the example's effective rate or below."""

    version: RuleVersion
    parts: int
    whole: int


class ExpectedPrices(Struct, frozen=True):
    """What the bikes cost that consumers are expected to lease, each price for equally many contracts."""

    version: RuleVersion
    prices: tuple[Money, ...]


EXAMPLE_RULES = (
    ExampleRule(
        RuleVersion(
            "representative_example",
            date(2022, 5, 28),
            "§ 17 Abs. 4 PAngV",
            doubt="read of its forerunner (§ 6a PAngV) alone; whether an offer to one person needs it is not certain, nor whether a lease"
            " that promises no purchase does (§ 506 BGB)",
        ),
        2,
        3,
    ),
)
EXPECTED_PRICES = (
    ExpectedPrices(
        RuleVersion(
            "expected_bike_prices",
            date(2022, 5, 28),
            "our assumption, until a lessor's own contracts say more",
            doubt="no figures of a market were read",
        ),
        tuple(Money(euros * 100, EUR) for euros in (1_500, 2_500, 3_000, 3_500, 4_000, 5_000)),
    ),
)


class Representative(Struct, frozen=True, tag="representative-1"):
    """Leases by the conditions of `told` and its `financing` are expected of bikes at the `expected` prices."""

    told: Effective
    financing: Financing
    expected: ExpectedPrices
    rule: ExampleRule


def representative_example(asked: Representative) -> Sheet[Representative] | Refusal[NotCalculable]:
    """Its steps are the effective rates of all prices, how many of them count, and the example's own; its results what the law wants told:
    what is financed, the rate, all that is paid in a month and in all, and what of that is the cost."""
    found = list(_leases(asked))
    wanted = unrounded("wanted", "parts / whole * n", Fraction(asked.rule.parts * len(found), asked.rule.whole))
    rated = [(percent_of(sheet), sheet) for sheet in found if sheet is not None]
    least = -(-asked.rule.parts * len(found) // asked.rule.whole)
    if not found or len(rated) < least:
        return Refusal(NotCalculable.RATE_OUT_OF_RANGE, "/fees")
    rates = tuple(
        percent(f"effective_percent:{sheet.asked.financed.amount}", "as of effective_rate", Fraction(rate))
        for rate, sheet in rated
    )
    chosen = sorted(rated, key=lambda each: each[0])[least - 1][1]
    return _told(asked, (*rates, wanted), chosen)


def _leases(asked: Representative) -> Iterator[Sheet[Effective] | None]:
    """One for each price; None where its rate is beyond any that is meant."""
    told, financing = asked.told, asked.financing
    share = Fraction(told.residual.amount, told.financed.amount)
    for price in asked.expected.prices:
        residual = Money(to_the_cent(share * price.amount / 100), EUR)
        rate = monthly_rate(replace(financing, financed=price, residual=residual))
        if isinstance(rate, Refusal):
            yield None
            continue
        found = effective_rate(replace(told, financed=price, residual=residual, rate=rate.results["rate"]))
        yield None if isinstance(found, Refusal) else found


def _told(
    asked: Representative, steps: tuple[Step, ...], chosen: Sheet[Effective]
) -> Sheet[Representative] | Refusal[NotCalculable]:
    example = chosen.asked
    month = month_of_lease(MonthOfLease(example.rate, example.fees))
    if isinstance(month, Refusal):
        return month
    results = {
        "financed": example.financed,
        "residual": example.residual,
        "rate": example.rate,
        "month": month.results["total"],
        "total": chosen.results["total"],
        "cost": chosen.results["cost"],
    }
    rate = percent("effective_percent", "the least that so many do not exceed", Fraction(percent_of(chosen)))
    return Sheet(asked, (*steps, rate), results, (*chosen.notes, Note.EXPECTED))


class RepresentativeExample(Struct, frozen=True):
    """As it is told beside a price: both rates by the year, in percent; `months` of `month` each are paid; `total` is with the bike's residual
    value, of which `cost` is more than was financed."""

    nominal_percent: Decimal
    effective_percent: Decimal
    financed: Money
    months: int
    month: Money
    total: Money
    cost: Money


def example_of(sheet: Sheet[Representative]) -> RepresentativeExample:
    effective = next(step.value for step in sheet.steps if step.name == "effective_percent")
    found, told = sheet.results, sheet.asked.told
    return RepresentativeExample(
        sheet.asked.financing.nominal_percent,
        effective,
        found["financed"],
        told.months,
        found["month"],
        found["total"],
        found["cost"],
    )
