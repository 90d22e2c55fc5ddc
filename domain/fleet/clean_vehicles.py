"""The share of clean vehicles that public buyers owe by class and period (Saubere-Fahrzeuge-Beschaffungs-Gesetz, § 6), and
what to buy next."""

import math
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct


class VehicleCategory(StrEnum):
    """As the law groups the classes of type approval: M1, M2, N1; N2, N3; M3."""

    LIGHT = "light"
    TRUCK = "truck"
    BUS = "bus"


class CleanQuota(Struct, frozen=True):
    """For what is awarded from `since` to `until`, both days included, `share` of the vehicles is clean, and `zero_share`
    of them all drives without emissions. Light vehicles are clean up to `most_g_per_km` of CO2 and `most_pollutants` of
    the limits in real driving; heavier ones by the fuel that they are made for."""

    category: VehicleCategory
    since: date
    until: date
    share: Decimal
    zero_share: Decimal
    most_g_per_km: int | None
    most_pollutants: Decimal | None
    source: str


class Threshold(Struct, frozen=True):
    """The value of a contract, net and in euros, from which on European procurement law counts."""

    euros: Decimal
    valid_from: date
    source: str


SAUBFAHRZEUGBESCHG = "§ 6 SaubFahrzeugBeschG"
FIRST, SECOND = (date(2021, 8, 2), date(2025, 12, 31)), (date(2026, 1, 1), date(2030, 12, 31))
QUOTAS = (
    CleanQuota(
        VehicleCategory.LIGHT, *FIRST, Decimal("0.385"), Decimal(0), 50, Decimal("0.8"), SAUBFAHRZEUGBESCHG
    ),
    CleanQuota(VehicleCategory.LIGHT, *SECOND, Decimal("0.385"), Decimal(0), 0, None, SAUBFAHRZEUGBESCHG),
    CleanQuota(VehicleCategory.TRUCK, *FIRST, Decimal("0.10"), Decimal(0), None, None, SAUBFAHRZEUGBESCHG),
    CleanQuota(VehicleCategory.TRUCK, *SECOND, Decimal("0.15"), Decimal(0), None, None, SAUBFAHRZEUGBESCHG),
    CleanQuota(VehicleCategory.BUS, *FIRST, Decimal("0.45"), Decimal("0.225"), None, None, SAUBFAHRZEUGBESCHG),
    CleanQuota(VehicleCategory.BUS, *SECOND, Decimal("0.65"), Decimal("0.325"), None, None, SAUBFAHRZEUGBESCHG),
)  # fmt: skip
# For supplies to other than central authorities; the European Commission sets them anew every two years.
THRESHOLDS = (
    Threshold(Decimal(214_000), date(2020, 1, 1), "vergabe.nrw.de, EU thresholds from 1 January 2022: those before"),
    Threshold(Decimal(215_000), date(2022, 1, 1), "vergabe.nrw.de, EU thresholds from 1 January 2022"),
    Threshold(Decimal(221_000), date(2024, 1, 1), "wirtschaft.hessen.de, targets of clean vehicles in traffic"),
    Threshold(Decimal(216_000), date(2026, 1, 1), "EU threshold from 2026; to be confirmed"),
)


class Awarded(Struct, frozen=True):
    """One vehicle of a contract: bought, leased or rented. `co2_g_per_km` is None for a heavy one that emits some;
    `pollutants` is its share of the limits in real driving; `alternative_fuel` says that a heavy one is made for such a
    fuel. `contract_euros` is the net value of the whole contract. Those of fire brigades, police and others that the law leaves
    out are not among them."""

    category: VehicleCategory
    awarded_on: date
    co2_g_per_km: int | None
    contract_euros: Decimal
    pollutants: Decimal | None = None
    alternative_fuel: bool = False


class Purchase(StrEnum):
    """What the next vehicle has to be so that the quota still holds with it."""

    ANY = "any"
    CLEAN = "clean"
    ZERO_EMISSION = "zero_emission"


class Remedy(Struct, frozen=True):
    """The fewest vehicles to award in addition so that the quota is met, every one of them clean, and `zero_emission` of
    them without emissions. Each raises the whole of which the share is owed, so they are more than the `missing` ones."""

    vehicles: int
    zero_emission: int


class QuotaState(Struct, frozen=True):
    """How a class stands in its period. `needed` and `zero_needed` are whole vehicles, rounded up; `missing` are those that
    are not there yet, `remedy` what makes up for it if nothing else is bought, `next_purchase` what to buy next, and
    `free_purchases` how many of any kind may follow before one has to be clean."""

    quota: CleanQuota
    counted: int
    clean: int
    zero_emission: int
    needed: int
    zero_needed: int
    missing: int
    zero_missing: int
    remedy: Remedy
    next_purchase: Purchase
    free_purchases: int


def needed(share: Decimal, vehicles: int) -> int:
    """So many of the vehicles; what was begun counts in full, which is our reading of the law."""
    return math.ceil(Fraction(share) * vehicles)


def quota_state(quota: CleanQuota, awarded: Iterable[Awarded], planned: int = 0) -> QuotaState:
    """How the class stands with what was awarded in the period, and `planned` more to come in it."""
    counted = [vehicle for vehicle in awarded if _counts(vehicle, quota)]
    clean = sum(is_clean(vehicle, quota) for vehicle in counted)
    zero = sum(is_zero_emission(vehicle) for vehicle in counted)
    whole = len(counted) + planned
    owed, zero_owed = needed(quota.share, whole), needed(quota.zero_share, whole)
    return QuotaState(
        quota=quota,
        counted=len(counted),
        clean=clean,
        zero_emission=zero,
        needed=owed,
        zero_needed=zero_owed,
        missing=max(owed - clean, 0),
        zero_missing=max(zero_owed - zero, 0),
        remedy=_remedy(quota, len(counted), clean, zero),
        next_purchase=_next(quota, len(counted), clean, zero),
        free_purchases=_free(quota, len(counted), clean, zero),
    )


def quota_states(awarded: Iterable[Awarded], on: date, planned: dict[VehicleCategory, int]) -> tuple[QuotaState, ...]:
    """Every class in the period to which the day belongs; none before the law."""
    known = tuple(awarded)
    return tuple(
        quota_state(quota, known, planned.get(quota.category, 0))
        for quota in QUOTAS
        if quota.since <= on <= quota.until
    )


def is_clean(vehicle: Awarded, quota: CleanQuota) -> bool:
    """By the limits of the period in which it was awarded. Pollutants that nobody told are not within theirs."""
    if quota.most_g_per_km is None:
        return vehicle.alternative_fuel or is_zero_emission(vehicle)
    if vehicle.co2_g_per_km is None or vehicle.co2_g_per_km > quota.most_g_per_km:
        return False
    if quota.most_pollutants is None or is_zero_emission(vehicle):
        return True
    return vehicle.pollutants is not None and vehicle.pollutants <= quota.most_pollutants


def is_zero_emission(vehicle: Awarded) -> bool:
    return vehicle.co2_g_per_km == 0


def _counts(vehicle: Awarded, quota: CleanQuota) -> bool:
    in_period = quota.since <= vehicle.awarded_on <= quota.until
    if vehicle.category is not quota.category or not in_period:
        return False
    return vehicle.contract_euros >= threshold(vehicle.awarded_on)


def threshold(on: date) -> Decimal:
    """In euros, net, from which on a contract that is awarded on the day counts."""
    known = [each for each in THRESHOLDS if each.valid_from <= on]
    return max(known, key=lambda each: each.valid_from).euros


def _remedy(quota: CleanQuota, counted: int, clean: int, zero: int) -> Remedy:
    more = max(_added(quota.share, counted, clean), _added(quota.zero_share, counted, zero))
    return Remedy(more, max(needed(quota.zero_share, counted + more) - zero, 0))


def _added(share: Decimal, counted: int, there: int) -> int:
    """The fewest n with there + n >= share x (counted + n)."""
    owed = Fraction(share)
    return max(math.ceil((owed * counted - there) / (1 - owed)), 0)


def _next(quota: CleanQuota, counted: int, clean: int, zero: int) -> Purchase:
    if zero < needed(quota.zero_share, counted + 1):
        return Purchase.ZERO_EMISSION
    return Purchase.CLEAN if clean < needed(quota.share, counted + 1) else Purchase.ANY


def _free(quota: CleanQuota, counted: int, clean: int, zero: int) -> int:
    """The most vehicles of any kind whose quota what is there already fulfils."""
    most = [math.floor(clean / Fraction(quota.share))]
    if quota.zero_share:
        most.append(math.floor(zero / Fraction(quota.zero_share)))
    return max(min(most) - counted, 0)
