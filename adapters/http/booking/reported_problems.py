"""Something is wrong with what was booked: report it, see what else is free, say that it is seen to."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.booking.actions import ONE, booking_id, shown
from adapters.http.booking.example import BOOKING
from adapters.http.endpoints import BOOKERS_AND_OPERATOR, STAFF, Ask, Endpoint, Reply, answer
from adapters.http.search_examples import AVAILABLE
from adapters.http.tags import seen
from domain.booking.events import ProblemReported
from domain.booking.problems import ProblemId, ReportProblem, ResolveProblems
from domain.booking.resources import Service
from domain.booking.terms import ProblemKind
from domain.periods import Period
from domain.refusals import Refusal
from services.booking import Bookings
from services.booking.ports import Done
from services.booking.views import BookingView
from services.calls import Answer
from services.search import Search
from services.search.asking import BikeFilter, ChargePointFilter, Filter, Near, ResourceAsked, VehicleFilter, Wanted
from services.search.views import AvailableResource

Words: TypeAlias = Annotated[str, Meta(max_length=1000)]
MOST = 5


class ProblemRequest(Struct, forbid_unknown_fields=True, frozen=True):
    kind: ProblemKind
    note: Words | None = None


class ResolveRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """What was done about it."""

    note: Words | None = None


class ProblemView(Struct, frozen=True):
    """`withdrawn` says that the resource has left the search."""

    id: UUID
    kind: ProblemKind
    note: str | None
    reported_at: datetime
    withdrawn: bool


class ReportedView(BookingView, frozen=True, kw_only=True):
    """The booking, and beside it what was reported. `alternatives` are equal resources nearby that are free for what is
    left of the time, nearest first."""

    problem: ProblemView
    alternatives: tuple[AvailableResource, ...]


def problems(bookings: Bookings, search: Search) -> tuple[Endpoint, ...]:
    async def report_problem(ask: Ask) -> Reply:
        of = booking_id(ask)
        asked = await ask.body(ProblemRequest)
        known = await bookings.find(ask.actor, of)
        instead = () if isinstance(known, Refusal) else await _alternatives(ask, search, known)

        def told(done: Done) -> Answer:
            noted = done.change
            if not isinstance(noted, ProblemReported):
                return shown(done)
            problem = ProblemView(noted.problem_id, noted.kind, noted.note, noted.reported_at, noted.withdraws)
            booking = {each: getattr(done.view, each) for each in BookingView.__struct_fields__}
            return answer(ReportedView(**booking, problem=problem, alternatives=instead))

        keyless = ask.header("idempotency-key") is None
        call = ask.unkeyed(told) if keyless else ask.call((of, asked), told)
        command = ReportProblem(of, ProblemId(ask.edge.new_id()), asked.kind, asked.note, seen(ask))
        return await bookings.report(call, command)

    async def resolve_problems(ask: Ask) -> Reply:
        of = booking_id(ask)
        asked = await ask.body_or(ResolveRequest, ResolveRequest())
        keyless = ask.header("idempotency-key") is None
        call = ask.unkeyed(shown) if keyless else ask.call((of, asked), shown)
        return await bookings.resolve(call, ResolveProblems(of, asked.note, seen(ask)))

    return (
        Endpoint(
            HttpMethod.POST,
            BOOKERS_AND_OPERATOR,
            f"{ONE}/problems",
            "reportProblem",
            "booking",
            "Say what is wrong with what was booked; cancelling costs nothing until it is resolved",
            report_problem,
            {200: ReportedView},
            codes=("unknown_booking", "wrong_state", "version_mismatch", "key_reused", "in_flight"),
            body=ProblemRequest,
            example={"kind": "blocked", "note": "Ein Lieferwagen steht davor"},
            examples={200: _EXAMPLE},
        ),
        Endpoint(
            HttpMethod.POST,
            STAFF,
            f"{ONE}/problems/resolve",
            "resolveProblems",
            "booking",
            "Say that what was reported is seen to; the resource comes back into the search",
            resolve_problems,
            {200: BookingView},
            codes=("unknown_booking", "version_mismatch", "forbidden", "key_reused", "in_flight"),
            body=ResolveRequest,
            example={"note": "Reifen gewechselt"},
            examples={200: BOOKING},
        ),
    )


async def _alternatives(ask: Ask, search: Search, booking: BookingView) -> tuple[AvailableResource, ...]:
    """What is as good, near where it stands, and free for what is left of the time."""
    start = max(booking.start, ask.now)
    if start >= booking.end:
        return ()
    found = await search.resource(ResourceAsked(ask.city, ask.actor, booking.resource_id), ask.now)
    if isinstance(found, Refusal):
        return ()
    place = Near(booking.resource.station.location)
    alike = _alike(booking, found.attributes)
    wanted = Wanted(ask.city, ask.actor, Period(start, booking.end), alike, place, MOST + 1)
    free = await search.available(wanted, ask.now)
    if isinstance(free, Refusal):
        return ()
    return tuple(each for each in free.items if each.resource_id != booking.resource_id)[:MOST]


def _alike(booking: BookingView, attributes: dict[str, Any]) -> Filter:
    """As large or as strong at least, and fit for what the holder said she needs."""
    options = msgspec.json.decode(booking.options)
    match booking.service:
        case Service.CHARGING:
            plug = options.get("connector") or next(iter(attributes["connectors"]), None)
            return ChargePointFilter(plug, Decimal(str(attributes["power_kw"])))
        case Service.FLEET:
            return VehicleFilter(attributes["class"], attributes["seats"])
        case Service.BIKE_LEASING:
            return BikeFilter(attributes["bike_type"], options.get("plan"))


_EXAMPLE = BOOKING | {
    "problem": {
        "id": "01890a5d-ac96-774b-8a11-7a2b1c3d4e60",
        "kind": "blocked",
        "note": "Ein Lieferwagen steht davor",
        "reported_at": "2026-12-01T16:58:03Z",
        "withdrawn": False,
    },
    "alternatives": [AVAILABLE],
}
