"""What may be asked when looking for something to book, and which questions have no answer."""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.holds import START_GRACE
from domain.booking.publishing import LONGEST
from domain.booking.resources import ResourceId, Service, StationId
from domain.identity import Actor, City, PersonId, Role
from domain.periods import Period
from domain.places import Location
from domain.refusals import Refusal

LONGEST_WINDOW = timedelta(days=400)
DEFAULT_RADIUS_M = 2_000
WIDEST_RADIUS_M = 50_000


class NotFindable(StrEnum):
    UNKNOWN_CITY = "unknown_city"
    UNKNOWN_RESOURCE = "unknown_resource"
    PERIOD_IN_THE_PAST = "period_in_the_past"
    PERIOD_TOO_LONG = "period_too_long"


class Near(Struct, frozen=True):
    location: Location
    radius_m: int = DEFAULT_RADIUS_M


class ChargePointFilter(Struct, frozen=True):
    """`connector` is an OCPI ConnectorType that one of the plugs must be of."""

    connector: str | None = None
    min_power_kw: Decimal | None = None


class VehicleFilter(Struct, frozen=True):
    """`seats` and `range_km` are the fewest that will do."""

    vehicle_class: str | None = None
    seats: int | None = None
    drive: str | None = None
    range_km: int | None = None


class BikeFilter(Struct, frozen=True):
    """`plan` is one by which the bike must be leasable."""

    bike_type: str | None = None
    plan: str | None = None


Filter: TypeAlias = ChargePointFilter | VehicleFilter | BikeFilter

SERVICE_OF: dict[type[Filter], Service] = {
    ChargePointFilter: Service.CHARGING,
    VehicleFilter: Service.FLEET,
    BikeFilter: Service.BIKE_LEASING,
}


class FreeMark(Struct, frozen=True):
    """Where a page of what is free ended: by distance (unrounded), then by name, then by id."""

    distance_m: float
    name: str
    id: ResourceId


class Wanted(Struct, frozen=True):
    """What is free for all of a period and open to `actor`: at most `limit` after a mark, nearest first.

    Without `near` it is the whole city, seen from its center.
    """

    city: City
    actor: Actor
    period: Period
    filter: Filter
    near: Near | None = None
    limit: int = 20
    after: FreeMark | None = None

    @property
    def service(self) -> Service:
        return SERVICE_OF[type(self.filter)]


class StationMark(Struct, frozen=True):
    """Where a page of stations ended; `distance_m` (unrounded) leads where they are sorted by it, else `name`."""

    id: StationId
    name: str
    distance_m: float | None = None


class StationsAsked(Struct, frozen=True):
    """Stations with something that `actor` may see: nearest first, or by name where there is no `near`."""

    city: City
    actor: Actor
    service: Service | None = None
    near: Near | None = None
    after: StationMark | None = None
    limit: int = 20


class ResourceAsked(Struct, frozen=True):
    """By its id, or by the code that is written on it: a QR code's, an EVSE id."""

    city: City
    actor: Actor
    key: ResourceId | str


class FreeTimeAsked(Struct, frozen=True):
    city: City
    actor: Actor
    resource_id: ResourceId
    window: Period


class CitiesAsked(Struct, frozen=True):
    """By name of the city's address, after the one that ended the page before."""

    after: City | None = None
    limit: int = 20


def anybody(city: City) -> Actor:
    """Who has not signed in sees what residents may book."""
    return Actor(PersonId(UUID(int=0)), city, frozenset({Role.RESIDENT}))


def no_time_for(period: Period, service: Service, now: datetime) -> Refusal[NotFindable] | None:
    """Why nobody can look for something to book in this period, if so. Leases are looked for as long as they may run."""
    if period.start < now - START_GRACE:
        return Refusal(NotFindable.PERIOD_IN_THE_PAST, "/start")
    if period.length > (LONGEST if service is Service.BIKE_LEASING else LONGEST_WINDOW):
        return Refusal(NotFindable.PERIOD_TOO_LONG, "/end")
    return None
