"""Which vehicle a booking by class got, and why: for whoever runs the pool, never for who drives."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.assignment_words import words
from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.problems import language
from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.assignment.reasons import Reason, Why
from domain.fleet.assignment.settling import ReassignVehicle
from domain.refusals import Refusal
from services.calls import Answer
from services.fleet.assigning import Assignment, Assignments

BOOKING = "/v1/{city:str}/fleet/bookings/{booking_id:uuid}"
ONE = f"{BOOKING}/assignment"


class ReassignRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Without a vehicle it is the best one that can be had now; `note` stays with the reasons."""

    vehicle_id: UUID | None = None
    note: Annotated[str, Meta(max_length=500)] | None = None


class ReasonView(Struct, frozen=True):
    """`text` says it in the language of Accept-Language. `wanted` and `has` are what was asked for and what the vehicle
    offers: seats, kilograms, kilometres, a class or a drive; `until` is when what is in the way ends, `booking_id` whose it
    is."""

    code: Why
    text: str
    wanted: str | None
    has: str | None
    needed_percent: int | None
    charge_percent: int | None
    minutes: int | None
    minutes_there: int | None
    until: datetime | None
    booking_id: UUID | None


class OtherView(Struct, frozen=True):
    """A vehicle that was not taken."""

    vehicle_id: UUID
    name: str
    reason: ReasonView


class AssignmentView(Struct, frozen=True):
    """The vehicle, and since when the reasons stand. Until it is `final` another one may come in its place. `note` are the
    words of whoever chose it."""

    booking_id: UUID
    vehicle_id: UUID
    name: str
    final: bool
    decided_at: datetime
    note: str | None
    reasons: tuple[ReasonView, ...]
    others: tuple[OtherView, ...]


def fleet_assignments(offered: Assignments) -> tuple[Endpoint, ...]:
    async def find_assignment(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, BookingId(ask.path("booking_id")))
        if isinstance(found, Refusal):
            return ask.refuse(found)
        return answer(assignment_view(found, language(ask.accept_language)))

    async def reassign(ask: Ask) -> Reply:
        asked = await ask.body_or(ReassignRequest, ReassignRequest())
        vehicle_id = ResourceId(asked.vehicle_id) if asked.vehicle_id is not None else None
        command = ReassignVehicle(BookingId(ask.path("booking_id")), vehicle_id, asked.note)
        found = await offered.reassign(ask.unkeyed(_unasked), command)
        if isinstance(found, Refusal):
            return ask.refuse(found)
        return answer(assignment_view(found, language(ask.accept_language)))

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
            "Give a booking another vehicle, or the one it has for good, until the key is out; its holder is told",
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
            example={"vehicle_id": EXAMPLE["vehicle_id"], "note": "Der andere hat eine Delle"},
            examples={200: EXAMPLE | {"note": "Der andere hat eine Delle"}},
        ),
    )


def _unasked(_outcome: object) -> Answer:
    """Nothing is remembered of this call but who made it."""
    return Answer(204, "", "")


def assignment_view(found: Assignment, spoken: str) -> AssignmentView:
    def shown(reason: Reason) -> ReasonView:
        return ReasonView(
            code=reason.why,
            text=words(reason, spoken, found.time_zone),
            wanted=reason.wanted,
            has=reason.has,
            needed_percent=reason.needed_percent,
            charge_percent=reason.charge_percent,
            minutes=reason.minutes,
            minutes_there=reason.minutes_there,
            until=reason.until,
            booking_id=reason.booking_id,
        )

    explained = found.explained
    return AssignmentView(
        booking_id=explained.booking_id,
        vehicle_id=found.vehicle.id,
        name=found.vehicle.name,
        final=found.final,
        decided_at=found.at,
        note=found.note,
        reasons=tuple(map(shown, explained.reasons)),
        others=tuple(OtherView(other.vehicle_id, other.name, shown(other.reason)) for other in explained.others),
    )


def _example(why: Why, text: str, **facts: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("wanted", "has", "needed_percent", "charge_percent", "minutes", "minutes_there", "until", "booking_id")
    )
    return {"code": why.value, "text": text} | nothing | facts


EXAMPLE: dict[str, Any] = {
    "booking_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "vehicle_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "name": "Volkswagen ID.3",
    "final": True,
    "decided_at": "2026-12-02T06:30:00Z",
    "note": None,
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
