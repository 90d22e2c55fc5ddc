"""The effective annual rate: the directive's own examples, leases reckoned another way, and what holds of any lease."""

import math
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.bike_leasing.calculation.annuity import monthly_rate
from domain.bike_leasing.calculation.effective_rate import (
    EFFECTIVE_RATE_RULES,
    Effective,
    EffectiveFromHandover,
    Flow,
    annual_rate,
    effective_rate,
    effective_rate_from_handover,
    payments,
    percent_of,
    shortest_days,
)
from domain.bike_leasing.calculation.fees import Fee, FeeKind
from domain.bike_leasing.calculation.sheets import NotCalculable, Note, Sheet, euros
from domain.money import Money
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import eur, financing, results

RULE = EFFECTIVE_RATE_RULES[-1]
INSURANCE, SERVICE = Fee(FeeKind.INSURANCE, eur("10.64")), Fee(FeeKind.SERVICE, eur("3.67"))
LEASE = Effective(eur("3,999"), eur("399.90"), 36, eur("111.29"), (), 1, RULE)


def flows(*pairs: tuple[Fraction | int, int]) -> list[Flow]:
    return [Flow(Fraction(years), Fraction(amount)) for years, amount in pairs]


# Annex III of directive 98/7/EC (proposed in COM(1996) 79): the first by days, the others by equal months.
@pytest.mark.parametrize(
    ("lent", "paid", "percent"),
    [
        (1000, flows((Fraction(546, 365), 1200)), "12.96"),
        (1000, flows((Fraction(3, 2), 1200)), "12.92"),
        (950, flows((Fraction(3, 2), 1200)), "16.85"),
        (1000, flows((1, 600), (2, 600)), "13.07"),
        (1000, flows((Fraction(1, 4), 272), (Fraction(1, 2), 272), (1, 544)), "13.19"),
    ],
)
def test_the_directives_examples_come_out(lent: int, paid: list[Flow], percent: str) -> None:
    found = annual_rate(flows((0, lent)), paid)

    assert found is not None
    assert f"{100 * found:.2f}" == percent


def reckoned(asked: Effective) -> float:
    """In percent, with floating point and by halving: no formula and no step of the product's."""
    counted = {FeeKind.INSURANCE, FeeKind.RATE_PROTECTION}
    monthly = (asked.rate.amount + sum(fee.amount.amount for fee in asked.fees if fee.kind in counted)) / 100

    def worth(x: float) -> float:
        found = asked.residual.amount / 100 * math.pow(1 + x, -asked.months / 12)
        for k in range(asked.months):
            found += monthly * math.pow(1 + x, -asked.days_to_first / 365 - k / 12)
        return found

    low, high = 0.0, 100.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if worth(middle) > asked.financed.amount / 100 else (low, middle)
    return 100 * low


@pytest.mark.parametrize(
    ("asked", "percent"),
    [
        (LEASE, "6.36"),
        (replace(LEASE, days_to_first=28), "6.08"),
        (replace(LEASE, fees=(INSURANCE,)), "12.44"),
        (replace(LEASE, fees=(INSURANCE, SERVICE)), "12.44"),
    ],
)
def test_a_lease_costs_more_than_its_nominal_rate_says(asked: Effective, percent: str) -> None:
    """By what is paid within the month, early in it above all, and for insurance that nobody gets it without."""
    sheet = effective_rate(asked)

    assert isinstance(sheet, Sheet)
    assert str(percent_of(sheet)) == percent == f"{reckoned(asked):.2f}"
    assert sheet.notes == (Note.BIKE_FOR_RESIDUAL,)


@pytest.mark.parametrize(
    ("handed_over_on", "due_day", "percent", "first", "end"),
    [
        (date(2027, 1, 31), 1, "6.36", "1/365", "3"),  # as was told
        (date(2027, 1, 20), 1, "6.23", "12/365", "3+11/365"),
        (date(2027, 1, 1), 1, "6.03", "1/12", "3+30/365"),
        (date(2027, 1, 2), 28, "5.80", "1/12+26/365", "3+29/365"),
        (date(2027, 1, 31), 31, "6.06", "1/12", "3"),  # from one month's last day to the next one's
    ],
)
def test_once_the_handover_is_known_each_payment_is_so_many_months_and_days_after_it(
    handed_over_on: date, due_day: int, percent: str, first: str, end: str
) -> None:
    """Whole months are counted back from the payment, and what days are left at the beginning."""
    told = replace(LEASE, days_to_first=shortest_days(due_day))
    sheet = effective_rate_from_handover(EffectiveFromHandover(told, handed_over_on, date(2027, 2, 1), due_day))

    assert isinstance(sheet, Sheet)
    years, last = (sum(Fraction(part) for part in each.split("+")) for each in (first, end))

    def worth(x: float) -> float:
        rates = sum(111.29 * math.pow(1 + x, -float(years) - k / 12) for k in range(36))
        return rates + 399.90 * math.pow(1 + x, -float(last))

    low, high = 0.0, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if worth(middle) > 3999 else (low, middle)
    assert f"{percent_of(sheet):.2f}" == percent == f"{100 * low:.2f}"
    assert results(sheet) == results(effective_rate(told)), "what is paid is the same"


def test_nothing_begins_before_its_handover() -> None:
    early = EffectiveFromHandover(LEASE, date(2027, 2, 2), date(2027, 2, 1), 1)
    refused = Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/first_month")
    assert effective_rate_from_handover(early) == refused
    assert effective_rate_from_handover(replace(early, handed_over_on=date(2027, 1, 2), due_day=32)) == refused
    no_lease = replace(early, told=replace(LEASE, months=0))
    assert effective_rate_from_handover(no_lease) == Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/months")


def test_all_that_is_paid_is_told_with_what_of_it_is_the_cost() -> None:
    """36 x 121.93 and the bike for 399.90."""
    assert results(effective_rate(replace(LEASE, fees=(INSURANCE,)))) == {"total": "4789.38", "cost": "790.38"}


def test_paid_at_the_end_of_each_month_it_is_the_nominal_rate_compounded() -> None:
    """(1 + 5.9 % / 12)^12 - 1 is 6.0622 %; the rate was rounded down to the cent."""
    asked = [Flow(Fraction(month, 12), Fraction(11129, 100)) for month in range(1, 37)]
    found = annual_rate([Flow(Fraction(0), Fraction(3999))], [*asked, Flow(Fraction(3), Fraction(39990, 100))])

    assert found is not None
    assert f"{100 * found:.2f}" == "6.06"


def test_what_costs_nothing_has_no_rate_though_rounding_gives_a_cent_less_back() -> None:
    sheet = effective_rate(Effective(eur("1,000"), eur("0"), 36, eur("27.77"), (), 1, RULE))

    assert isinstance(sheet, Sheet)
    assert (str(percent_of(sheet)), results(sheet)["cost"]) == ("0", "-0.28")


@pytest.mark.parametrize(
    ("asked", "reason", "pointer"),
    [
        (replace(LEASE, financed=eur("0")), NotCalculable.AMOUNT_OUT_OF_RANGE, "/financed"),
        (replace(LEASE, fees=(Fee(FeeKind.SERVICE, eur("-1")),)), NotCalculable.AMOUNT_OUT_OF_RANGE, "/rate"),
        (replace(LEASE, months=121), NotCalculable.TERM_OUT_OF_RANGE, "/months"),
        (replace(LEASE, days_to_first=0), NotCalculable.TERM_OUT_OF_RANGE, "/months"),
        (replace(LEASE, rate=eur("100,000")), NotCalculable.RATE_OUT_OF_RANGE, "/fees"),
    ],
)
def test_what_is_no_lease_has_no_rate(asked: Effective, reason: NotCalculable, pointer: str) -> None:
    assert effective_rate(asked) == Refusal(reason, pointer)


def test_where_nobody_knows_the_handovers_day_it_is_the_last_before_the_first_month() -> None:
    assert [shortest_days(day) for day in (1, 15, 28, 29, 31)] == [1, 15, 28, 28, 28]


LEASES = st.builds(
    Effective,
    financed=st.integers(500_00, 10_000_00).map(lambda cents: Money(cents, "EUR")),
    residual=st.just(eur("0")),
    months=st.integers(6, 60),
    rate=st.just(eur("0")),
    fees=st.sampled_from(((), (INSURANCE,), (SERVICE,), (INSURANCE, SERVICE))),
    days_to_first=st.integers(1, 31),
    rule=st.just(RULE),
)


@settings(max_examples=40)
@given(LEASES, st.integers(0, 100), st.decimals(0, 25, places=2))
def test_at_the_rate_found_what_is_paid_is_worth_what_was_financed(
    lease: Effective, residual_share: int, nominal: Decimal
) -> None:
    residual = Money(lease.financed.amount * residual_share // 100, "EUR")
    plan = monthly_rate(
        replace(financing("1", "0", "0"), financed=lease.financed, residual=residual, months=lease.months,
                nominal_percent=nominal)
    )  # fmt: skip
    assert isinstance(plan, Sheet)
    asked = replace(lease, residual=residual, rate=plan.results["rate"])
    sheet = effective_rate(asked)
    assert isinstance(sheet, Sheet)
    exact = next(step.exact for step in sheet.steps if step.name == "effective_percent")

    if sheet.results["cost"].amount <= 0:
        assert exact == 0
        return
    assert abs(float(exact) - reckoned(asked)) < 1e-7
    monthly = next(Fraction(step.value) for step in sheet.steps if step.name == "monthly")
    worth = sum(float(flow.amount) / (1 + float(exact) / 100) ** float(flow.years) for flow in payments(asked, monthly))
    assert abs(worth - float(euros(asked.financed))) < 1e-5
    dearer = effective_rate(replace(asked, fees=(*asked.fees, INSURANCE)))
    assert isinstance(dearer, Sheet)
    assert percent_of(dearer) > percent_of(sheet)
