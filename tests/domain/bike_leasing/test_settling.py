"""What is owed for a lease that ends early."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bike_leasing.calculation.annuity import Due, amortised, monthly_rate
from domain.bike_leasing.calculation.settlement import DISCOUNTING, EarlyEnd, settlement
from domain.bike_leasing.calculation.sheets import NotCalculable, Sheet
from domain.money import Money
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import ADVANCE, ARREARS, early_end, eur, financing, results


# A public employer's terms (Rheinland-Pfalz): nothing is discounted.
@pytest.mark.parametrize(
    ("asked", "owed"),
    [
        (early_end(14, "111.29", "399.90", "1500"), "457.96"),
        (early_end(30, "69.41", "250", "1200"), "1132.30"),
        (
            early_end(20, "194.81", "700", "0", service_rate=eur("12.00"), service_used=True, services_paid=8),
            "4644.20",
        ),
        (early_end(1, "111.29", "399.90", "1500"), "0.00"),
    ],
)
def test_the_rates_left_and_the_residual_are_owed_less_what_the_bike_brings(asked: EarlyEnd, owed: str) -> None:
    assert results(settlement(asked))["owed"] == owed


def test_a_service_that_was_not_used_or_was_paid_for_a_year_costs_nothing_more() -> None:
    unused = early_end(20, "194.81", "700", "0", service_rate=eur("12.00"), services_paid=8)
    paid = early_end(20, "194.81", "700", "0", service_rate=eur("12.00"), service_used=True, services_paid=16)

    assert results(settlement(unused))["services"] == results(settlement(paid))["services"] == "0.00"


def test_what_would_be_paid_later_may_be_discounted() -> None:
    found = results(settlement(early_end(14, "111.29", "399.90", "1500", rule=DISCOUNTING)))

    assert found == {"remaining": "1875.44", "services": "0.00", "owed": "375.44"}


@given(
    st.integers(1, 48),
    st.data(),
    st.sampled_from((ARREARS, ADVANCE)),
    st.sampled_from(("0", "3.49", "5.90", "11.99")),
)
def test_discounted_it_is_what_the_plan_still_owes(months: int, data: st.DataObject, due: Due, percent: str) -> None:
    """To half a cent for every rate that was paid, with what it has grown to since."""
    asked = financing("3,999.00", "399.90", percent, months=months, due=due)
    paid = data.draw(st.integers(0, months))
    sheet = monthly_rate(asked)
    assert isinstance(sheet, Sheet)
    rate = sheet.results["rate"]
    end = EarlyEnd(months - paid, rate, asked.residual, Money(0, "EUR"), asked.nominal_percent, DISCOUNTING, asked.due)
    found = settlement(end)

    assert isinstance(found, Sheet)
    left = amortised(asked, rate)[paid - 1].balance if paid else asked.financed
    assert abs(found.results["remaining"].amount - left.amount) <= months
    assert found.results["remaining"].amount <= (months - paid) * rate.amount + asked.residual.amount


def test_what_is_no_plan_has_no_settlement() -> None:
    assert settlement(early_end(121, "1", "0", "0")) == Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/rates_left")
    assert settlement(early_end(1, "-1", "0", "0")) == Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/rate")
