"""A sheet that was stored is calculated again, to the cent and to the last digit of its steps."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.bike_leasing.calculation.benefit import BENEFIT_RULES, BikeGiven
from domain.bike_leasing.calculation.effective_rate import EFFECTIVE_RATE_RULES, Effective, EffectiveFromHandover
from domain.bike_leasing.calculation.fees import Fee, FeeKind, MonthOfLease
from domain.bike_leasing.calculation.net_effect import SOCIAL_RULES, Burden, BurdenOfPay
from domain.bike_leasing.calculation.recomputing import Question, calculate, recomputed, restored, stored
from domain.bike_leasing.calculation.representative import EXAMPLE_RULES, EXPECTED_PRICES, Representative
from domain.bike_leasing.calculation.settlement import DISCOUNTING
from domain.bike_leasing.calculation.sheets import Sheet
from domain.bike_leasing.calculation.vat import STANDARD_RATES, ConvertedPay
from tests.domain.bike_leasing.asking import ADVANCE, bought, early_end, eur, financing

GOLDEN = Path(__file__).with_name("golden_sheets.jsonl")
"""Sheets as they were stored on 29 November 2026, one to a line. They are never written anew: a calculation that changes gets
another version, and lines of its own."""

QUESTIONS: tuple[Question, ...] = (
    financing("3,999.00", "399.90", "5.90"),
    financing("3,360.50", "336.05", "5.764119", due=ADVANCE, vat=STANDARD_RATES[-1]),
    Effective(eur("3,999"), eur("399.90"), 36, eur("111.29"), (), 15, EFFECTIVE_RATE_RULES[-1]),
    Effective(
        *(eur("3,999"), eur("399.90"), 36, eur("111.29")),
        (Fee(FeeKind.INSURANCE, eur("10.64")), Fee(FeeKind.SERVICE, eur("3.67"))),
        *(1, EFFECTIVE_RATE_RULES[-1]),
    ),
    EffectiveFromHandover(
        Effective(eur("3,999"), eur("399.90"), 36, eur("111.29"), (), 15, EFFECTIVE_RATE_RULES[-1]),
        *(date(2027, 1, 20), date(2027, 2, 1), 15),
    ),
    Representative(
        Effective(eur("3,999"), eur("399.90"), 36, eur("111.29"), (), 15, EFFECTIVE_RATE_RULES[-1]),
        *(financing("3,999.00", "399.90", "5.90"), EXPECTED_PRICES[-1], EXAMPLE_RULES[-1]),
    ),
    MonthOfLease(eur("69.41"), (Fee(FeeKind.INSURANCE, eur("10.64")),), eur("15.00")),
    BikeGiven(eur("3,999"), date(2026, 11, 23), BENEFIT_RULES[-1]),
    Burden(eur("80.05"), eur("6"), Decimal("46.67")),
    BurdenOfPay(eur("160"), eur("12"), eur("5,900"), Decimal(30), SOCIAL_RULES[-1], childless=True),
    bought("2,599", church_percent=Decimal(6)),
    early_end(14, "111.29", "399.90", "1500", rule=DISCOUNTING),
    early_end(20, "194.81", "700", "0", service_rate=eur("12"), service_used=True, services_paid=8),
    ConvertedPay(eur("135"), eur("120"), True, STANDARD_RATES[-1]),
)


def tag(question: Any) -> str:
    return str(question.__struct_config__.tag)


@pytest.mark.parametrize("question", QUESTIONS, ids=tag)
def test_a_sheet_comes_back_from_its_json_and_is_made_anew_from_it(question: Question) -> None:
    sheet = calculate(question)
    assert isinstance(sheet, Sheet)

    assert restored(stored(sheet)) == sheet
    assert recomputed(stored(sheet)) == sheet


@pytest.mark.parametrize("line", GOLDEN.read_bytes().splitlines())
def test_what_was_stored_years_ago_still_gives_the_same_cents(line: bytes) -> None:
    sheet = recomputed(line)

    assert isinstance(sheet, Sheet)
    assert sheet == restored(line)
    assert stored(sheet) == line


def test_every_calculation_has_a_golden_sheet() -> None:
    kept = {restored(line).asked.__struct_config__.tag for line in GOLDEN.read_bytes().splitlines()}

    assert kept == {kind.__struct_config__.tag for kind in Question.__args__}


def test_a_rule_that_has_changed_since_does_not_change_what_was_stored() -> None:
    """The rule travels with the sheet."""
    sheet = calculate(BikeGiven(eur("3,999"), date(2026, 11, 23), BENEFIT_RULES[0]))

    assert isinstance(sheet, Sheet)
    assert recomputed(stored(sheet)) == sheet
    assert sheet.results == {"benefit": eur("19.00")}


def test_what_is_no_sheet_is_not_taken_for_one() -> None:
    with pytest.raises(msgspec.ValidationError):
        restored(b'{"asked":{"type":"annuity-0"},"steps":[],"results":{}}')
