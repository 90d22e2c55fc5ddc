"""How a vehicle was procured, and what of it the law on clean vehicles (SaubFahrzeugBeschG) looks at."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.money import Money
from domain.pricing.quotes import within
from domain.refusals import Refusal

LARGEST_G_PER_KM = 10_000
LARGEST_RDE = 10
LARGEST_CONTRACT = 10**12
CURRENCY = "EUR"


class Procurement(StrEnum):
    """The contracts of § 3 Nr. 1 SaubFahrzeugBeschG; a purchase by instalments is one."""

    PURCHASE = "purchase"
    LEASE = "lease"
    RENTAL = "rental"


class EuCategory(StrEnum):
    """Of type approval (Regulation (EU) 2018/858, article 4), as in field J of the registration certificate."""

    M1 = "M1"
    M2 = "M2"
    M3 = "M3"
    N1 = "N1"
    N2 = "N2"
    N3 = "N3"


class Procured(Struct, frozen=True):
    """None is what nobody has entered. `awarded_on` is the day on which the contract was awarded, `contract_value` the
    estimated net value of the whole contract, in euros; `rde_pollutants` the highest share of the limits for nitrogen oxides
    and particles in real driving (RDE), one being the limit; `alternative_fuel` says that a heavy vehicle is made for one;
    `quota_exempt` that the law leaves the vehicle out."""

    awarded_on: date | None = None
    procurement: Procurement | None = None
    eu_category: EuCategory | None = None
    co2_g_per_km: int | None = None
    rde_pollutants: Decimal | None = None
    alternative_fuel: bool | None = None
    contract_value: Money | None = None
    quota_exempt: bool = False


class NotProcured(StrEnum):
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    BICYCLE_WITH_CATEGORY = "bicycle_with_category"
    CO2_DOES_NOT_FIT = "co2_does_not_fit"


def checked(procured: Procured, *, motor: bool, zero_at_exhaust: bool | None) -> Refusal[NotProcured] | None:
    """What of it cannot be. `zero_at_exhaust` says of the drive whether it never emits CO2, always does, or None where that
    depends on the fuel."""
    if not motor and procured.eu_category is not None:
        return Refusal(NotProcured.BICYCLE_WITH_CATEGORY, "/eu_category")
    grams, rde, value = procured.co2_g_per_km, procured.rde_pollutants, procured.contract_value
    if grams is not None:
        if not 0 <= grams <= LARGEST_G_PER_KM:
            return Refusal(NotProcured.NUMBER_OUT_OF_RANGE, "/co2_g_per_km")
        if zero_at_exhaust is not None and zero_at_exhaust != (grams == 0):
            return Refusal(NotProcured.CO2_DOES_NOT_FIT, "/co2_g_per_km")
    if rde is not None and not (rde.is_finite() and (rde == 0 or within(rde, LARGEST_RDE))):
        return Refusal(NotProcured.NUMBER_OUT_OF_RANGE, "/rde_pollutants")
    if value is not None and not (value.currency == CURRENCY and 0 <= value.amount <= LARGEST_CONTRACT):
        return Refusal(NotProcured.NUMBER_OUT_OF_RANGE, "/contract_value")
    return None
