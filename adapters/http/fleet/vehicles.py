"""`/v1/{city}/fleet/vehicles`: the vehicles of a city, for whoever runs their pools."""

from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.examples import DOCUMENT, DOCUMENTS, DRAFT, VEHICLE
from adapters.http.fleet.shapes import (
    EARLIEST,
    LATEST,
    DocumentRequest,
    VehicleChange,
    VehicleRequest,
)
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Day
from adapters.http.tags import seen, tagged
from domain.booking.resources import ResourceId, StationId
from domain.fleet.keeping import AddVehicle, ChangeVehicle, StillRented
from domain.fleet.vehicles import Life, VehicleKind
from domain.identity import PoolId
from domain.refusals import Refusal
from services.calls import Answer
from services.fleet.keeping import Kept, Mark, Vehicles, Wanted
from services.fleet.views import VehicleView, vehicle_view

LIST = "/v1/{city:str}/fleet/vehicles"
ONE = f"{LIST}/{{vehicle_id:uuid}}"
EXAMPLE_STATION = DRAFT["station_id"]
DESCRIBING = (
    *("unknown_station", "unknown_pool", "unknown_tariff", "plate_taken", "vin_taken", "code_taken"),
    *("rental_entry_missing", "hu_not_yearly", "insurer_not_told"),
    *("drive_does_not_fit", "range_missing", "bicycle_with_plate", "plate_not_electric", "plate_invalid"),
    *("plate_ambiguous", "vin_invalid", "vin_check_digit", "class_invalid", "equipment_invalid"),
    *("number_out_of_range", "bicycle_with_category", "co2_does_not_fit"),
)
PAPERS = ("date_missing", "date_in_the_future", "valid_too_long", "ends_before_it_begins")


class VehiclesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`due_before` finds those of which some paper ends before that day."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None
    pool: str | None = None
    station: Annotated[UUID, Meta(examples=[EXAMPLE_STATION])] | None = None
    kind: Annotated[VehicleKind, Meta(examples=["car"])] | None = None
    state: Annotated[Life, Meta(examples=["in_service"])] | None = None
    due_before: Day | None = None


class ChangeQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`residents_stay` says that residents who have booked the vehicle keep it, where it is closed to them from now on."""

    residents_stay: Annotated[bool, Meta(examples=[True])] = False


class VehicleList(Struct, frozen=True):
    items: tuple[VehicleView, ...]
    next_cursor: str | None


def fleet_vehicles(offered: Vehicles) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_vehicles(ask: Ask) -> Reply:
        asked = ask.query(VehiclesQuery)
        found = await offered.page(ask.city, ask.actor, _wanted(asked))
        items = found[: asked.limit]
        last = items[-1].vehicle if len(found) > asked.limit else None
        mark = cursors.written(Mark(last.description.name, last.id)) if last is not None else None
        return answer(VehicleList(tuple(map(vehicle_view, items)), mark))

    async def get_vehicle(ask: Ask) -> Reply:
        found = await offered.find(ask.city, ask.actor, vehicle_id_of(ask))
        return ask.problem("unknown_vehicle") if found is None else tagged(ask, vehicle_view(found))

    async def add_vehicle(ask: Ask) -> Reply:
        asked = await ask.body(VehicleRequest)
        command = AddVehicle(ResourceId(ask.edge.new_id()), asked.draft, asked.placement, asked.life, asked.papers)
        return await offered.add(ask.call(asked, lambda kept: answer(vehicle_view(kept), 201)), command)

    async def set_vehicle(ask: Ask) -> Reply:
        asked = await ask.body(VehicleChange)
        stay = ask.query(ChangeQuery).residents_stay
        command = ChangeVehicle(vehicle_id_of(ask), asked.draft, asked.placement, seen(ask), stay)
        done = await offered.change(ask.unkeyed(nothing), command)
        if isinstance(done, Refusal):
            return ask.refuse(done)
        return still_rented(ask, done) if isinstance(done, StillRented) else tagged(ask, vehicle_view(done))

    async def enter_document(ask: Ask) -> Reply:
        vehicle_id, asked = vehicle_id_of(ask), await ask.body(DocumentRequest)

        def told(outcome: Kept | StillRented) -> Answer:
            if isinstance(outcome, StillRented):
                return still_rented(ask, outcome)
            return answer(vehicle_view(outcome), 201)

        return await offered.enter(ask.call((vehicle_id, asked), told), vehicle_id, asked.document())

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, STAFF, path, operation_id, "fleet", summary, **more)

    return (
        endpoint(
            HttpMethod.GET,
            LIST,
            "listVehicles",
            "The vehicles of the pools that one runs, by name",
            handler=list_vehicles,
            answers={200: VehicleList},
            query=VehiclesQuery,
            examples={200: {"items": [VEHICLE], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.POST,
            LIST,
            "addVehicle",
            "A new vehicle; with a tariff and, if it is a motor vehicle, its papers, it can be booked at once",
            handler=add_vehicle,
            answers={201: VehicleView},
            codes=(*DESCRIBING, *PAPERS, "papers_missing", "papers_overdue"),
            body=VehicleRequest,
            keyed=True,
            example=DRAFT | {"documents": DOCUMENTS},
            examples={201: VEHICLE},
        ),
        endpoint(
            HttpMethod.GET,
            ONE,
            "getVehicle",
            "A vehicle with its papers, with an ETag",
            handler=get_vehicle,
            answers={200: VehicleView, 304: None},
            codes=("unknown_vehicle",),
            examples={200: VEHICLE},
        ),
        endpoint(
            HttpMethod.PUT,
            ONE,
            "setVehicle",
            "Put this in place of what the vehicle was; its papers and its state stay",
            handler=set_vehicle,
            answers={200: VehicleView},
            codes=(
                *("unknown_vehicle", "version_mismatch", "vehicle_state", "plate_missing", "still_rented"),
                *DESCRIBING,
            ),
            body=VehicleChange,
            query=ChangeQuery,
            tagged=True,
            example=DRAFT | {"name": "Volkswagen ID.3 Pro"},
            examples={200: VEHICLE | {"name": "Volkswagen ID.3 Pro", "version": 2}},
        ),
        endpoint(
            HttpMethod.POST,
            f"{ONE}/documents",
            "enterVehicleDocument",
            "Enter an inspection, the insurance or the registration; it counts in place of the one before of its kind",
            handler=enter_document,
            answers={201: VehicleView},
            codes=(
                *("unknown_vehicle", "vehicle_state", "rental_entry_missing", "hu_not_yearly", "insurer_not_told"),
                *("still_rented", *PAPERS),
            ),
            body=DocumentRequest,
            keyed=True,
            example=DOCUMENT,
            examples={201: VEHICLE},
        ),
    )


def vehicle_id_of(ask: Ask) -> ResourceId:
    return ResourceId(ask.path("vehicle_id"))


def still_rented(ask: Ask, found: StillRented) -> Answer:
    return ask.problem(StillRented.code, bookings=found.hits)


def _wanted(asked: VehiclesQuery) -> Wanted:
    """One more than the page, so that it shows whether another follows. Raises Rejected."""
    if asked.due_before is not None and not EARLIEST <= asked.due_before <= LATEST:
        fault = Fault(f"outside the years {EARLIEST.year} to {LATEST.year}", parameter="due_before")
        raise Rejected("invalid_input", errors=(fault,))
    return Wanted(
        asked.limit + 1,
        cursors.read_as(Mark, asked.cursor) if asked.cursor is not None else None,
        PoolId(asked.pool) if asked.pool is not None else None,
        StationId(asked.station) if asked.station is not None else None,
        asked.kind,
        asked.state,
        asked.due_before,
    )


def nothing(_outcome: Any) -> Answer:
    return Answer(204, "", "")
