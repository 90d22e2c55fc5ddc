"""The representative example: at least two thirds of what is expected costs as much or less."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.bike_leasing.calculation.consumers import ConsumersLease, consumers_sheets, example_in
from domain.bike_leasing.calculation.effective_rate import EFFECTIVE_RATE_RULES, Effective, percent_of
from domain.bike_leasing.calculation.fees import Fee, FeeKind
from domain.bike_leasing.calculation.representative import (
    EXAMPLE_RULES,
    EXPECTED_PRICES,
    ExampleRule,
    ExpectedPrices,
    Representative,
    RepresentativeExample,
    representative_example,
)
from domain.bike_leasing.calculation.sheets import EUR, NotCalculable, Note, Sheet
from domain.money import Money
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import eur, financing

INSURANCE = Fee(FeeKind.INSURANCE, eur("10.64"))
TOLD = Effective(eur("3,999"), eur("399.90"), 36, eur("111.29"), (INSURANCE,), 15, EFFECTIVE_RATE_RULES[-1])
RULE, PRICES = EXAMPLE_RULES[-1], EXPECTED_PRICES[-1]
ASKED = Representative(TOLD, financing("3,999.00", "399.90", "5.90"), PRICES, RULE)
OWN = ConsumersLease(eur("3,999"), eur("399.90"), 36, Decimal("5.90"), date(2026, 12, 1), due_day=15, fees=(INSURANCE,))


def example(asked: Representative) -> Sheet[Representative]:
    found = representative_example(asked)
    assert isinstance(found, Sheet)
    return found


def expecting(*prices: int, rule: ExampleRule = RULE) -> Representative:
    return replace(
        ASKED, expected=ExpectedPrices(PRICES.version, tuple(Money(each * 100, EUR) for each in prices)), rule=rule
    )


def rates(sheet: Sheet[Representative]) -> list[Decimal]:
    return [step.value for step in sheet.steps if step.name.startswith("effective_percent:")]


def chosen(sheet: Sheet[Representative]) -> Decimal:
    return next(step.value for step in sheet.steps if step.name == "effective_percent")


def test_of_six_expected_prices_it_is_the_rate_that_four_of_them_do_not_exceed() -> None:
    """At 3,000 and above: 36 x (83.49 + 10.64), and the bike for 300."""
    sheet = example(ASKED)
    assert [str(rate) for rate in rates(sheet)] == ["22.18", "15.72", "14.12", "12.98", "12.13", "10.94"]
    assert example_in({"representative": sheet}) == RepresentativeExample(
        Decimal("5.90"), Decimal("14.12"), eur("3,000"), 36, eur("94.13"), eur("3,688.68"), eur("688.68")
    )
    assert sheet.notes == (Note.BIKE_FOR_RESIDUAL, Note.EXPECTED)


@pytest.mark.parametrize(
    ("prices", "financed"),
    [
        ((3_000,), 3_000),
        ((2_000, 3_000), 2_000),  # one of two is less than two thirds
        ((2_000, 3_000, 4_000), 3_000),
        ((2_000, 2_500, 3_000, 4_000), 2_500),
        ((4_000, 2_000, 3_000), 3_000),
    ],
)
def test_parts_of_contracts_are_rounded_up(prices: tuple[int, ...], financed: int) -> None:
    assert example(expecting(*prices)).results["financed"] == Money(financed * 100, EUR)


def test_how_many_do_not_exceed_it_is_the_rules() -> None:
    all_of_them = replace(RULE, parts=1, whole=1)
    assert example(expecting(2_000, 3_000, 4_000, rule=all_of_them)).results["financed"] == eur("2,000")


@settings(max_examples=40)
@given(st.lists(st.integers(300, 9_000), min_size=1, max_size=7), st.integers(0, 3_000))
def test_at_least_two_thirds_pay_its_rate_or_less_and_with_any_lower_one_it_would_be_fewer(
    prices: list[int], cents: int
) -> None:
    fees = (Fee(FeeKind.INSURANCE, Money(cents, EUR)),)
    sheet = example(replace(expecting(*prices), told=replace(TOLD, fees=fees)))
    found, at = rates(sheet), chosen(sheet)
    assert 3 * sum(rate <= at for rate in found) >= 2 * len(prices)
    assert 3 * sum(rate < at for rate in found) < 2 * len(prices)


def test_prices_whose_rate_is_beyond_any_that_is_meant_count_as_dear() -> None:
    dear = replace(TOLD, fees=(Fee(FeeKind.INSURANCE, eur("500")),))
    asked = replace(expecting(400, 4_000, 5_000), told=dear)
    assert example(asked).results["financed"] == eur("4,000")
    assert representative_example(replace(expecting(400, 5_000), told=dear)) == Refusal(
        NotCalculable.RATE_OUT_OF_RANGE, "/fees"
    )


def test_a_consumer_is_told_it_beside_her_own_price() -> None:
    sheets = consumers_sheets(OWN)
    assert isinstance(sheets, dict)
    assert sheets["representative"] == example(ASKED)
    assert percent_of(sheets["effective_rate"]) == Decimal("12.13")


def test_before_the_law_wanted_one_there_is_none() -> None:
    sheets = consumers_sheets(replace(OWN, concluded_on=date(2022, 5, 27)))
    assert isinstance(sheets, dict)
    assert "representative" not in sheets
    assert example_in(sheets) is None
