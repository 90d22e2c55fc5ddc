"""What a search shows of a tariff."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.booking.resources import Service
from domain.money import Money
from domain.periods import Period
from domain.pricing.tariffs import Tariff, TimePrice, TimeUnit
from services.search.prices import ShownPrice, nothing_to_pay, shown_price, unit_prices
from services.search.views import PriceBasis, UnitPrice
from tests.examples import BERLIN, CHARGING_STANDARD, NOON, TARIFFS, euros, hours

TWO_HOURS = Period(NOON, NOON + hours(2))
QUARTER = Period(NOON, NOON + timedelta(days=91))
BY_TIME_ONLY = replace(CHARGING_STANDARD, energy=None)
FLAT = replace(CHARGING_STANDARD, energy=None, time=None, flat=Decimal("3.50"))
FLAT_AND_ENERGY = replace(FLAT, energy=Decimal("0.4850"))


@pytest.mark.parametrize(
    ("tariff", "period", "price", "basis"),
    [
        (TARIFFS[Service.CHARGING], TWO_HOURS, "4.80", PriceBasis.TIME_ONLY),
        (TARIFFS[Service.FLEET], TWO_HOURS, "10.00", PriceBasis.TIME_ONLY),
        (TARIFFS[Service.BIKE_LEASING], QUARTER, "29.00", PriceBasis.MONTHLY),
        (BY_TIME_ONLY, TWO_HOURS, "4.80", PriceBasis.TOTAL),
        (FLAT, TWO_HOURS, "3.50", PriceBasis.TOTAL),
        (FLAT_AND_ENERGY, TWO_HOURS, "3.50", PriceBasis.TIME_ONLY),
        (BY_TIME_ONLY, Period(NOON, NOON + hours(30)), "24.00", PriceBasis.TOTAL),
    ],
)
def test_the_price_is_that_of_the_period_without_energy_and_distance(
    tariff: Tariff, period: Period, price: str, basis: PriceBasis
) -> None:
    assert shown_price(tariff, period, BERLIN) == ShownPrice(euros(price), basis)


@pytest.mark.parametrize(("night", "passed"), [("2030-03-31", 3), ("2030-10-27", 5)])
def test_in_the_nights_of_the_clock_change_the_hours_that_pass_are_priced(night: str, passed: int) -> None:
    """From midnight to four by the clock of Berlin."""
    offsets = {"2030-03-31": ("+01:00", "+02:00"), "2030-10-27": ("+02:00", "+01:00")}[night]
    start, end = (
        datetime.fromisoformat(f"{night}T{hour}:00{offset}").astimezone(UTC)
        for hour, offset in zip(("00", "04"), offsets, strict=True)
    )
    cap_free = replace(BY_TIME_ONLY, time=TimePrice(TimeUnit.HOUR, Decimal("2.40")))
    assert shown_price(cap_free, Period(start, end), BERLIN).price == Money(240 * passed, "EUR")


def test_the_prices_per_unit_are_those_of_the_tariff_to_the_last_digit() -> None:
    assert [unit_prices(tariff) for tariff in (*TARIFFS.values(), FLAT)] == [
        (UnitPrice("h", Decimal("2.40"), "EUR"), UnitPrice("kWh", Decimal("0.4850"), "EUR")),
        (UnitPrice("h", Decimal("5.00"), "EUR"), UnitPrice("km", Decimal("0.30"), "EUR")),
        (UnitPrice("month", Decimal("29.00"), "EUR"),),
        (),
    ]


def test_a_trip_for_work_costs_its_driver_nothing_of_all() -> None:
    assert nothing_to_pay(CHARGING_STANDARD) == ShownPrice(euros("0"), PriceBasis.TOTAL)
