"""What a consumer is told of a lease before she takes it: its months, and what it costs as a credit, beside an example of what others would
pay (§§ 16, 17 PAngV)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from domain.bike_leasing.calculation.annuity import Due, Financing, monthly_rate
from domain.bike_leasing.calculation.effective_rate import (
    EFFECTIVE_RATE_RULES,
    Effective,
    EffectiveFromHandover,
    effective_rate,
    effective_rate_from_handover,
    percent_of,
    shortest_days,
)
from domain.bike_leasing.calculation.fees import Fee, MonthOfLease, month_of_lease
from domain.bike_leasing.calculation.representative import (
    EXAMPLE_RULES,
    EXPECTED_PRICES,
    Representative,
    RepresentativeExample,
    example_of,
    representative_example,
)
from domain.bike_leasing.calculation.schedule import LAST_DAY
from domain.bike_leasing.calculation.sheets import NotCalculable, Sheet, in_force
from domain.money import Money
from domain.refusals import Refusal

MOST_FEES = 10
TOLD, FROM_HANDOVER = "effective_rate", "effective_rate_from_handover"
"""By which names a consumer's lease has the sheets of its effective rate."""


class ConsumersLease(Struct, frozen=True, forbid_unknown_fields=True):
    """Concluded on a day. `sale_price` is financed down to `residual`, gross; it is paid on the `due_day` of each month, 31 being its
    last."""

    sale_price: Money
    residual: Money
    months: int
    nominal_percent: Decimal
    concluded_on: date
    due: Due = Due.ARREARS
    due_day: int = 1
    fees: tuple[Fee, ...] = ()


class Credit(Struct, frozen=True):
    """What the law wants told of a credit: both rates by the year, in percent; what is `financed`; `total` is all that is paid, and the
    bike's residual value, of which `cost` is more than was financed. The effective rate is that of the offer, by the shortest time to the first
    payment; `effective_percent_from_handover` by the day on which the bike was handed over, once that is known."""

    nominal_percent: Decimal
    effective_percent: Decimal
    financed: Money
    total: Money
    cost: Money
    effective_percent_from_handover: Decimal | None = None


def consumers_sheets(asked: ConsumersLease) -> dict[str, Sheet[Any]] | Refusal[NotCalculable]:
    """By name: `rate`, `month`, `effective_rate`, and `representative` since the law wants an example. Nobody knows yet when the bike will be handed over."""
    if not 1 <= asked.due_day <= LAST_DAY:
        return Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/due_day")
    if len(asked.fees) > MOST_FEES:
        return Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/fees")
    if (rule := in_force(EFFECTIVE_RATE_RULES, asked.concluded_on)) is None:
        return Refusal(NotCalculable.NO_RULE_THEN, "/concluded_on")
    rate = monthly_rate(Financing(asked.sale_price, asked.residual, asked.months, asked.nominal_percent, asked.due))
    if isinstance(rate, Refusal):
        return Refusal(rate.reason, "/sale_price" if rate.pointer == "/financed" else rate.pointer)
    of_month = rate.results["rate"]
    month = month_of_lease(MonthOfLease(of_month, asked.fees))
    if isinstance(month, Refusal):
        return Refusal(month.reason, "/fees")
    effective = effective_rate(
        Effective(
            asked.sale_price,
            asked.residual,
            asked.months,
            of_month,
            asked.fees,
            shortest_days(asked.due_day),
            rule,
        )
    )
    if isinstance(effective, Refusal):
        return effective
    found: dict[str, Sheet[Any]] = {"rate": rate, "month": month, TOLD: effective}
    wanted, expected = in_force(EXAMPLE_RULES, asked.concluded_on), in_force(EXPECTED_PRICES, asked.concluded_on)
    if wanted is None or expected is None:
        return found
    example = representative_example(Representative(effective.asked, rate.asked, expected, wanted))
    return example if isinstance(example, Refusal) else found | {"representative": example}


def credit_of(sheets: Mapping[str, Sheet[Any]]) -> Credit | None:
    """None for what is no consumer's."""
    rate, effective = sheets.get("rate"), sheets.get(TOLD)
    if rate is None or effective is None:
        return None
    return Credit(
        rate.asked.nominal_percent,
        percent_of(effective),
        rate.asked.financed,
        effective.results["total"],
        effective.results["cost"],
        percent_of(since) if (since := sheets.get(FROM_HANDOVER)) is not None else None,
    )


def from_handover(
    sheets: Mapping[str, Sheet[Any]], handed_over_on: date, first_month: date, due_day: int
) -> dict[str, Sheet[Any]]:
    """The effective rate that was told, by the day of the handover; nothing where none was told, or none is found."""
    told = sheets.get(TOLD)
    if told is None:
        return {}
    found = effective_rate_from_handover(EffectiveFromHandover(told.asked, handed_over_on, first_month, due_day))
    return {} if isinstance(found, Refusal) else {FROM_HANDOVER: found}


def example_in(sheets: Mapping[str, Sheet[Any]]) -> RepresentativeExample | None:
    """None where the law wanted none when it was calculated."""
    sheet = sheets.get("representative")
    return example_of(sheet) if sheet is not None else None
