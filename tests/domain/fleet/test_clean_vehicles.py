"""The share of clean vehicles by class and period, and what to buy next."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fleet.clean_vehicles import (
    QUOTAS,
    Awarded,
    CleanQuota,
    Purchase,
    Remedy,
    VehicleCategory,
    is_clean,
    needed,
    quota_state,
    quota_states,
)

LIGHT, TRUCK, BUS = VehicleCategory
MARCH_2026, MARCH_2025 = date(2026, 3, 5), date(2025, 3, 5)


def quota(category: VehicleCategory, on: date = MARCH_2026) -> CleanQuota:
    return next(each for each in QUOTAS if each.category is category and each.since <= on <= each.until)


def awarded(category: VehicleCategory = LIGHT, g: int | None = 0, on: date = MARCH_2026, **more: Any) -> Awarded:
    return Awarded(category, on, g, **{"contract_euros": Decimal(400_000)} | more)


@pytest.mark.parametrize(
    ("category", "on", "vehicles", "clean", "zero"),
    [
        (LIGHT, MARCH_2026, 10, 4, 0),
        (LIGHT, MARCH_2026, 13, 6, 0),
        (LIGHT, MARCH_2026, 26, 11, 0),
        (LIGHT, MARCH_2025, 10, 4, 0),
        (TRUCK, MARCH_2026, 7, 2, 0),
        (TRUCK, MARCH_2025, 7, 1, 0),
        (BUS, MARCH_2026, 20, 13, 7),
        (BUS, MARCH_2025, 20, 9, 5),
    ],
)
def test_what_is_begun_of_a_vehicle_is_owed_in_full(
    category: VehicleCategory, on: date, vehicles: int, clean: int, zero: int
) -> None:
    law = quota(category, on)

    assert (needed(law.share, vehicles), needed(law.zero_share, vehicles)) == (clean, zero)


@pytest.mark.parametrize(
    ("vehicle", "on", "clean"),
    [
        (awarded(g=0), MARCH_2026, True),
        (awarded(g=49, pollutants=Decimal("0.5")), MARCH_2026, False),
        (awarded(g=50, pollutants=Decimal("0.8")), MARCH_2025, True),
        (awarded(g=50, pollutants=Decimal("0.81")), MARCH_2025, False),
        (awarded(g=51, pollutants=Decimal("0.1")), MARCH_2025, False),
        (awarded(g=30), MARCH_2025, False),
        (awarded(g=None), MARCH_2026, False),
        (awarded(BUS, None, alternative_fuel=True), MARCH_2026, True),
        (awarded(g=0), MARCH_2025, True),
        (awarded(TRUCK, 700, alternative_fuel=True), MARCH_2026, True),
        (awarded(TRUCK, 700), MARCH_2026, False),
        (awarded(BUS, 0), MARCH_2026, True),
    ],
)
def test_clean_is_what_the_period_takes_for_clean(vehicle: Awarded, on: date, clean: bool) -> None:
    assert is_clean(vehicle, quota(vehicle.category, on)) is clean


def test_only_contracts_of_the_period_above_the_threshold_count() -> None:
    law = quota(LIGHT)
    vehicles = [
        awarded(g=120),
        awarded(g=120, contract_euros=Decimal(215_999)),
        awarded(g=120, contract_euros=Decimal(216_000)),
        awarded(g=0, on=date(2025, 12, 31)),
        awarded(TRUCK, 0),
    ]

    state = quota_state(law, vehicles)

    assert (state.counted, state.clean, state.needed, state.missing) == (2, 0, 1, 1)
    assert quota_state(quota(LIGHT, MARCH_2025), [awarded(on=MARCH_2025, contract_euros=Decimal(216_000))]).counted == 0


def test_what_is_planned_is_owed_as_well() -> None:
    state = quota_state(quota(LIGHT), [awarded() for _ in range(3)] + [awarded(g=120)] * 4, planned=6)

    assert (state.counted, state.needed, state.missing) == (7, 6, 3)


@pytest.mark.parametrize(
    ("category", "clean", "zero", "other", "next_purchase", "free"),
    [
        (LIGHT, 0, 0, 0, Purchase.CLEAN, 0),
        (LIGHT, 0, 1, 1, Purchase.CLEAN, 0),
        (LIGHT, 0, 4, 5, Purchase.ANY, 1),
        (BUS, 0, 0, 0, Purchase.ZERO_EMISSION, 0),
        (BUS, 12, 6, 1, Purchase.ZERO_EMISSION, 0),
        (BUS, 5, 7, 7, Purchase.CLEAN, 0),
        (BUS, 6, 7, 6, Purchase.ANY, 1),
    ],
)
def test_what_to_buy_next_keeps_the_quota(
    category: VehicleCategory, clean: int, zero: int, other: int, next_purchase: Purchase, free: int
) -> None:
    vehicles = [awarded(category, 700, alternative_fuel=True)] * clean
    vehicles += [awarded(category, 0)] * zero + [awarded(category, 700)] * other

    state = quota_state(quota(category), vehicles)

    assert (state.next_purchase, state.free_purchases) == (next_purchase, free)


@given(
    category=st.sampled_from(VehicleCategory),
    on=st.sampled_from([MARCH_2025, MARCH_2026]),
    purchases=st.integers(1, 60),
)
def test_who_always_buys_what_is_said_next_always_fulfils_the_quota(
    category: VehicleCategory, on: date, purchases: int
) -> None:
    law = quota(category, on)
    bought: list[Awarded] = []
    for _ in range(purchases):
        said = quota_state(law, bought)
        any_kind = awarded(category, 700, on)
        clean = awarded(category, 0 if category is LIGHT else 700, on, alternative_fuel=True)
        zero = awarded(category, 0, on)
        assert (said.free_purchases > 0) == (said.next_purchase is Purchase.ANY)
        bought.append({Purchase.ANY: any_kind, Purchase.CLEAN: clean, Purchase.ZERO_EMISSION: zero}[said.next_purchase])
        after = quota_state(law, bought)
        assert (after.missing, after.zero_missing) == (0, 0)


@pytest.mark.parametrize(
    ("category", "clean", "other", "remedy"),
    [
        (LIGHT, 0, 10, Remedy(7, 0)),  # 38.5 % x 17 = 6.545; with 6 more it were 6.16 of them
        (LIGHT, 5, 8, Remedy(1, 0)),  # 38.5 % x 13 = 5.005
        (LIGHT, 10, 16, Remedy(1, 0)),  # 38.5 % x 26 = 10.01
        (LIGHT, 4, 6, Remedy(0, 0)),
        (TRUCK, 1, 6, Remedy(1, 0)),  # 15 % x 7 = 1.05
        (BUS, 13, 7, Remedy(10, 10)),  # none without emissions yet: 32.5 % x 30 = 9.75
    ],
)
def test_the_fewest_vehicles_that_make_up_for_what_is_missing(
    category: VehicleCategory, clean: int, other: int, remedy: Remedy
) -> None:
    known = [awarded(category, 20 * (category is not LIGHT), alternative_fuel=True)] * clean
    assert quota_state(quota(category), known + [awarded(category, 120)] * other).remedy == remedy


@given(st.sampled_from(list(VehicleCategory)), st.integers(0, 40), st.integers(0, 40))
def test_the_remedy_meets_the_quota_and_one_vehicle_less_does_not(
    category: VehicleCategory, zero: int, other: int
) -> None:
    known = [awarded(category)] * zero + [awarded(category, 120)] * other
    remedy = quota_state(quota(category), known).remedy

    def missing(more: int, without_emissions: int) -> bool:
        bought = [awarded(category)] * without_emissions
        bought += [awarded(category, 20 * (category is not LIGHT), alternative_fuel=True)] * (more - without_emissions)
        after = quota_state(quota(category), known + bought)
        return bool(after.missing or after.zero_missing)

    assert not missing(remedy.vehicles, remedy.zero_emission)
    assert not remedy.vehicles or missing(remedy.vehicles - 1, remedy.vehicles - 1)


def test_all_classes_are_told_for_a_day_within_the_law() -> None:
    states = quota_states([awarded()], MARCH_2026, {TRUCK: 7})

    assert [(state.quota.category, state.needed) for state in states] == [(LIGHT, 1), (TRUCK, 2), (BUS, 0)]
    assert quota_states([awarded()], date(2021, 8, 1), {}) == ()
