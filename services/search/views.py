"""What finding answers (section 4 of the public contract)."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct

from domain.booking.price_list import PriceShown
from domain.booking.resources import ResourceId, Service, Station, StationId
from domain.identity import City, PoolId
from domain.money import Money
from domain.periods import Period
from domain.places import Location
from domain.pricing.tariffs import Tariff, TariffId


class PriceBasis(StrEnum):
    """What a price covers: all of it; the time alone, energy or distance come on top; one month of several."""

    TOTAL = "total"
    TIME_ONLY = "time_only"
    MONTHLY = "monthly"


class UnitPrice(Struct, frozen=True):
    """What one unit costs, with value added tax; a unit of time is charged once it is begun."""

    per: str
    gross: Decimal
    currency: str


class AvailableResource(Struct, frozen=True):
    """Something free and bookable. `distance_m` is null where the question named no place. `prices` are all that a charge point may ask for,
    in the order of the law (Regulation (EU) 2023/1804, Article 5(4)); of other services there are none."""

    resource_id: ResourceId
    service: Service
    name: str
    station: Station
    distance_m: int | None
    time_zone: str
    attributes: dict[str, Any]
    price: Money
    price_basis: PriceBasis
    unit_prices: tuple[UnitPrice, ...]
    prices: tuple[PriceShown, ...] = ()


class ChargingPrices(Struct, frozen=True):
    """What charging may cost at so many `points` of a station now; `prices` as for a charge point."""

    tariff_id: TariffId
    points: int
    prices: tuple[PriceShown, ...]


class StationView(Struct, frozen=True):
    """`resources` counts, per service, what the caller may see there, whether it is in service or not. `charging` says what it may cost to
    charge there, for each tariff by which points are sold."""

    id: StationId
    name: str
    address: str
    location: Location
    distance_m: int | None
    resources: dict[Service, int]
    charging: tuple[ChargingPrices, ...] = ()


class StationOfResource(Struct, frozen=True):
    id: StationId
    name: str
    address: str
    location: Location


class ResourceDetails(Struct, frozen=True):
    """`unit_prices` are those in force now, `tariff` says all that they depend on: caps, hours, packages, what is free.
    Something listed that is not `bookable` belongs to another operator. `prices` as for what is free."""

    id: ResourceId
    service: Service
    name: str
    code: str | None
    station: StationOfResource
    time_zone: str
    in_service: bool
    bookable: bool
    pool_id: PoolId | None
    attributes: dict[str, Any]
    tariff_id: TariffId | None
    unit_prices: tuple[UnitPrice, ...]
    tariff: Tariff | None
    prices: tuple[PriceShown, ...] = ()


class FreeTime(Struct, frozen=True):
    """All periods that a booking may lie in, half-open, in order; what the resource needs around it is left out."""

    time_zone: str
    periods: tuple[Period, ...]


class PaymentOfCity(Struct, frozen=True):
    publishable_key: str


class CityView(Struct, frozen=True):
    """`payment` is null in a city that takes no money."""

    id: City
    name: str
    time_zone: str
    languages: tuple[str, ...]
    location: Location
    payment: PaymentOfCity | None
