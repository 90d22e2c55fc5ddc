"""The monthly rate: published numbers to the cent, and what holds of any plan."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.bike_leasing.calculation.annuity import (
    Due,
    Financing,
    amortised,
    exact_rate,
    monthly_interest,
    monthly_rate,
    present_value,
)
from domain.bike_leasing.calculation.fees import Bearer, Fee, FeeKind, MonthOfLease, month_of_lease
from domain.bike_leasing.calculation.sheets import NotCalculable, Sheet, euros
from domain.bike_leasing.calculation.vat import STANDARD_RATES
from domain.money import Money
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import ADVANCE, ARREARS, eur, financing, results

NINETEEN = STANDARD_RATES[-1]


# The first row is a quote that Lease a Bike published in 2020, its nominal rate solved from it; the others are calculated.
@pytest.mark.parametrize(
    ("financed", "residual", "percent", "arrears", "advance"),
    [
        ("2,500.00", "250.00", "5.764119", "69.41", "69.08"),
        ("2,500.00", "250.00", "5.76", "69.40", "69.07"),
        ("3,999.00", "399.90", "5.90", "111.29", "110.75"),
        ("7,000.00", "700.00", "5.90", "194.81", "193.86"),
        ("3,360.50", "336.05", "5.90", "93.52", "93.07"),
        ("3,600", "0", "0", "100.00", "100.00"),
    ],
)
def test_the_rate_is_what_was_published_to_the_cent(
    financed: str, residual: str, percent: str, arrears: str, advance: str
) -> None:
    asked = financing(financed, residual, percent)

    assert results(monthly_rate(asked))["rate"] == arrears
    assert results(monthly_rate(replace(asked, due=ADVANCE)))["rate"] == advance


def test_a_net_plan_tells_its_rate_gross_as_well() -> None:
    asked = financing("3,360.50", "336.05", "5.90", vat=NINETEEN)

    assert results(monthly_rate(asked)) == {"rate": "93.52", "rate_gross": "111.29", "sum_of_rates": "3366.72"}


def test_a_sheet_says_by_which_steps_it_came_to_its_rate() -> None:
    sheet = monthly_rate(financing("3,999.00", "399.90", "5.90"))

    assert isinstance(sheet, Sheet)
    assert [(step.name, str(step.exact), step.rounding, str(step.value)) for step in sheet.steps] == [
        ("i", "0.004916666667", "none", "0.004916666667"),
        ("q^n", "1.193113522797", "none", "1.193113522797"),
        ("rate", "111.294768463437", "cent", "111.29"),
        ("sum_of_rates", "4006.44", "cent", "4006.44"),
    ]


@pytest.mark.parametrize(
    ("asked", "reason", "pointer"),
    [
        (financing("0", "0", "5"), NotCalculable.AMOUNT_OUT_OF_RANGE, "/financed"),
        (financing("100", "100.01", "5"), NotCalculable.RESIDUAL_TOO_HIGH, "/residual"),
        (financing("100", "0", "5", months=0), NotCalculable.TERM_OUT_OF_RANGE, "/months"),
        (financing("100", "0", "5", months=121), NotCalculable.TERM_OUT_OF_RANGE, "/months"),
        (financing("100", "0", "-0.1"), NotCalculable.RATE_OUT_OF_RANGE, "/nominal_percent"),
        (financing("100", "0", "NaN"), NotCalculable.RATE_OUT_OF_RANGE, "/nominal_percent"),
        (financing("100", "0", "5.1234567"), NotCalculable.RATE_OUT_OF_RANGE, "/nominal_percent"),
        (
            replace(financing("100", "0", "5"), residual=Money(0, "CHF")),
            NotCalculable.AMOUNT_OUT_OF_RANGE,
            "/residual",
        ),
    ],
)
def test_what_cannot_be_financed_is_refused_with_where_it_stands(
    asked: Financing, reason: NotCalculable, pointer: str
) -> None:
    assert monthly_rate(asked) == Refusal(reason, pointer)


PLANS = st.builds(
    Financing,
    financed=st.integers(1, 20_000_00).map(lambda cents: Money(cents, "EUR")),
    residual=st.just(Money(0, "EUR")),
    months=st.integers(1, 60),
    nominal_percent=st.decimals(0, 25, places=2),
    due=st.sampled_from(Due),
)


def plan_of(asked: Financing, residual_share: int) -> tuple[Financing, Money]:
    whole = replace(asked, residual=Money(asked.financed.amount * residual_share // 100, "EUR"))
    sheet = monthly_rate(whole)
    assert isinstance(sheet, Sheet)
    return whole, sheet.results["rate"]


@given(PLANS, st.integers(0, 100))
def test_any_plan_is_worth_what_was_financed(asked: Financing, residual_share: int) -> None:
    """To the last digit before rounding; afterwards to half a cent for each rate, as it is worth today."""
    asked, rate = plan_of(asked, residual_share)
    i, financed, months = monthly_interest(asked), euros(asked.financed), range(asked.months)

    assert present_value((exact_rate(asked) for _ in months), euros(asked.residual), i, asked.due) == financed
    worth = present_value((euros(rate) for _ in months), euros(asked.residual), i, asked.due)
    half_cents = present_value((Fraction(1, 200) for _ in months), Fraction(0), i, asked.due)
    assert abs(worth - financed) <= half_cents


@given(PLANS, st.integers(0, 100))
def test_any_plan_adds_up_to_the_cent(asked: Financing, residual_share: int) -> None:
    asked, rate = plan_of(asked, residual_share)
    parts = amortised(asked, rate)

    assert len(parts) == asked.months
    assert sum(part.principal.amount for part in parts) + asked.residual.amount == asked.financed.amount
    assert all(part.interest + part.principal == rate for part in parts)
    assert sum(part.rate.amount for part in parts) == asked.months * rate.amount
    assert parts[-1].balance == asked.residual


def test_interest_falls_with_what_is_left() -> None:
    asked = financing("2,500.00", "250.00", "5.764119")
    first, *_, last = amortised(asked, eur("69.41"))

    assert (first.interest, first.principal, first.balance) == (eur("12.01"), eur("57.40"), eur("2,442.60"))
    assert last.interest.amount < first.interest.amount


def test_whoever_pays_in_advance_pays_no_interest_for_what_is_paid_at_once() -> None:
    asked = financing("1,200.00", "0", "12", months=1, due=ADVANCE)

    assert results(monthly_rate(asked))["rate"] == "1200.00"
    assert results(monthly_rate(replace(asked, due=ARREARS)))["rate"] == "1212.00"


def test_what_the_employer_bears_is_not_taken_from_the_pay() -> None:
    """69.41 with insurance of 10.64 is the 80.05 that the published quote converts."""
    insured = MonthOfLease(eur("69.41"), (Fee(FeeKind.INSURANCE, eur("10.64")),))
    service = Fee(FeeKind.SERVICE, eur("3.67"), Bearer.EMPLOYER)
    subsidised = MonthOfLease(eur("69.41"), (*insured.fees, service), subsidy=eur("15.00"))

    assert results(month_of_lease(insured)) == {"total": "80.05", "employer": "0.00", "conversion": "80.05"}
    assert results(month_of_lease(subsidised)) == {"total": "83.72", "employer": "18.67", "conversion": "65.05"}
    too_much = replace(insured, subsidy=eur("69.42"))
    assert month_of_lease(too_much) == Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/subsidy")
