"""Which vehicles the quotas of clean vehicles count, and of which not enough has been entered to tell."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from domain.fleet.clean_vehicles import Awarded, CleanQuota, VehicleCategory, threshold
from domain.fleet.procurement import EuCategory, Procured
from domain.fleet.vehicles import Drive, zero_at_exhaust
from domain.money import Money

CATEGORIES = {
    EuCategory.M1: VehicleCategory.LIGHT,
    EuCategory.M2: VehicleCategory.LIGHT,
    EuCategory.N1: VehicleCategory.LIGHT,
    EuCategory.N2: VehicleCategory.TRUCK,
    EuCategory.N3: VehicleCategory.TRUCK,
    EuCategory.M3: VehicleCategory.BUS,
}


class NotCounted(StrEnum):
    """Why a vehicle of the period is none of the quota's."""

    EXEMPT = "exempt"
    BELOW_THRESHOLD = "below_threshold"


class Undecided(Struct, frozen=True):
    """Names the fields of `Procured` that have to be entered to tell whether the vehicle counts, and as what."""

    missing: tuple[str, ...]


Standing: TypeAlias = Awarded | NotCounted | Undecided


def standing(procured: Procured, drive: Drive, quotas: Iterable[CleanQuota]) -> Standing | None:
    """How the vehicle stands with the quotas of one day; None where it was awarded in none of their periods, or is of none of
    their classes. What one thing decides is decided without the others."""
    category = CATEGORIES[procured.eu_category] if procured.eu_category is not None else None
    asked = [quota for quota in quotas if category in {None, quota.category} and _may_be_of(procured, quota)]
    if not asked:
        return None
    if procured.quota_exempt:
        return NotCounted.EXEMPT
    on, value = procured.awarded_on, procured.contract_value
    if on is not None and value is not None and _euros(value) < threshold(on):
        return NotCounted.BELOW_THRESHOLD
    missing = tuple(_missing(procured, drive, asked[0] if category is not None else None))
    if missing or category is None or on is None or value is None:
        return Undecided(missing)
    return Awarded(
        category,
        on,
        _grams(procured, drive),
        _euros(value),
        procured.rde_pollutants,
        alternative_fuel=bool(procured.alternative_fuel),
    )


def _may_be_of(procured: Procured, quota: CleanQuota) -> bool:
    return procured.awarded_on is None or quota.since <= procured.awarded_on <= quota.until


def _missing(procured: Procured, drive: Drive, quota: CleanQuota | None) -> Iterable[str]:
    """`quota` is that of its class, None where that is not known."""
    for name in ("awarded_on", "eu_category", "contract_value"):
        if getattr(procured, name) is None:
            yield name
    if quota is None:
        return
    grams = _grams(procured, drive)
    if quota.most_g_per_km is not None:
        if grams is None:
            yield "co2_g_per_km"
        elif 0 < grams <= quota.most_g_per_km and quota.most_pollutants is not None and procured.rde_pollutants is None:
            yield "rde_pollutants"
        return
    if grams is None and quota.zero_share and zero_at_exhaust(drive) is None:
        yield "co2_g_per_km"
    if grams != 0 and procured.alternative_fuel is None:
        yield "alternative_fuel"


def _grams(procured: Procured, drive: Drive) -> int | None:
    """As entered, and none for a drive that has no exhaust."""
    if procured.co2_g_per_km is None and zero_at_exhaust(drive):
        return 0
    return procured.co2_g_per_km


def _euros(value: Money) -> Decimal:
    return Decimal(value.amount) / 100
