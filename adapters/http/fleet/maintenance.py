"""`/v1/{city}/fleet/maintenance`: what falls due when, of the vehicles and the drivers of the pools that one runs."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.shapes import EARLIEST, LATEST
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Day
from domain.fleet.maintenance import Care, Due, Urgency, place
from domain.identity import PoolId
from services.fleet.maintaining import DueAsked, ShowMaintenance


class MaintenanceQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """What ends `before` a day, sixty days ahead if left out; of one `pool`, or of all that one runs; `kind` may repeat."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None
    before: Annotated[Day, Meta(examples=["2027-02-01"])] | None = None
    pool: str | None = None
    kind: Annotated[tuple[Care, ...], Meta(examples=[["hu", "licence"]])] = ()


class DueVehicle(Struct, frozen=True):
    vehicle_id: UUID
    name: str
    plate: str | None
    pool_id: PoolId | None


class DueDriver(Struct, frozen=True):
    person_id: UUID
    name: str | None
    email: str


class DueView(Struct, frozen=True):
    """`due_on` is the last day on which it counts, null where it is missing; of a stay in the workshop the day on which it
    begins, or once it has, on which the vehicle is expected back, and `reason` what it is for. It is of a vehicle, or of a
    driver."""

    kind: Care
    state: Urgency
    due_on: date | None
    reason: str | None
    vehicle: DueVehicle | None
    driver: DueDriver | None


class MaintenanceList(Struct, frozen=True):
    """What is missing first, then by day."""

    on: date
    before: date
    items: tuple[DueView, ...]
    next_cursor: str | None


class DueMark(Struct, array_like=True, frozen=True):
    """Where a page ended."""

    on: date
    kind: str
    id: str
    stay_id: str = ""


def fleet_maintenance(show: ShowMaintenance) -> tuple[Endpoint, ...]:
    async def maintenance(ask: Ask) -> Reply:
        asked = ask.query(MaintenanceQuery)
        if asked.before is not None and not EARLIEST <= asked.before <= LATEST:
            fault = Fault(f"outside the years {EARLIEST.year} to {LATEST.year}", parameter="before")
            raise Rejected("invalid_input", errors=(fault,))
        pool = PoolId(asked.pool) if asked.pool is not None else None
        after = cursors.read_as(DueMark, asked.cursor) if asked.cursor is not None else None
        found = await show(ask.city, ask.actor, DueAsked(asked.before, pool, frozenset(asked.kind)))
        left = [due for due in found.due if after is None or place(due) > msgspec.structs.astuple(after)]
        items = left[: asked.limit]
        mark = cursors.written(DueMark(*place(items[-1]))) if len(left) > asked.limit else None
        return answer(MaintenanceList(found.today.day, found.before, tuple(map(_view, items)), mark))

    return (
        Endpoint(
            HttpMethod.GET,
            STAFF,
            "/v1/{city:str}/fleet/maintenance",
            "listMaintenance",
            "fleet",
            "What falls due: inspections, insurance and repairs of vehicles, licences and briefings of drivers",
            maintenance,
            {200: MaintenanceList},
            query=MaintenanceQuery,
            examples={200: EXAMPLE},
        ),
    )


def _view(due: Due) -> DueView:
    vehicle, driver = due.vehicle, due.driver
    return DueView(
        kind=due.kind,
        state=due.urgency,
        due_on=due.on,
        reason=due.reason,
        vehicle=DueVehicle(
            vehicle.id,
            vehicle.description.name,
            str(vehicle.description.plate) if vehicle.description.plate else None,
            vehicle.placement.pool_id,
        )
        if vehicle is not None
        else None,
        driver=DueDriver(driver.id, driver.name, driver.email) if driver is not None else None,
    )


_VEHICLE: dict[str, Any] = {
    "vehicle_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "name": "Volkswagen ID.3",
    "plate": "BS-KM 111E",
    "pool_id": "rathaus",
}
_DRIVER = {"person_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d42", "name": "Kim Beispiel", "email": "kim@example.org"}
_NO_REASON = {"reason": None}
EXAMPLE: dict[str, Any] = {
    "on": "2026-11-29",
    "before": "2027-01-28",
    "items": [
        {"kind": "licence", "state": "missing", "due_on": None, "vehicle": None, "driver": _DRIVER} | _NO_REASON,
        {"kind": "uvv", "state": "overdue", "due_on": "2026-11-10", "vehicle": _VEHICLE, "driver": None} | _NO_REASON,
        {"kind": "insurance", "state": "due", "due_on": "2026-12-31", "vehicle": _VEHICLE, "driver": None} | _NO_REASON,
        {"kind": "workshop", "state": "due", "due_on": "2027-01-12", "vehicle": _VEHICLE, "driver": None}
        | {"reason": "Inspektion"},
    ],
    "next_cursor": None,
}
