"""`/v1/{city}/trips` and `/v1/{city}/fleet/trips`: the logbook, for whoever drove and for whoever runs the pool."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.cursors import Place
from adapters.http.endpoints import BOOKERS_AND_OPERATOR, STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.files import CSV, XLSX
from adapters.http.fleet.trip_examples import ENTRY, TRIP
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Day, Instant, asked_in_utc, in_order
from adapters.http.tags import seen, tagged
from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.keeping import runs
from domain.fleet.logbook import COMPLETION, EnterTrip, Entry, TripKind, TripState, state_of
from domain.identity import SYSTEM, Actor, PersonId, PoolId
from domain.refusals import Refusal
from services.calls import Answer
from services.fleet.exporting import Format
from services.fleet.logbook import KnownTrip, Logbooks, NoSpan, Span, TripMark, TripsWanted

OWN = "/v1/{city:str}/trips"
ONE = f"{OWN}/{{trip_id:uuid}}"
POOLS = "/v1/{city:str}/fleet/trips"
Kilometres: TypeAlias = Annotated[int, Meta(ge=0, lt=10_000_000)]
Words: TypeAlias = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]


class OwnTripsQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`from` and `to` select by overlap, `state` may repeat."""

    state: Annotated[tuple[TripState, ...], Meta(examples=[["overdue"]])] = ()
    from_: Instant | None = msgspec.field(name="from", default=None)
    to: Instant | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class TripsQuery(OwnTripsQuery, forbid_unknown_fields=True, frozen=True):
    vehicle_id: UUID | None = None
    driver_id: UUID | None = None
    pool: Annotated[str, Meta(max_length=100)] | None = None


class LogbookQuery(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The trips that begin from the day `from` on and before the day `to`, at most a year; of one vehicle or pool, or of all
    that one looks after."""

    from_: Annotated[Day, Meta(examples=["2026-11-01"])] = msgspec.field(name="from")
    to: Annotated[Day, Meta(examples=["2026-12-01"])]
    vehicle_id: UUID | None = None
    pool: Annotated[str, Meta(max_length=100)] | None = None
    format: Annotated[Format, Meta(examples=["xlsx"])] = Format.CSV


class TripEntryRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """What is left out stays as it is, at first as the booking has it; an empty word goes. Of `private` and `rental` trips the
    kilometres alone are told. `reason` is required of whoever changes what was entered, or did not drive."""

    kind: TripKind
    destination: Words | None = None
    purpose: Words | None = None
    partner: Words | None = None
    route: Words | None = None
    odometer_start: Kilometres | None = None
    odometer_end: Kilometres | None = None
    reason: Words | None = None


class SomebodyView(Struct, frozen=True):
    """`name` is told to whoever runs the pool, and to oneself; null once somebody was erased."""

    id: PersonId
    name: str | None


class VehicleOfTripView(Struct, frozen=True):
    id: ResourceId
    name: str


class EntryView(Struct, frozen=True):
    """A version. `entered_by` is null of the first, which is as the use ended."""

    version: int
    odometer_start: int | None
    odometer_end: int | None
    kind: TripKind | None
    destination: str | None
    purpose: str | None
    partner: str | None
    route: str | None
    reason: str | None
    entered_by: SomebodyView | None
    entered_at: datetime


class TripView(Struct, frozen=True):
    """The version that counts, and below all of them, the newest first. `gap_km` is what the odometer moved since the vehicle's
    trip before without one, null where nobody knows; `complete_by` the last day on which it is completed in time;
    `missing` what it is not complete without; `planned` what stands in the booking. Of `private` and `rental` trips neither places
    nor what was planned are told. Its id is the booking's."""

    id: BookingId
    vehicle: VehicleOfTripView
    plate: str | None
    pool_id: PoolId | None
    driver: SomebodyView
    started_at: datetime
    ended_at: datetime
    time_zone: str
    start_place: str | None
    end_place: str | None
    odometer_start: int | None
    odometer_end: int | None
    km: int | None
    gap_km: int | None
    kind: TripKind | None
    destination: str | None
    purpose: str | None
    partner: str | None
    route: str | None
    planned_destination: str | None
    planned_purpose: str | None
    state: TripState
    complete_by: date
    missing: tuple[str, ...]
    version: int
    entries: tuple[EntryView, ...]


class TripList(Struct, frozen=True):
    items: tuple[TripView, ...]
    next_cursor: str | None


def trips(offered: Logbooks) -> tuple[Endpoint, ...]:
    async def listed(ask: Ask, wanted: TripsWanted, limit: int) -> Reply:
        found = await offered.page(ask.actor, wanted)
        items = tuple(trip_view(known, ask.actor) for known in found[:limit])
        following = Place(items[-1].started_at, items[-1].id) if len(found) > limit else None
        return answer(TripList(items, cursors.written(following) if following else None))

    async def list_own(ask: Ask) -> Reply:
        asked = ask.query(OwnTripsQuery)
        return await listed(ask, _wanted(asked, own=True), asked.limit)

    async def list_trips(ask: Ask) -> Reply:
        asked = ask.query(TripsQuery)
        wanted = msgspec.structs.replace(
            _wanted(asked, own=False),
            vehicle_id=_vehicle(asked.vehicle_id),
            driver_id=PersonId(asked.driver_id) if asked.driver_id is not None else None,
            pool_id=_pool(asked.pool),
        )
        return await listed(ask, wanted, asked.limit)

    async def get_trip(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, BookingId(ask.path("trip_id")))
        return ask.problem("unknown_trip") if found is None else tagged(ask, trip_view(found, ask.actor))

    async def enter_trip(ask: Ask) -> Reply:
        trip_id, asked = BookingId(ask.path("trip_id")), await ask.body(TripEntryRequest)
        words = {name: _stripped(getattr(asked, name)) for name in ("destination", "purpose", "partner", "route")}
        command = EnterTrip(
            trip_id,
            asked.kind,
            **words,
            odometer_start=asked.odometer_start,
            odometer_end=asked.odometer_end,
            reason=_stripped(asked.reason) or None,
            seen=seen(ask),
        )

        def told(known: KnownTrip) -> Answer:
            return answer(trip_view(known, ask.actor), 201)

        return await offered.enter(ask.call((trip_id, asked), told), command)

    async def export(ask: Ask) -> Reply:
        asked = ask.query(LogbookQuery)
        file = await offered.give(ask.actor, _span(asked), asked.format)
        if isinstance(file, Refusal):
            return ask.refuse(file)
        headers = {
            "cache-control": "private, no-cache",
            "content-disposition": f'attachment; filename="{file.name}"',
        }
        return Response(file.content, status_code=200, media_type=file.media_type, headers=headers)

    return (
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            OWN,
            "listOwnTrips",
            "fleet",
            "One's own trips in the logbook, the newest first",
            list_own,
            {200: TripList},
            query=OwnTripsQuery,
            examples={200: {"items": [TRIP], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            ONE,
            "getTrip",
            "fleet",
            "A trip with every version of what was entered, with an ETag",
            get_trip,
            {200: TripView, 304: None},
            codes=("unknown_trip",),
            examples={200: TRIP},
        ),
        Endpoint(
            HttpMethod.POST,
            BOOKERS_AND_OPERATOR,
            f"{ONE}/entries",
            "enterTrip",
            "fleet",
            "Complete a trip in the logbook, or correct it: what was there before stays to be seen",
            enter_trip,
            {201: TripView},
            codes=(
                "unknown_trip",
                "version_mismatch",
                "nothing_changes",
                "kind_does_not_fit",
                "kilometres_only",
                "purpose_missing",
                "destination_missing",
                "reason_missing",
                "odometer_runs_back",
            ),
            body=TripEntryRequest,
            keyed=True,
            example=ENTRY,
            examples={201: TRIP},
        ),
        Endpoint(
            HttpMethod.GET,
            STAFF,
            POOLS,
            "listTrips",
            "fleet",
            "The trips of the vehicles that one looks after, the newest first, with what is missing and what was driven between"
            " them",
            list_trips,
            {200: TripList},
            query=TripsQuery,
            examples={200: {"items": [TRIP], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            STAFF,
            f"{POOLS}/export",
            "exportLogbook",
            "fleet",
            "The logbook (Fahrtenbuch) of a vehicle, or of all that one looks after, with every version: CSV, or XLSX if asked for",
            export,
            {200: None},
            codes=("logbook_too_long",),
            query=LogbookQuery,
            media=CSV,
            more_media=(XLSX,),
        ),
    )


def trip_view(known: KnownTrip, reader: Actor) -> TripView:
    logged, today = known.logged.told, known.today
    trip, current = logged.trip, logged.current
    runs_it = runs(reader, trip.pool_id)

    def somebody(person: PersonId) -> SomebodyView:
        return SomebodyView(person, known.people.get(person) if runs_it or person == reader.id else None)

    def entry(each: Entry) -> EntryView:
        by = None if each.entered_by == SYSTEM else somebody(each.entered_by)
        return msgspec.convert(msgspec.structs.asdict(each) | {"entered_by": by}, EntryView, from_attributes=True)

    return TripView(
        id=trip.id,
        vehicle=VehicleOfTripView(trip.vehicle_id, known.vehicle),
        plate=trip.plate,
        pool_id=trip.pool_id,
        driver=somebody(trip.driver_id),
        started_at=trip.started_at.astimezone(UTC),
        ended_at=trip.ended_at.astimezone(UTC),
        time_zone=today.time_zone,
        start_place=trip.start_place,
        end_place=trip.end_place,
        odometer_start=current.odometer_start,
        odometer_end=current.odometer_end,
        km=current.km,
        gap_km=logged.gap_km,
        kind=current.kind,
        destination=current.destination,
        purpose=current.purpose,
        partner=current.partner,
        route=current.route,
        planned_destination=logged.planned_destination,
        planned_purpose=logged.planned_purpose,
        state=state_of(logged, today.day, today.time_zone),
        complete_by=COMPLETION.last_day(trip.ended_at, today.time_zone),
        missing=current.missing,
        version=current.version,
        entries=tuple(map(entry, reversed(logged.entries))),
    )


def _wanted(asked: OwnTripsQuery, *, own: bool) -> TripsWanted:
    """Raises Rejected for a cursor that is none, and for times beyond all trips."""
    in_order(asked.from_, asked.to)
    place = cursors.read(asked.cursor) if asked.cursor is not None else None
    return TripsWanted(
        asked.limit + 1,
        own,
        TripMark(place.at, BookingId(place.id)) if place else None,
        states=frozenset(asked.state),
        since=asked_in_utc("from", asked.from_),
        until=asked_in_utc("to", asked.to),
    )


def _span(asked: LogbookQuery) -> Span:
    """Raises Rejected for days that are no stretch of a logbook."""
    try:
        return Span(asked.from_, asked.to, _vehicle(asked.vehicle_id), _pool(asked.pool))
    except NoSpan as no:
        raise Rejected("invalid_input", errors=(Fault(str(no), parameter=no.day),)) from no


def _vehicle(given: UUID | None) -> ResourceId | None:
    return ResourceId(given) if given is not None else None


def _pool(given: str | None) -> PoolId | None:
    return PoolId(given) if given is not None else None


def _stripped(word: str | None) -> Any:
    return None if word is None else word.strip()
