"""The electricity that a city's cars take in a year, by district and by the kind of place where they take it.

The kinds are those of the national study (Nationale Leitstelle Ladeinfrastruktur). Each figure is exact here, to 28 digits; what is
shown is rounded once, in `plan`, and every sum is one of rounded figures.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from domain.charging.planning.assuming import Values
from domain.charging.planning.districts import District
from domain.charging.planning.names import Name
from domain.charging.planning.points import PowerClass

DAYS = 365


class UseCase(StrEnum):
    """At home and at work, in private; in the street near home, at a fast hub in the city, at shops and other destinations while
    one is there, and at hubs along through roads: open to everybody."""

    HOME = "home"
    WORK = "work"
    STREET = "street"
    HUB = "hub"
    DESTINATION = "destination"
    HIGHWAY = "highway"


PUBLIC = (UseCase.STREET, UseCase.HUB, UseCase.DESTINATION, UseCase.HIGHWAY)
OF_HOME = {
    UseCase.WORK: Name.HOME_WORK,
    UseCase.HUB: Name.HOME_HUB,
    UseCase.DESTINATION: Name.HOME_DESTINATION,
    UseCase.HIGHWAY: Name.HOME_HIGHWAY,
}
OF_AWAY = {
    UseCase.WORK: Name.AWAY_WORK,
    UseCase.HUB: Name.AWAY_HUB,
    UseCase.DESTINATION: Name.AWAY_DESTINATION,
    UseCase.HIGHWAY: Name.AWAY_HIGHWAY,
}
Kwh: TypeAlias = Mapping[UseCase, Decimal]


class Demand(Struct, frozen=True):
    """Of a district in which every car is electric: `cars`, kWh in a year, and points by the kWh that each gives in a day."""

    cars: Decimal
    kwh: Kwh
    points: Mapping[PowerClass, Decimal]


def demands(districts: Sequence[District], values: Values) -> tuple[Demand, ...]:
    """In the districts' order, as if every car were electric: all of it grows as the share of those that are.

    A car takes km / 100 x consumption x (1 + losses), a plug-in hybrid as much of that as it drives on electricity. Those that
    charge at home have a place of their own, and a charger there. What is charged at hubs, destinations and through roads is the
    city's, shared by the districts' weights.
    """
    own = [_own(district, values) for district in districts]
    taken: list[dict[UseCase, Decimal]] = [dict(kwh) for _, kwh in own]
    for use, weights in _weights(districts).items():
        together = sum((kwh[use] for _, kwh in own), Decimal(0)) * values[Name.VISITORS]
        total = sum(weights, Decimal(0))
        for kwh, weight in zip(taken, weights, strict=True):
            kwh[use] = together * weight / total if total else kwh[use] * values[Name.VISITORS]
    return tuple(Demand(cars, kwh, _points(kwh, values)) for (cars, _), kwh in zip(own, taken, strict=True))


def cars_of(district: District, values: Values) -> Decimal:
    if district.vehicles is not None:
        return Decimal(district.vehicles)
    return (district.inhabitants or 0) * values[Name.CARS_PER_INHABITANT]


def _own(district: District, values: Values) -> tuple[Decimal, Kwh]:
    """Cars, and the kWh that they take, wherever they do."""
    cars = cars_of(district, values)
    km = values[Name.KM_PER_VEHICLE] if district.km_per_vehicle is None else Decimal(district.km_per_vehicle)
    street = values[Name.NO_OWN_PARKING] if district.no_own_parking is None else district.no_own_parking
    hybrids = values[Name.PLUG_IN_HYBRIDS]
    electric_km = km * (1 - hybrids + hybrids * values[Name.HYBRID_ELECTRIC_KM])
    kwh = cars * electric_km / 100 * values[Name.CONSUMPTION] * (1 + values[Name.CHARGING_LOSSES])
    at_home = kwh * (1 - street) * values[Name.OWN_PARKING_CHARGING]
    away = kwh - at_home
    found = {use: at_home * values[OF_HOME[use]] + away * values[OF_AWAY[use]] for use in OF_HOME}
    found[UseCase.HOME] = at_home * (1 - sum(values[name] for name in OF_HOME.values()))
    found[UseCase.STREET] = away * (1 - sum(values[name] for name in OF_AWAY.values()))
    return cars, found


def _weights(districts: Sequence[District]) -> dict[UseCase, list[Decimal]]:
    return {
        UseCase.HUB: [each.hub_weight for each in districts],
        UseCase.DESTINATION: [each.destination_weight for each in districts],
        UseCase.HIGHWAY: [each.through_weight for each in districts],
    }


def _points(kwh: Kwh, values: Values) -> Mapping[PowerClass, Decimal]:
    """Points = kWh / 365 / kWh of a point in a day."""
    hub, shop = kwh[UseCase.HUB], kwh[UseCase.DESTINATION]
    shop_dc, shop_hpc = shop * values[Name.DESTINATION_DC], shop * values[Name.DESTINATION_HPC]
    hub_dc = hub * values[Name.HUB_DC]
    by_class = {
        PowerClass.AC: (kwh[UseCase.STREET] + shop - shop_dc - shop_hpc, Name.AC_KWH_PER_DAY),
        PowerClass.DC: (hub_dc + shop_dc, Name.DC_KWH_PER_DAY),
        PowerClass.HPC: (hub - hub_dc + shop_hpc + kwh[UseCase.HIGHWAY], Name.HPC_KWH_PER_DAY),
    }
    return {each: taken / DAYS / values[name] for each, (taken, name) in by_class.items()}
