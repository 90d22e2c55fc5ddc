"""Finding: cities, stations, resources, and what of them is free (section 4 of the public contract)."""

from decimal import Decimal
from typing import Annotated, Any, TypeAlias
from zlib import crc32

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct, field

from adapters.http import cursors, reading
from adapters.http.endpoints import ANYONE, JSON, PUBLIC, Ask, Endpoint, Reply, answer, encode
from adapters.http.problem_codes import CODES
from adapters.http.problems import Fault, Rejected, language
from adapters.http.reading import Instant
from adapters.http.search_examples import AVAILABLE, CITY, FREE, RESOURCE, STATION
from domain.booking.resources import ResourceId, Service, StationId
from domain.cities.identifiers import is_slug
from domain.identity import Actor, City
from domain.periods import Period
from domain.places import Location
from domain.refusals import Refusal
from services.search import Search
from services.search.asking import (
    DEFAULT_RADIUS_M,
    WIDEST_RADIUS_M,
    BikeFilter,
    ChargePointFilter,
    CitiesAsked,
    Filter,
    FreeMark,
    FreeTimeAsked,
    Near,
    NotFindable,
    ResourceAsked,
    StationMark,
    StationsAsked,
    VehicleFilter,
    Wanted,
    anybody,
)
from services.search.views import AvailableResource, CityView, ResourceDetails, StationView

DEGREES = r"-?[0-9]{1,3}(\.[0-9]{1,20})?"
Place: TypeAlias = Annotated[
    str,
    Meta(pattern=f"^{DEGREES},{DEGREES}$", description="lat,lon in degrees of WGS 84", examples=["52.2646,10.5236"]),
]
Radius: TypeAlias = Annotated[
    int, Meta(ge=1, le=WIDEST_RADIUS_M, description=f"metres around `near`, {DEFAULT_RADIUS_M} by default")
]
Limit: TypeAlias = Annotated[int, Meta(ge=1, le=100)]
Cursor: TypeAlias = Annotated[str, Meta(description="a page's `next_cursor`")]
Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100)]
Kilowatts: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{1,5}(\.[0-9]{1,3})?$", description="decimal number of kW")]
Seats: TypeAlias = Annotated[int, Meta(ge=1, le=100)]
Kilometres: TypeAlias = Annotated[int, Meta(ge=0, le=10_000)]


class CitiesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    limit: Limit = 20
    cursor: Cursor | None = None


class StationsQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Nearest first with `near`, by name without it."""

    service: Service | None = None
    near: Place | None = None
    radius_m: Radius | None = None
    limit: Limit = 20
    cursor: Cursor | None = None


class CodeQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """What is written on the resource: the text of its QR code, or its EVSE id."""

    code: Text


class WindowQuery(Struct, forbid_unknown_fields=True, frozen=True):
    from_: Instant = field(name="from")
    to: Instant


class AvailabilityQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """A period and, for one service, what the resource must be; each service has filters of its own."""

    service: Service
    start: Instant
    end: Instant
    near: Place | None = None
    radius_m: Radius | None = None
    limit: Limit = 20
    cursor: Cursor | None = None
    connector: Text | None = None
    min_power_kw: Kilowatts | None = None
    class_: Text | None = field(name="class", default=None)
    seats: Seats | None = None
    drive: Text | None = None
    range_km: Kilometres | None = None
    bike_type: Text | None = None
    plan: Text | None = None

    def filter(self) -> Filter:
        """The service's own. Raises Rejected for one of another service."""
        given = {name: value for name in FILTERS if (value := getattr(self, name)) is not None}
        foreign = [name for name in given if FILTERS[name] is not self.service]
        if foreign:
            faults = tuple(_fault(name.rstrip("_"), f"not a filter of {self.service}") for name in foreign)
            raise Rejected("invalid_input", errors=faults)
        match self.service:
            case Service.CHARGING:
                power = given.get("min_power_kw")
                return ChargePointFilter(given.get("connector"), Decimal(power) if power is not None else None)
            case Service.FLEET:
                return VehicleFilter(*(given.get(name) for name in ("class_", "seats", "drive", "range_km")))
            case Service.BIKE_LEASING:
                return BikeFilter(given.get("bike_type"), given.get("plan"))


FILTERS = {
    "connector": Service.CHARGING,
    "min_power_kw": Service.CHARGING,
    "class_": Service.FLEET,
    "seats": Service.FLEET,
    "drive": Service.FLEET,
    "range_km": Service.FLEET,
    "bike_type": Service.BIKE_LEASING,
    "plan": Service.BIKE_LEASING,
}


class CityList(Struct, frozen=True):
    items: tuple[CityView, ...]
    next_cursor: str | None


class StationList(Struct, frozen=True):
    items: tuple[StationView, ...]
    next_cursor: str | None


class AvailabilityList(Struct, frozen=True):
    """At most `limit`, nearest first, what stands at one place by name. What is free changes while one reads."""

    items: tuple[AvailableResource, ...]
    next_cursor: str | None = None


class FreePeriodList(Struct, frozen=True):
    """All of the window's free periods, half-open, in order of time."""

    time_zone: str
    items: tuple[Period, ...]
    next_cursor: None = None


class CityMark(Struct, array_like=True, frozen=True):
    id: City


class NameMark(Struct, array_like=True, frozen=True):
    name: str
    id: StationId


class NearestMark(Struct, array_like=True, frozen=True):
    distance_m: float
    name: str
    id: ResourceId


class DistanceMark(Struct, array_like=True, frozen=True):
    distance_m: float
    id: StationId


def finding(search: Search) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_cities(ask: Ask) -> Reply:
        asked = ask.query(CitiesQuery)
        after = cursors.read_as(CityMark, asked.cursor).id if asked.cursor is not None else None
        found = await search.cities(CitiesAsked(after, asked.limit))
        return answer(CityList(found.items, cursors.written(CityMark(found.next)) if found.next else None))

    async def list_stations(ask: Ask) -> Reply:
        asked = ask.query(StationsQuery)
        near = _near(asked.near, asked.radius_m)
        after = _mark(asked.cursor, near) if asked.cursor is not None else None
        city = _city(ask)
        found = await search.stations(
            StationsAsked(city, _viewer(ask), asked.service, near, after, asked.limit), ask.now
        )
        if isinstance(found, Refusal):
            return _refused(ask, found)
        return answer(StationList(found.items, cursors.written(_marked(found.next)) if found.next else None))

    async def list_available(ask: Ask) -> Reply:
        asked = ask.query(AvailabilityQuery)
        period = reading.period(asked.start, asked.end, parameters=True)
        near = _near(asked.near, asked.radius_m)
        mark = cursors.read_as(NearestMark, asked.cursor) if asked.cursor is not None else None
        after = FreeMark(mark.distance_m, mark.name, mark.id) if mark else None
        wanted = Wanted(_city(ask), _viewer(ask), period, asked.filter(), near, asked.limit, after)
        found = await search.available(wanted, ask.now)
        if isinstance(found, Refusal):
            return _refused(ask, found)
        end = NearestMark(found.next.distance_m, found.next.name, found.next.id) if found.next else None
        return answer(AvailabilityList(found.items, cursors.written(end) if end else None))

    async def get_resource(ask: Ask) -> Reply:
        asked = ResourceAsked(_city(ask), _viewer(ask), ResourceId(ask.path("resource_id")))
        return _tagged(ask, await search.resource(asked, ask.now))

    async def find_resource(ask: Ask) -> Reply:
        asked = ResourceAsked(_city(ask), _viewer(ask), ask.query(CodeQuery).code)
        return _tagged(ask, await search.resource(asked, ask.now))

    async def list_free_time(ask: Ask) -> Reply:
        asked = ask.query(WindowQuery)
        window = reading.window(asked.from_, asked.to)
        resource_id = ResourceId(ask.path("resource_id"))
        found = await search.free_time(FreeTimeAsked(_city(ask), _viewer(ask), resource_id, window), ask.now)
        if isinstance(found, Refusal):
            return _refused(ask, found)
        return answer(FreePeriodList(found.time_zone, found.periods))

    return (
        Endpoint(
            HttpMethod.GET,
            PUBLIC,
            "/v1/cities",
            "listCities",
            "finding",
            "The cities of this installation",
            list_cities,
            {200: CityList},
            codes=("invalid_input", "malformed"),
            query=CitiesQuery,
            examples={200: {"items": [CITY], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            ANYONE,
            "/v1/{city:str}/stations",
            "listStations",
            "finding",
            "Stations, and how many resources of which service they have",
            list_stations,
            {200: StationList},
            codes=("unknown_city",),
            query=StationsQuery,
            examples={200: {"items": [STATION], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            ANYONE,
            "/v1/{city:str}/availability",
            "listAvailable",
            "finding",
            "What is free and bookable for the whole period, nearest first, with its price",
            list_available,
            {200: AvailabilityList},
            codes=("unknown_city", "period_in_the_past", "period_too_long"),
            query=AvailabilityQuery,
            examples={200: {"items": [AVAILABLE], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            ANYONE,
            "/v1/{city:str}/resources",
            "findResource",
            "finding",
            "The resource with this code on it, with an ETag",
            find_resource,
            {200: ResourceDetails, 304: None},
            codes=("unknown_resource",),
            query=CodeQuery,
            examples={200: RESOURCE},
        ),
        Endpoint(
            HttpMethod.GET,
            ANYONE,
            "/v1/{city:str}/resources/{resource_id:uuid}",
            "getResource",
            "finding",
            "A resource, with an ETag",
            get_resource,
            {200: ResourceDetails, 304: None},
            codes=("unknown_resource",),
            examples={200: RESOURCE},
        ),
        Endpoint(
            HttpMethod.GET,
            ANYONE,
            "/v1/{city:str}/resources/{resource_id:uuid}/free",
            "listFreeTime",
            "finding",
            "When a resource is free, in a window of at most 400 days",
            list_free_time,
            {200: FreePeriodList},
            codes=("unknown_resource", "period_in_the_past", "period_too_long"),
            query=WindowQuery,
            examples={200: FREE},
        ),
    )


def _city(ask: Ask) -> City:
    """Raises Rejected for what cannot be a city's name, so that it need not be looked up."""
    if not is_slug(ask.city):
        raise Rejected("unknown_city")
    return ask.city


def _viewer(ask: Ask) -> Actor:
    return ask.actor_or_none or anybody(ask.city)


def _fault(parameter: str, detail: str) -> Fault:
    return Fault(detail, parameter=parameter)


def _near(place: str | None, radius_m: int | None) -> Near | None:
    """Raises Rejected for a place that is not on the globe, and for a radius around nothing."""
    if place is None:
        if radius_m is not None:
            raise Rejected("invalid_input", errors=(_fault("radius_m", "a radius needs a place to be near"),))
        return None
    lat, lon = map(float, place.split(","))
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Rejected("invalid_input", errors=(_fault("near", "lat is -90 to 90, lon -180 to 180"),))
    return Near(Location(lat, lon), radius_m or DEFAULT_RADIUS_M)


def _mark(cursor: str, near: Near | None) -> StationMark:
    """A cursor belongs to the order of its list. Raises Rejected for one of the other order."""
    if near is None:
        by_name = cursors.read_as(NameMark, cursor)
        return StationMark(by_name.id, by_name.name)
    by_distance = cursors.read_as(DistanceMark, cursor)
    return StationMark(by_distance.id, "", by_distance.distance_m)


def _marked(mark: StationMark) -> Struct:
    if mark.distance_m is None:
        return NameMark(mark.name, mark.id)
    return DistanceMark(mark.distance_m, mark.id)


def _refused(ask: Ask, refusal: Refusal[NotFindable]) -> Reply:
    """The query's parameters stand where a body would have pointers."""
    if not refusal.pointer:
        return ask.refuse(refusal)
    kind = CODES[refusal.reason.value]
    detail = kind.de if language(ask.accept_language) == "de" else kind.en
    return ask.problem(refusal.reason.value, errors=(_fault(refusal.pointer.strip("/"), detail),))


def _tagged(ask: Ask, found: ResourceDetails | Refusal[NotFindable]) -> Reply:
    """With an ETag, a checksum of what is shown; 304 where the caller has it already."""
    if isinstance(found, Refusal):
        return ask.refuse(found)
    content = encode(found)
    tag = f'"{crc32(content):08x}"'
    headers: dict[str, Any] = {"etag": tag, "cache-control": "private, no-cache"}
    known = {each.strip().removeprefix("W/") for each in (ask.header("if-none-match") or "").split(",")}
    if known & {tag, "*"}:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, status_code=200, media_type=JSON, headers=headers)
