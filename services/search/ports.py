"""What finding needs to know, as its use cases need it."""

from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from domain.booking.resources import Agenda, Resource, ResourceId, Station
from domain.booking.terms import BlockingPolicy
from domain.identity import City, PoolId
from domain.periods import Period
from domain.pricing.tariffs import Tariff, TariffId
from services.search.asking import CitiesAsked, FreeMark, StationMark, StationsAsked, Wanted
from services.search.views import CityView, StationOfResource, StationView


class FreeResource(Struct, frozen=True):
    """`distance_m` on the city's plane, from where the question was asked or from the city's center. `power_group` is the connection
    that a charge point is behind, if it shares one."""

    id: ResourceId
    name: str
    station: Station
    distance_m: float
    pool_id: PoolId | None
    shared: bool
    tariff_id: TariffId
    attributes: dict[str, Any]
    power_group: str | None = None


class Sold(Struct, frozen=True):
    """A tariff in force, and the fee of its terms for standing at a charger."""

    tariff: Tariff
    blocking: BlockingPolicy | None = None


class FreeResources(Struct, frozen=True):
    """One page of what is free, nearest first, and the tariffs of it that are in force at the start; `next` is set
    where another page follows."""

    time_zone: str
    items: tuple[FreeResource, ...]
    tariffs: tuple[Sold, ...]
    next: FreeMark | None = None


class SoldHere(Struct, frozen=True):
    """So many `points` of a station are sold by it."""

    points: int
    sold: Sold


class FoundStation(Struct, frozen=True):
    """A station, and by what its charge points are sold, as far as the caller may see them; its `charging` is empty as yet."""

    station: StationView
    sold: tuple[SoldHere, ...] = ()


class FoundStations(Struct, frozen=True):
    """One page; `next` is set where another one follows."""

    items: tuple[FoundStation, ...]
    next: StationMark | None


class FoundCities(Struct, frozen=True):
    items: tuple[CityView, ...]
    next: City | None


class FoundResource(Struct, frozen=True):
    """A resource with all that is known of it, and its tariff in force."""

    resource: Resource
    code: str | None
    station: StationOfResource
    time_zone: str
    attributes: dict[str, Any]
    sold: Sold | None


class FoundAgenda(Struct, frozen=True):
    agenda: Agenda
    time_zone: str


class Finder(Protocol):
    """The published side of the books. None means that the city, or the resource in it, does not exist."""

    async def free(self, wanted: Wanted, now: datetime) -> FreeResources | None:
        """Charge points only where their connection has power left for the period."""

    async def stations(self, asked: StationsAsked, now: datetime) -> FoundStations | None: ...
    async def resource(self, city: City, key: ResourceId | str, now: datetime) -> FoundResource | None: ...
    async def agenda(self, city: City, resource_id: ResourceId, window: Period) -> FoundAgenda | None:
        """With all claims that touch the window once the resource's buffers are added to it, in order of time."""

    async def cities(self, asked: CitiesAsked) -> FoundCities: ...
