"""Which vehicles the quotas of clean vehicles count, and what has to be entered of the others."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.fleet.clean_vehicles import QUOTAS, Awarded, VehicleCategory, quota_states
from domain.fleet.procurement import EuCategory, Procured, Procurement
from domain.fleet.quota_standings import NotCounted, Standing, Undecided, standing
from domain.fleet.vehicles import Drive
from domain.money import Money

LIGHT, TRUCK, BUS = VehicleCategory
MARCH_2026, MARCH_2025 = date(2026, 3, 5), date(2025, 3, 5)
DIESEL = Drive.COMBUSTION_DIESEL


def euros(amount: int) -> Money:
    return Money(amount * 100, "EUR")


def procured(**facts: Any) -> Procured:
    """A small car of a large contract, of which everything is known."""
    known: dict[str, Any] = {"awarded_on": MARCH_2026, "procurement": Procurement.LEASE, "eu_category": EuCategory.M1}
    known |= {"co2_g_per_km": 120, "rde_pollutants": Decimal("0.5"), "alternative_fuel": False}
    return Procured(**known | {"contract_value": euros(400_000)} | facts)


def stands(facts: Procured, drive: Drive = DIESEL, on: date = MARCH_2026) -> Standing | None:
    return standing(facts, drive, [quota for quota in QUOTAS if quota.since <= on <= quota.until])


def lacking(*missing: str) -> Undecided:
    return Undecided(missing)


@pytest.mark.parametrize(
    ("facts", "drive", "expected"),
    [
        (procured(), DIESEL, Awarded(LIGHT, MARCH_2026, 120, Decimal(400_000), Decimal("0.5"))),
        (
            procured(eu_category=EuCategory.N2, co2_g_per_km=None, alternative_fuel=True),
            DIESEL,
            Awarded(TRUCK, MARCH_2026, None, Decimal(400_000), Decimal("0.5"), alternative_fuel=True),
        ),
        (
            procured(eu_category=EuCategory.M3, co2_g_per_km=None, rde_pollutants=None, alternative_fuel=None),
            Drive.ELECTRIC,
            Awarded(BUS, MARCH_2026, 0, Decimal(400_000)),
        ),
        (procured(contract_value=euros(216_000)), DIESEL, Awarded(LIGHT, MARCH_2026, 120, Decimal(216_000), Decimal("0.5"))),
        (procured(contract_value=Money(21_599_999, "EUR")), DIESEL, NotCounted.BELOW_THRESHOLD),
        (procured(contract_value=euros(1), eu_category=None, co2_g_per_km=None), DIESEL, NotCounted.BELOW_THRESHOLD),
        (
            procured(eu_category=EuCategory.N3, co2_g_per_km=None, alternative_fuel=False),
            Drive.COMBUSTION,
            Awarded(TRUCK, MARCH_2026, None, Decimal(400_000), Decimal("0.5")),
        ),
        (Procured(quota_exempt=True), DIESEL, NotCounted.EXEMPT),
        (procured(awarded_on=MARCH_2025), DIESEL, None),
        (Procured(awarded_on=date(2015, 3, 3)), DIESEL, None),
        (Procured(), DIESEL, lacking("awarded_on", "eu_category", "contract_value")),
        (procured(awarded_on=None), DIESEL, lacking("awarded_on")),
        (procured(contract_value=None), DIESEL, lacking("contract_value")),
        (procured(eu_category=None, co2_g_per_km=None), DIESEL, lacking("eu_category")),
        (procured(co2_g_per_km=None), DIESEL, lacking("co2_g_per_km")),
        (procured(co2_g_per_km=49, rde_pollutants=None), DIESEL, Awarded(LIGHT, MARCH_2026, 49, Decimal(400_000))),
        (procured(eu_category=EuCategory.N3, alternative_fuel=None), DIESEL, lacking("alternative_fuel")),
        (
            procured(eu_category=EuCategory.M3, co2_g_per_km=None, alternative_fuel=None),
            Drive.COMBUSTION,
            lacking("co2_g_per_km", "alternative_fuel"),
        ),
    ],
)  # fmt: skip
def test_a_vehicle_counts_or_says_what_is_missing(facts: Procured, drive: Drive, expected: Standing | None) -> None:
    assert stands(facts, drive) == expected


@pytest.mark.parametrize(
    ("grams", "expected"),
    [
        (50, lacking("rde_pollutants")),
        (51, Awarded(LIGHT, MARCH_2025, 51, Decimal(400_000))),
        (None, lacking("co2_g_per_km")),
    ],
)
def test_until_2025_what_is_within_the_grams_says_its_pollutants(grams: int | None, expected: Standing) -> None:
    facts = procured(awarded_on=MARCH_2025, co2_g_per_km=grams, rde_pollutants=None)

    assert stands(facts, on=MARCH_2025) == expected


def test_of_pollutants_only_a_limit_makes_one_ask() -> None:
    (first,) = (quota for quota in QUOTAS if quota.category is LIGHT and quota.until < MARCH_2026)
    facts = procured(awarded_on=MARCH_2025, co2_g_per_km=50, rde_pollutants=None)

    assert standing(facts, DIESEL, [first]) == lacking("rde_pollutants")
    assert isinstance(standing(facts, DIESEL, [replace(first, most_pollutants=None)]), Awarded)


@pytest.mark.parametrize(
    ("on", "euro"),
    [
        (date(2021, 8, 2), 214_000),
        (date(2022, 1, 1), 215_000),
        (date(2024, 1, 1), 221_000),
        (date(2025, 12, 31), 221_000),
        (date(2026, 1, 1), 216_000),
    ],
)
def test_the_threshold_is_that_of_the_day_of_the_award(on: date, euro: int) -> None:
    assert isinstance(stands(procured(awarded_on=on, contract_value=euros(euro)), on=on), Awarded)
    assert stands(procured(awarded_on=on, contract_value=euros(euro - 1)), on=on) is NotCounted.BELOW_THRESHOLD


def or_none(known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), known, known, known)


VEHICLE = st.tuples(
    st.builds(
        Procured,
        awarded_on=or_none(
            st.sampled_from([MARCH_2025, MARCH_2026, date(2021, 8, 1)])
            | st.integers(-2, 2).map(lambda days: date(2025, 12, 31) + timedelta(days))
        ),
        eu_category=or_none(st.sampled_from(EuCategory)),
        co2_g_per_km=or_none(st.sampled_from([0, 1, 50, 51, 180])),
        rde_pollutants=or_none(st.sampled_from([Decimal(0), Decimal("0.8"), Decimal("0.81")])),
        alternative_fuel=or_none(st.booleans()),
        contract_value=or_none(st.sampled_from([euros(215_999), euros(216_000), euros(221_000), euros(500_000)])),
        quota_exempt=st.sampled_from([False, False, False, True]),
    ),
    st.sampled_from([Drive.COMBUSTION, DIESEL, Drive.ELECTRIC, Drive.HYBRID]),
)
FLEET = st.lists(VEHICLE, max_size=40)
LAW = {  # as § 6 says it: since, until, and by class the share that is clean and the share without emissions, in per mille
    MARCH_2025: (date(2021, 8, 2), date(2025, 12, 31), {LIGHT: (385, 0), TRUCK: (100, 0), BUS: (450, 225)}),
    MARCH_2026: (date(2026, 1, 1), date(2030, 12, 31), {LIGHT: (385, 0), TRUCK: (150, 0), BUS: (650, 325)}),
}


def naively(fleet: list[tuple[Procured, Drive]], on: date) -> dict[VehicleCategory, tuple[int, int, int, int, int]]:
    """By class: how many count, are clean, have no emissions, and how many of both are owed."""
    since, until, shares = LAW[on]
    told: dict[VehicleCategory, tuple[int, int, int, int, int]] = {}
    for category, letters in ((LIGHT, {"M1", "M2", "N1"}), (TRUCK, {"N2", "N3"}), (BUS, {"M3"})):
        counted = clean = zero = 0
        for facts, drive in fleet:
            if facts.awarded_on is None or not since <= facts.awarded_on <= until or facts.quota_exempt:
                continue
            if facts.eu_category is None or facts.eu_category.value not in letters or facts.contract_value is None:
                continue
            if facts.contract_value.amount < (216_000_00 if facts.awarded_on.year >= 2026 else 221_000_00):
                continue
            grams = 0 if drive is Drive.ELECTRIC and facts.co2_g_per_km is None else facts.co2_g_per_km
            if category is LIGHT:
                if grams is None or (on == MARCH_2025 and 0 < grams <= 50 and facts.rde_pollutants is None):
                    continue
                within = on == MARCH_2025 and grams <= 50 and (facts.rde_pollutants or Decimal(0)) <= Decimal("0.8")
                is_clean = grams == 0 or within
            else:
                unknown = grams is None and drive is Drive.COMBUSTION and category is BUS
                if grams != 0 and (facts.alternative_fuel is None or unknown):
                    continue
                is_clean = grams == 0 or bool(facts.alternative_fuel)
            counted, clean, zero = counted + 1, clean + is_clean, zero + (grams == 0)
        clean_share, zero_share = shares[category]
        owed = ceil(Fraction(clean_share * counted, 1000)), ceil(Fraction(zero_share * counted, 1000))
        told[category] = counted, clean, zero, *owed
    return told


@given(fleet=FLEET, on=st.sampled_from([MARCH_2025, MARCH_2026]))
def test_what_is_counted_is_what_a_naive_count_finds(fleet: list[tuple[Procured, Drive]], on: date) -> None:
    found = [stands(facts, drive, on) for facts, drive in fleet]

    states = quota_states([each for each in found if isinstance(each, Awarded)], on, {})

    assert naively(fleet, on) == {
        state.quota.category: (state.counted, state.clean, state.zero_emission, state.needed, state.zero_needed)
        for state in states
    }


@given(vehicle=VEHICLE, on=st.sampled_from([MARCH_2025, MARCH_2026]))
def test_who_enters_what_is_missing_is_not_asked_for_it_again(vehicle: tuple[Procured, Drive], on: date) -> None:
    facts, drive = vehicle
    everything = {name: getattr(procured(), name) for name in Procured.__struct_fields__} | {"awarded_on": on}
    said = {name: getattr(facts, name) for name in Procured.__struct_fields__}
    for _ in range(2):  # what its class has to tell is known with the class
        now = stands(Procured(**said), drive, on)
        if isinstance(now, Undecided):
            assert now.missing
            assert all(said[name] is None for name in now.missing)
            said |= {name: everything[name] for name in now.missing}
    assert not isinstance(stands(Procured(**said), drive, on), Undecided)
