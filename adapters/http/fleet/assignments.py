"""Which vehicle a booking by class got, and why: for whoever runs the pool, never for who drives."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.assignment_views import OtherView, ReasonView, other_views, reason_view
from adapters.http.problems import language
from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.assignment.priorities import Priority, PrioritySet, SetPriority
from domain.fleet.assignment.reasons import Why
from domain.fleet.assignment.settling import NoOther, ReassignVehicle
from domain.refusals import Refusal
from services.calls import Answer
from services.fleet.assigning import Assignment, Assignments, NothingFits

BOOKING = "/v1/{city:str}/fleet/bookings/{booking_id:uuid}"
ONE = f"{BOOKING}/assignment"


class ReassignRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Without a vehicle it is the best of the others that can be had now; `note` stays with the reasons."""

    vehicle_id: UUID | None = None
    note: Annotated[str, Meta(max_length=500)] | None = None


class AssignmentView(Struct, frozen=True):
    """The vehicle, and since when the reasons stand. Until it is `final` another one may come in its place. `note` are the
    words of whoever chose it, `priority_reason` those of whoever gave the booking its priority."""

    booking_id: UUID
    vehicle_id: UUID
    name: str
    final: bool
    decided_at: datetime
    note: str | None
    priority: int
    priority_reason: str | None
    reasons: tuple[ReasonView, ...]
    others: tuple[OtherView, ...]


class PriorityRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """0 is what every booking has of itself, 9 comes before all others; `reason` is read by whoever runs the pool."""

    priority: Priority
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class PriorityView(Struct, frozen=True):
    booking_id: UUID
    priority: int
    reason: str


def fleet_assignments(offered: Assignments) -> tuple[Endpoint, ...]:
    async def find_assignment(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, BookingId(ask.path("booking_id")))
        if isinstance(found, Refusal):
            return ask.refuse(found)
        return answer(assignment_view(found, language(ask.accept_language)))

    async def reassign(ask: Ask) -> Reply:
        of = BookingId(ask.path("booking_id"))
        asked = await ask.body_or(ReassignRequest, ReassignRequest())
        spoken = language(ask.accept_language)

        def told(found: Assignment | NothingFits) -> Answer:
            if isinstance(found, NothingFits):
                return ask.problem(NoOther.code, vehicles=other_views(found.others, spoken, found.time_zone))
            return answer(assignment_view(found, spoken))

        vehicle_id = ResourceId(asked.vehicle_id) if asked.vehicle_id is not None else None
        return await offered.reassign(ask.call((of, asked), told), ReassignVehicle(of, vehicle_id, asked.note))

    async def set_priority(ask: Ask) -> Reply:
        of = BookingId(ask.path("booking_id"))
        asked = await ask.body(PriorityRequest)

        def told(found: PrioritySet) -> Answer:
            return answer(PriorityView(found.booking_id, found.priority, found.reason))

        command = SetPriority(of, asked.priority, asked.reason)
        return await offered.prioritise(ask.unkeyed(told), command)

    return (
        Endpoint(
            HttpMethod.GET,
            STAFF,
            ONE,
            "getAssignment",
            "fleet",
            "Why a booking by class got its vehicle, and why each other one was not taken",
            find_assignment,
            {200: AssignmentView},
            codes=("unknown_booking", "wrong_state"),
            examples={200: EXAMPLE},
        ),
        Endpoint(
            HttpMethod.POST,
            STAFF,
            f"{BOOKING}/reassign",
            "reassignVehicle",
            "fleet",
            "Give a booking another vehicle, or by name the one it has for good, until the key is out; its holder is told, and where"
            " there is no other, why of each",
            reassign,
            {200: AssignmentView},
            codes=(
                "unknown_booking",
                "wrong_state",
                "unknown_vehicle",
                "nothing_fits",
                "cost_centre_required",
                "out_of_service",
                "resource_taken",
            ),
            body=ReassignRequest,
            keyed=True,
            example={"vehicle_id": EXAMPLE["vehicle_id"], "note": "Der andere hat eine Delle"},
            examples={200: EXAMPLE | {"note": "Der andere hat eine Delle"}},
        ),
        Endpoint(
            HttpMethod.PUT,
            STAFF,
            f"{BOOKING}/priority",
            "setPriority",
            "fleet",
            "Say which booking comes first where several want the same vehicle, until the key is out; its driver does not see it",
            set_priority,
            {200: PriorityView},
            codes=("unknown_booking", "wrong_state"),
            body=PriorityRequest,
            example=EXAMPLE_OF_PRIORITY,
            examples={200: {"booking_id": EXAMPLE["booking_id"]} | EXAMPLE_OF_PRIORITY},
        ),
    )


def assignment_view(found: Assignment, spoken: str) -> AssignmentView:
    explained = found.explained
    return AssignmentView(
        booking_id=explained.booking_id,
        vehicle_id=found.vehicle.id,
        name=found.vehicle.name,
        final=found.final,
        decided_at=found.at,
        note=found.note,
        priority=found.priority,
        priority_reason=found.priority_reason,
        reasons=tuple(reason_view(reason, spoken, found.time_zone) for reason in explained.reasons),
        others=other_views(explained.others, spoken, found.time_zone),
    )


def _example(why: Why, text: str, **facts: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("wanted", "has", "needed_percent", "charge_percent", "minutes", "minutes_there", "until", "booking_id")
    )
    return {"code": why.value, "text": text} | nothing | facts


EXAMPLE_OF_PRIORITY: dict[str, Any] = {"priority": 5, "reason": "Transport zum Katastrophenschutz"}
EXAMPLE: dict[str, Any] = {
    "booking_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "vehicle_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "name": "Volkswagen ID.3",
    "final": True,
    "decided_at": "2026-12-02T06:30:00Z",
    "note": None,
    "priority": 0,
    "priority_reason": None,
    "reasons": [
        _example(
            Why.CHARGE_SUFFICES,
            "The charge suffices: 65 % needed, 80 % there.",
            needed_percent=65,
            charge_percent=80,
        ),
        _example(Why.CLEANEST_THAT_FITS, "It has the cleanest drive of those that are free and suitable."),
    ],
    "others": [
        {
            "vehicle_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d12",
            "name": "Ford Tourneo Custom",
            "reason": _example(
                Why.LESS_PREFERRED,
                "Suitable, but plug-in hybrid instead of electric drive.",
                wanted="electric",
                has="plug_in_hybrid",
            ),
        }
    ],
}
