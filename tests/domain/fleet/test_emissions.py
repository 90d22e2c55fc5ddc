"""What uses save in CO2, by dated factors."""

from datetime import date
from decimal import Decimal

import pytest

from domain.fleet.emissions import Boundary, Consumption, Energy, NotComparable, Saving, saving
from domain.refusals import Refusal

TODAY = date(2026, 11, 28)


def petrol(litres: str) -> Consumption:
    return Consumption(Energy.PETROL, Decimal(litres))


def diesel(litres: str) -> Consumption:
    return Consumption(Energy.DIESEL, Decimal(litres))


def electric(kwh: str) -> Consumption:
    return Consumption(Energy.ELECTRICITY, Decimal(kwh))


GREEN = Consumption(Energy.GREEN_ELECTRICITY, Decimal(18))


def of(found: object) -> Saving:
    assert isinstance(found, Saving)
    return found


@pytest.mark.parametrize(
    ("km", "used", "reference", "saved"),
    [
        ("12000", electric("18"), petrol("6.5"), "1030.200"),
        ("15000", electric("25"), diesel("8.5"), "2011.125"),
        ("40", GREEN, diesel("5.8"), "6.136"),
        ("5.2", electric("0.8"), petrol("6.5"), "0.771"),
        ("100", petrol("9"), petrol("6.5"), "-5.815"),
    ],
)
def test_a_use_saves_what_the_reference_would_have_emitted_more(
    km: str, used: Consumption, reference: Consumption, saved: str
) -> None:
    assert of(saving(Decimal(km), used, reference, TODAY)).saved_kg == Decimal(saved)


def test_a_saving_tells_both_sides_and_the_factors_that_it_was_found_by() -> None:
    found = of(saving(Decimal(12000), electric("18"), petrol("6.5"), TODAY))

    assert (found.reference_kg, found.emitted_kg) == (Decimal("1814.280"), Decimal("784.080"))
    assert [(factor.energy, factor.grams) for factor in found.factors] == [
        (Energy.PETROL, Decimal(2326)),
        (Energy.ELECTRICITY, Decimal(363)),
    ]


def test_well_to_wheel_is_not_mixed_with_what_leaves_a_power_station() -> None:
    wheel = Boundary.WELL_TO_WHEEL

    assert of(saving(Decimal(100), petrol("5"), diesel("5"), TODAY, wheel)).saved_kg == Decimal("1.800")
    assert saving(Decimal(100), electric("18"), diesel("5"), TODAY, wheel) == Refusal(NotComparable.EMISSION_FACTOR)


def test_nothing_is_known_of_electricity_before_its_first_factor() -> None:
    before = date(2023, 12, 31)

    assert saving(Decimal(100), electric("18"), petrol("5"), before) == Refusal(NotComparable.EMISSION_FACTOR)
    assert isinstance(saving(Decimal(100), diesel("5"), petrol("5"), before), Saving)
