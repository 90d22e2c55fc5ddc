"""Benefit in kind, net burden, purchase at the end, and value added tax on converted pay: published numbers to the cent."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.bike_leasing.calculation.benefit import BENEFIT_RULES, BikeGiven, benefit_in_kind
from domain.bike_leasing.calculation.buyout import purchase
from domain.bike_leasing.calculation.net_effect import (
    SOCIAL_RULES,
    TOLD,
    Burden,
    BurdenOfPay,
    net_burden,
    net_burden_of_pay,
)
from domain.bike_leasing.calculation.sheets import NotCalculable, Note, Sheet, in_force
from domain.bike_leasing.calculation.vat import STANDARD_RATES, ConvertedPay, vat_on_converted_pay
from domain.money import Money
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import bought, eur, results

NOVEMBER = date(2026, 11, 23)
QUARTER = BENEFIT_RULES[-1]


def given_bike(list_price: str, **more: Any) -> BikeGiven:
    return BikeGiven(eur(list_price), more.pop("on", NOVEMBER), more.pop("rule", QUARTER), **more)


# UStAE 15.24 and the decrees of 9 January 2020.
@pytest.mark.parametrize(
    ("list_price", "benefit"),
    [
        ("750", "1.00"),
        ("2,599", "6.00"),
        ("3,999", "9.00"),
        ("4,000", "10.00"),
        ("5,499", "13.00"),
        ("7,000", "17.00"),
        ("399", "0.00"),
    ],
)
def test_the_quarter_is_taken_before_it_is_rounded_down(list_price: str, benefit: str) -> None:
    assert results(benefit_in_kind(given_bike(list_price))) == {"benefit": benefit}


def test_a_bike_on_top_of_the_pay_is_free_of_tax() -> None:
    assert results(benefit_in_kind(given_bike("3,999", on_top=True))) == {"benefit": "0.00"}


def test_the_rule_is_that_of_the_month_and_counts_for_bikes_given_while_it_lasts() -> None:
    assert in_force(BENEFIT_RULES, date(2019, 12, 31)) == BENEFIT_RULES[0]
    assert in_force(BENEFIT_RULES, date(2020, 1, 1)) == QUARTER
    assert in_force(BENEFIT_RULES, date(2018, 12, 31)) is None
    assert results(benefit_in_kind(given_bike("3,999", rule=BENEFIT_RULES[0]))) == {"benefit": "19.00"}
    too_late = given_bike("3,999", on=date(2031, 1, 1))
    assert benefit_in_kind(too_late) == Refusal(NotCalculable.NO_RULE_THEN, "/handed_over_on")


# The first is published (a provider's page of 2020), its marginal rate solved from it; the others are calculated.
@pytest.mark.parametrize(
    ("conversion", "benefit", "percent", "burden"),
    [
        ("80.05", "6", "46.67", "45.49"),
        ("135", "9", "48.15", "74.33"),
        ("135", "9", "41.06", "83.26"),
        ("160", "12", "21.15", "128.70"),
        ("160", "12", "0", "160.00"),
    ],
)
def test_the_net_burden_is_an_estimate_by_one_marginal_rate(
    conversion: str, benefit: str, percent: str, burden: str
) -> None:
    sheet = net_burden(Burden(eur(conversion), eur(benefit), Decimal(percent)))

    assert results(sheet) == {"net_burden": burden}
    assert isinstance(sheet, Sheet)
    assert sheet.notes == TOLD
    assert {Note.ESTIMATE, Note.LESS_PENSION} <= set(sheet.notes)


def of_pay(gross: str, tax: str = "0", *, childless: bool = False) -> BurdenOfPay:
    return BurdenOfPay(eur("160"), eur("12"), eur(gross), Decimal(tax), SOCIAL_RULES[-1], childless)


@pytest.mark.parametrize(
    ("gross", "insurance", "employer"),
    [
        ("3,500", "31.30", "31.30"),  # 21.15 % of 148
        ("5,812.50", "31.30", "31.30"),
        ("5,900", "22.07", "22.07"),  # 148 x 10.6 %, and 10.55 % of the 60.50 that lie below the lower ceiling
        ("6,500", "15.69", "15.69"),  # above it, pension and unemployment alone
        ("8,450", "15.69", "15.69"),
        ("8,500", "10.39", "10.39"),  # 10.6 % of the 98 that lie below the upper ceiling
        ("8,700", "0.00", "0.00"),  # above both
    ],
)
def test_insurance_takes_nothing_above_its_ceilings(gross: str, insurance: str, employer: str) -> None:
    found = results(net_burden_of_pay(of_pay(gross)))

    assert (found["insurance_saved"], found["employer_saves"]) == (insurance, employer)


def test_shares_and_ceilings_are_those_of_2026() -> None:
    """5,812.50 and 8,450.00 euros by month, an average extra 2.9 % (IHK Halle, GMB); employees' shares 7.3 and half of that, 1.8 (0.6 more
    without children), 9.3, 1.3: together 21.15 %."""
    rule = SOCIAL_RULES[-1]

    assert (rule.lower_ceiling, rule.upper_ceiling) == (eur("5,812.50"), eur("8,450"))
    assert rule.health == Decimal("7.3") + Decimal("2.9") / 2
    assert (rule.care, rule.care_childless, rule.pension, rule.unemployment) == (
        Decimal("1.8"),
        Decimal("0.6"),
        Decimal("9.3"),
        Decimal("1.3"),
    )
    assert rule.health + rule.care + rule.pension + rule.unemployment == Decimal("21.15")


def test_without_tax_the_burden_of_pay_is_the_published_one_of_the_shares_alone() -> None:
    assert results(net_burden_of_pay(of_pay("3,000")))["net_burden"] == "128.70"


def test_whoever_has_no_children_saves_more_and_the_employer_does_not() -> None:
    found = results(net_burden_of_pay(of_pay("3,500", "30", childless=True)))

    assert found == {
        "insurance_saved": "32.19",
        "tax_saved": "44.40",
        "net_burden": "83.41",
        "employer_saves": "31.30",
    }


# 30 % by § 37b EStG, as the letter of the ministry says, not the 25 % of one provider's printed example.
@pytest.mark.parametrize(
    ("list_price", "offer", "worth", "base", "flat", "solidarity"),
    [
        ("2,599", "467.82", "1000.00", "532.18", "159.65", "8.78"),
        ("3,999", "719.82", "1560.00", "840.18", "252.05", "13.86"),
        ("7,000", "1260.00", "2800.00", "1540.00", "462.00", "25.41"),
    ],
)
def test_a_purchase_below_the_market_costs_its_seller_the_flat_tax(
    list_price: str, offer: str, worth: str, base: str, flat: str, solidarity: str
) -> None:
    sheet = purchase(bought(list_price))
    found = results(sheet)

    shown = ("offer", "market_value", "tax_base", "flat_tax", "solidarity", "church_tax")
    assert tuple(found[name] for name in shown) == (offer, worth, base, flat, solidarity, "0.00")
    assert isinstance(sheet, Sheet)
    assert sheet.notes == (Note.NOT_PROMISED,)


def test_after_other_terms_somebody_has_to_say_what_the_bike_is_worth() -> None:
    assert purchase(bought("2,599", months=24)) == Refusal(NotCalculable.NO_MARKET_VALUE, "/market_value")
    valued = results(purchase(bought("2,599", months=24, market_value=eur("400"))))
    assert (valued["market_value"], valued["tax_base"], valued["seller_pays"]) == ("400.00", "0.00", "0.00")


def test_church_tax_is_a_part_of_the_flat_tax_where_the_seller_pays_it() -> None:
    found = results(purchase(bought("2,599", church_percent=Decimal(6))))

    assert (found["church_tax"], found["seller_pays"]) == ("9.58", "178.01")


def converted(conversion: str, costs_net: str = "0", *, deducts: bool = True) -> ConvertedPay:
    return ConvertedPay(eur(conversion), eur(costs_net), deducts, STANDARD_RATES[-1])


def test_converted_pay_is_gross_and_holds_its_tax() -> None:
    assert results(vat_on_converted_pay(converted("135.00"))) == {"base": "113.45", "vat": "21.55"}


def test_the_base_is_at_least_what_the_bike_costs() -> None:
    assert results(vat_on_converted_pay(converted("135.00", "120.00"))) == {"base": "120.00", "vat": "22.80"}


def test_who_deducts_no_tax_owes_none() -> None:
    assert results(vat_on_converted_pay(converted("135.00", deducts=False))) == {"base": "0.00", "vat": "0.00"}


@given(st.integers(0, 20_000_00))
def test_the_benefit_is_whole_euros_and_never_more_than_a_quarter_percent(cents: int) -> None:
    sheet = benefit_in_kind(replace(given_bike("1"), list_price=Money(cents, "EUR")))

    assert isinstance(sheet, Sheet)
    benefit = sheet.results["benefit"].amount
    assert benefit % 100 == 0
    assert 0 <= cents - 400 * benefit < 400_00
