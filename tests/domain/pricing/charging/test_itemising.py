"""A price by OCPI becomes items of a bill."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import vat_within
from domain.pricing.charging.itemising import BillItem, Part, itemised
from domain.pricing.charging.prices import price_session
from domain.pricing.charging.sessions import Activity, ChargingPeriod, ChargingSession, Reservation
from domain.pricing.charging.tariffs import ChargingTariff
from domain.refusals import Refusal
from tests.domain.pricing.charging.sessions import BERLIN, MINUTE, a_tariff, at, element, per, priced, spent
from tests.domain.pricing.charging.test_properties import cents, sessions, tariffs

NOON = at("2027-05-10T12:00")
STANDARD, REDUCED = Decimal("0.19"), Decimal("0.07")


def billed(tariff: ChargingTariff, *periods: ChargingPeriod, **fields: Any) -> tuple[BillItem, ...]:
    return itemised(tariff, priced(tariff, *periods, **fields), STANDARD)


def test_each_component_is_an_item_at_its_own_rate_of_tax() -> None:
    tariff = a_tariff(
        element(per("FLAT", 2, 19), reservation="RESERVATION"),
        element(per("FLAT", 1, 7), per("ENERGY", "0.5", 19), per("TIME", 3), per("PARKING_TIME", 6, 19, 900)),
    )
    session = spent(NOON, 70, kwh="7.25"), spent(NOON + 70 * MINUTE, 10, Activity.PARKED)
    assert billed(tariff, *session, reservation=Reservation(None)) == (
        BillItem(Part.RESERVATION, Decimal(1), "1", STANDARD, 238),
        BillItem(Part.FLAT, Decimal(1), "1", REDUCED, 107),
        BillItem(Part.ENERGY, Decimal("7.25"), "kWh", STANDARD, 431),
        BillItem(Part.TIME, Decimal(70), "min", Decimal(0), 350),
        BillItem(Part.PARKING, Decimal(15), "min", STANDARD, 179),  # rounded up to its step, as what comes last
    )


def test_a_most_is_shared_by_the_rates_of_tax() -> None:
    tariff = a_tariff(
        element(per("FLAT", 10, 7), per("ENERGY", 1, 19)), max_price={"before_taxes": 20, "after_taxes": 22}
    )
    flat, energy = billed(tariff, spent(NOON, 60, kwh="30"))
    assert (flat.gross, energy.gross) == (507, 1693)  # of 10.70 and 35.70


def test_what_a_least_adds_is_an_item_for_each_rate_of_tax() -> None:
    tariff = a_tariff(element(per("FLAT", 1, 7), per("ENERGY", 1, 19)), min_price={"before_taxes": 1, "after_taxes": 9})
    assert [(each.part, each.rate, each.gross) for each in billed(tariff, spent(NOON, 60, kwh="2"))] == [
        (Part.FLAT, REDUCED, 107),
        (Part.ENERGY, STANDARD, 238),
        (Part.MINIMUM, REDUCED, 172),
        (Part.MINIMUM, STANDARD, 383),
    ]
    free = a_tariff(element(per("ENERGY", 0)), min_price={"before_taxes": 2})
    assert billed(free, spent(NOON, 60, kwh="2"))[1:] == (BillItem(Part.MINIMUM, Decimal(1), "1", STANDARD, 200),)


@pytest.mark.parametrize(("applies", "rate", "gross"), [("NO", STANDARD, 238), ("YES", STANDARD, 238), ("N/A", 0, 200)])
def test_a_least_of_what_costs_nothing_else_is_taxed_as_fees_are_unless_no_tax_applies(
    applies: str, rate: Decimal, gross: int
) -> None:
    tariff = a_tariff(element(per("ENERGY", 1, 19)), min_price={"before_taxes": 2}, tax_included=applies)
    price = price_session(tariff, ChargingSession(BERLIN, (spent(NOON, 60),)), STANDARD)
    assert not isinstance(price, Refusal)
    assert itemised(tariff, price, STANDARD) == (BillItem(Part.MINIMUM, Decimal(1), "1", Decimal(rate), gross),)


@given(tariffs(steps=st.integers(1, 3600)), sessions(), cents, cents)
def test_items_sum_to_the_price_to_the_cent_whatever_limits_it(
    tariff: ChargingTariff, periods: list[ChargingPeriod], least: Decimal, more: Decimal
) -> None:
    limits = {"min_price": {"before_taxes": least}, "max_price": {"before_taxes": least + more}}
    limited = a_tariff(
        *({"price_components": e.price_components, "restrictions": e.restrictions} for e in tariff.elements), **limits
    )
    for each in (tariff, limited):
        price = priced(each, *periods)
        items = itemised(each, price, STANDARD)
        assert sum(item.gross for item in items) == price.gross.amount
        assert all(item.gross >= 0 and vat_within(item.gross, item.rate) <= item.gross for item in items)
