"""What holds of any plan whatever: for any term, rate, residual value, handover and due day, in arrears and in advance.

What a plan is worth is reckoned forward here, month by month, as an account runs; the product discounts.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from domain.bike_leasing.calculation.annuity import Due, Financing, amortised, exact_rate, monthly_rate
from domain.bike_leasing.calculation.fees import Fee, FeeKind
from domain.bike_leasing.calculation.schedule import START_POLICIES, starts
from domain.bike_leasing.calculation.sheets import LONGEST, Sheet, euros
from domain.bike_leasing.contracts.leases import BikeKind, LeasedBike, LeaseQuote
from domain.bike_leasing.contracts.plans import Calendar, LeaseInstalment, last_day, planned
from domain.holidays import is_working_day
from domain.money import Money
from tests.domain.bike_leasing.asking import eur

LATER = datetime(2099, 1, 1, tzinfo=UTC)
FEES = (Fee(FeeKind.INSURANCE, eur("10.64")), Fee(FeeKind.SERVICE, eur("3.67")))


class Case(Struct, frozen=True):
    financing: Financing
    handed_over_on: date
    due_day: int


def case(
    financed: int, share: int, months: int, percent: Decimal, due: Due, handed_over_on: date, due_day: int
) -> Case:
    residual = financed * share // 100
    return Case(
        Financing(Money(financed, "EUR"), Money(residual, "EUR"), months, percent, due), handed_over_on, due_day
    )


LEAP_DAY, END_OF_JANUARY, NEW_YEARS_EVE = date(2028, 2, 29), date(2027, 1, 31), date(2026, 12, 31)
CASES = st.builds(
    case,
    financed=st.integers(1, 20_000_00),
    share=st.integers(0, 100),
    months=st.one_of(st.integers(1, 48), st.integers(1, LONGEST)),
    percent=st.one_of(st.just(Decimal(0)), st.decimals(0, 25, places=2), st.decimals(0, 100, places=6)),
    due=st.sampled_from(Due),
    handed_over_on=st.one_of(
        st.dates(date(2024, 1, 1), date(2036, 12, 31)),
        st.sampled_from((LEAP_DAY, date(2024, 2, 29), END_OF_JANUARY, date(2026, 8, 31), NEW_YEARS_EVE)),
    ),
    due_day=st.integers(1, 31),
)


def rate_of(asked: Financing) -> Money:
    sheet = monthly_rate(asked)
    assert isinstance(sheet, Sheet)
    return sheet.results["rate"]


def plan_of(found: Case) -> tuple[LeaseInstalment, ...]:
    asked = found.financing
    bike = LeasedBike(BikeKind.PEDELEC, "Stadtrad", asked.financed, asked.financed)
    quote = LeaseQuote(bike, LATER, asked.months, rate_of(asked), FEES)
    first, _ = starts(found.handed_over_on, START_POLICIES[-1])
    return planned(first, quote, None, Calendar(found.due_day, "NI"))


def left_after(asked: Financing, rate: Fraction) -> Fraction:
    """Of what was financed, when all rates are paid: each month bears interest on what is left."""
    i, left = Fraction(asked.nominal_percent) / 1200, euros(asked.financed)
    for _ in range(asked.months):
        left = (left - rate) * (1 + i) if asked.due is Due.ADVANCE else left * (1 + i) - rate
    return left


@pytest.mark.parametrize("due", Due)
@pytest.mark.parametrize("percent", ["0", "5.9", "11.99"])
@pytest.mark.parametrize("months", [1, 12, 36])
@pytest.mark.parametrize("residual", ["0", "399.90", "3,999"])
def test_the_exact_rates_leave_exactly_the_residual_value(due: Due, percent: str, months: int, residual: str) -> None:
    """What is worth today what was financed leaves that at the end, and nothing else."""
    asked = Financing(eur("3,999"), eur(residual), months, Decimal(percent), due)

    assert left_after(asked, exact_rate(asked)) == euros(asked.residual)


@settings(max_examples=150)
@given(CASES)
@example(case(3_999_00, 0, 36, Decimal(0), Due.ADVANCE, LEAP_DAY, 31))
@example(case(3_999_00, 10, 36, Decimal("5.90"), Due.ARREARS, LEAP_DAY, 29))
@example(case(3_999_00, 10, 1, Decimal("5.90"), Due.ADVANCE, END_OF_JANUARY, 31))
@example(case(1, 100, LONGEST, Decimal(100), Due.ARREARS, NEW_YEARS_EVE, 1))
def test_a_plan_is_worth_what_was_financed_to_half_a_cent_of_each_rate(found: Case) -> None:
    """Interest carries each rate's rounding to the end, so that is where it is measured."""
    asked = found.financing
    plan, i = plan_of(found), Fraction(asked.nominal_percent) / 1200
    rates = {each.parts.rate for each in plan}

    assert rates == {rate_of(asked)}, "all rates are the same"
    left = left_after(asked, euros(rates.pop()))
    grown = Fraction(asked.months) if not i else ((1 + i) ** asked.months - 1) / i
    assert abs(left - euros(asked.residual)) <= grown * (1 + i) / 200
    parts = amortised(asked, plan[0].parts.rate)
    assert sum(part.principal.amount for part in parts) + asked.residual.amount == asked.financed.amount
    assert (
        sum(part.interest.amount for part in parts)
        == sum(each.parts.rate.amount for each in plan) - asked.financed.amount + asked.residual.amount
    )


@settings(max_examples=150)
@given(CASES)
@example(case(3_999_00, 10, 36, Decimal("5.90"), Due.ARREARS, LEAP_DAY, 29))
@example(case(3_999_00, 10, LONGEST, Decimal("5.90"), Due.ARREARS, date(2024, 2, 29), 31))
@example(case(3_999_00, 10, 13, Decimal("5.90"), Due.ADVANCE, date(2027, 1, 31), 30))
def test_whatever_day_it_starts_on_its_sum_is_right_to_the_cent_and_every_month_is_paid_once(found: Case) -> None:
    plan, asked, handed_over_on = plan_of(found), found.financing, found.handed_over_on
    sheet = monthly_rate(asked)
    assert isinstance(sheet, Sheet)

    assert sum(each.parts.rate.amount for each in plan) == sheet.results["sum_of_rates"].amount
    assert sum(each.amount.amount for each in plan) == asked.months * (rate_of(asked).amount + 14_31)
    numbers = [each.month.year * 12 + each.month.month for each in plan]
    after = handed_over_on.year * 12 + handed_over_on.month + 1
    assert numbers == list(range(after, after + asked.months)), "from the month after the handover on, without a gap"
    assert {each.month.day for each in plan} == {1}
    for each in plan:
        wanted = day_of(each.month, found.due_day)
        missed = [wanted + timedelta(days=day) for day in range((each.due_on - wanted).days)]
        assert each.due_on >= wanted
        assert not any(is_working_day(day, "NI") for day in missed), "on its day, or the next working day"
        assert is_working_day(each.due_on, "NI")
    end = last_day(plan)
    assert (end.year * 12 + end.month, day_of(end.replace(day=1), 31)) == (numbers[-1], end)


def day_of(month: date, day: int) -> date:
    """That day of the month, or its last."""
    while True:
        try:
            return month.replace(day=day)
        except ValueError:
            day -= 1
