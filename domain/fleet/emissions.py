"""What a use emits in CO2, and what it saves against another: by dated factors, each with its source and its boundary."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from msgspec import Struct

from domain.refusals import Refusal

GRAM = Decimal("0.001")


class Energy(StrEnum):
    """`green_electricity` is what a contract says comes from renewable sources only."""

    PETROL = "petrol"
    DIESEL = "diesel"
    ELECTRICITY = "electricity"
    GREEN_ELECTRICITY = "green_electricity"


class Boundary(StrEnum):
    """What a factor counts: `direct`, what leaves the exhaust or the power station; `well_to_wheel`, also what it took to
    get the fuel there. Factors of different boundaries are not compared."""

    DIRECT = "direct"
    WELL_TO_WHEEL = "well_to_wheel"


class EmissionFactor(Struct, frozen=True):
    """Grams of CO2 per litre or per kWh, for uses from `valid_from` on."""

    energy: Energy
    boundary: Boundary
    grams: Decimal
    valid_from: date
    source: str


UBA_FUELS = "UBA, tank to wheel, as in the worked example of DUH"
FACTORS = (
    EmissionFactor(Energy.PETROL, Boundary.DIRECT, Decimal(2326), date(2015, 1, 1), UBA_FUELS),
    EmissionFactor(Energy.DIESEL, Boundary.DIRECT, Decimal(2645), date(2015, 1, 1), UBA_FUELS),
    EmissionFactor(Energy.ELECTRICITY, Boundary.DIRECT, Decimal(363), date(2024, 1, 1), "UBA, estimate for 2024"),
    EmissionFactor(
        Energy.GREEN_ELECTRICITY, Boundary.DIRECT, Decimal(0), date(2015, 1, 1), "by the contract of supply"
    ),
    EmissionFactor(
        Energy.PETROL, Boundary.WELL_TO_WHEEL, Decimal(2880), date(2015, 1, 1), "project-climate.de, well to wheel"
    ),
    EmissionFactor(
        Energy.DIESEL, Boundary.WELL_TO_WHEEL, Decimal(3240), date(2015, 1, 1), "project-climate.de, well to wheel"
    ),
)


class Consumption(Struct, frozen=True):
    """Litres or kWh per 100 km."""

    energy: Energy
    per_100_km: Decimal


class NotComparable(StrEnum):
    """What is missing. A plug-in hybrid's consumption is of two energies, and says nothing by itself."""

    CONSUMPTION = "consumption"
    ENERGY = "energy"
    EMISSION_FACTOR = "emission_factor"


class Saving(Struct, frozen=True):
    """Kilograms of CO2, to the gram, rounded half up; less than nothing where the use emitted more. `factors` are those
    by which it was found."""

    emitted_kg: Decimal
    reference_kg: Decimal
    saved_kg: Decimal
    factors: tuple[EmissionFactor, ...]


def factor(
    energy: Energy, boundary: Boundary, on: date, factors: Iterable[EmissionFactor] = FACTORS
) -> EmissionFactor | None:
    """The factor in force on a day; None where nobody published one for that day."""
    known = [f for f in factors if f.energy is energy and f.boundary is boundary and f.valid_from <= on]
    return max(known, key=lambda f: f.valid_from, default=None)


def saving(
    km: Decimal,
    used: Consumption,
    reference: Consumption,
    on: date,
    boundary: Boundary = Boundary.DIRECT,
    *,
    factors: Iterable[EmissionFactor] = FACTORS,
) -> Saving | Refusal[NotComparable]:
    """What so many kilometres saved against the same in the reference vehicle: km x (EF_ref - EF_used) / 1000, where an EF
    is grams per km."""
    known = tuple(factors)
    mine, other = factor(used.energy, boundary, on, known), factor(reference.energy, boundary, on, known)
    if mine is None or other is None:
        return Refusal(NotComparable.EMISSION_FACTOR)
    emitted, instead = _kilograms(km, used, mine), _kilograms(km, reference, other)
    return Saving(_to_the_gram(emitted), _to_the_gram(instead), _to_the_gram(instead - emitted), (other, mine))


def _kilograms(km: Decimal, consumption: Consumption, its: EmissionFactor) -> Decimal:
    return km * consumption.per_100_km * its.grams / 100_000


def _to_the_gram(kilograms: Decimal) -> Decimal:
    return kilograms.quantize(GRAM, rounding=ROUND_HALF_UP)
