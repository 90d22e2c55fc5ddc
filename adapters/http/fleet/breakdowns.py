"""A vehicle breaks down: out in one step, and all who have it booked seen to."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.booking.changes import DryRun
from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.assignment_views import OtherView, ReasonView, other_views, reason_view
from adapters.http.fleet.assignments import EXAMPLE as ASSIGNED
from adapters.http.fleet.vehicles import ONE, vehicle_id_of
from adapters.http.problems import language
from adapters.http.reading import Instant, in_utc
from domain.booking.blocks import BlockId
from domain.fleet.breakdown import Became, Fate, ReportBreakdown
from services.calls import Answer
from services.fleet.breakdowns import Breakdowns, BrokenDown


class BreakdownRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Out from now on `until` some time; left out, until the block is lifted, at most 400 days. It is expected back after as many days as
    the city says then (`repairs.expected_days`): whoever begins later keeps it, and is seen to day by day as it stays out. Reported again
    with `until`, it is out until then."""

    until: Instant | None = None
    reason: Annotated[str, Meta(max_length=500)] | None = None


class GivenView(Struct, frozen=True):
    """The vehicle that a booking has now; until it is `final` another one may come in its place."""

    vehicle_id: UUID
    name: str
    final: bool
    reasons: tuple[ReasonView, ...]


class OtherVehicleView(Struct, frozen=True, rename={"vehicle_class": "class"}):
    """Free for the same time, though not what was asked for."""

    vehicle_id: UUID
    name: str
    vehicle_class: str


class OtherTimeView(Struct, frozen=True):
    """What was asked for, as soon after as it is free for as long."""

    vehicle_id: UUID
    name: str
    start: datetime
    end: datetime


class OfferView(Struct, frozen=True):
    """What else there is. The holder is told, and gives the booking up, or misses it, for nothing."""

    other_vehicles: tuple[OtherVehicleView, ...]
    other_time: OtherTimeView | None
    cancelling_is_free: bool = True


class AffectedView(Struct, frozen=True):
    """A booking and what became of it: `given` where it was rebooked, `offered` where there was nothing for it. `others` are the
    other vehicles that it could not have, each with why. What was `kept` begins when the vehicle is expected back."""

    booking_id: UUID
    start: datetime
    end: datetime
    outcome: Fate
    given: GivenView | None
    offered: OfferView | None
    others: tuple[OtherView, ...]


class BreakdownView(Struct, frozen=True):
    """The block under which the vehicle is; null with dry_run, as there is none. `bookings` are in order of their starts."""

    vehicle_id: UUID
    block_id: UUID | None
    start: datetime
    end: datetime
    bookings: tuple[AffectedView, ...]


def fleet_breakdowns(offered: Breakdowns) -> tuple[Endpoint, ...]:
    """The operation, over its use case."""

    async def report_breakdown(ask: Ask) -> Reply:
        vehicle_id, only_looking = vehicle_id_of(ask), ask.query(DryRun).dry_run
        asked = await ask.body_or(BreakdownRequest, BreakdownRequest())
        spoken = language(ask.accept_language)

        def told(outcome: BrokenDown) -> Answer:
            return answer(_shown(outcome, spoken, only_looking=only_looking))

        until = in_utc(asked.until, pointer="/until") if asked.until is not None else None
        command = ReportBreakdown(BlockId(ask.edge.new_id()), vehicle_id, until, asked.reason)
        call = ask.unkeyed(told) if only_looking else ask.call((vehicle_id, asked), told)
        return await offered.report(call, command, only_looking)

    return (
        Endpoint(
            HttpMethod.POST,
            STAFF,
            f"{ONE}/breakdown",
            "reportBreakdown",
            "fleet",
            "A vehicle is out from now on: whoever has it booked gets another one, or is told what else is free and gives it up for"
            " nothing; with dry_run see what that would be",
            report_breakdown,
            {200: BreakdownView},
            codes=("unknown_vehicle", "vehicle_state", "period_in_the_past", "period_too_long"),
            body=BreakdownRequest,
            query=DryRun,
            keyed=True,
            example={"until": "2026-12-04T15:00:00Z", "reason": "Kupplung"},
            examples={200: EXAMPLE},
        ),
    )


def _shown(outcome: BrokenDown, spoken: str, *, only_looking: bool) -> BreakdownView:
    block = outcome.block
    return BreakdownView(
        block.resource_id,
        None if only_looking else block.id,
        block.start,
        block.end,
        tuple(_affected(each, spoken, outcome.time_zone) for each in outcome.bookings),
    )


def _affected(became: Became, spoken: str, time_zone: str) -> AffectedView:
    booking, given, time = became.booking, became.given, became.other_time
    final = not booking.is_provisional
    reasons = tuple(reason_view(reason, spoken, time_zone) for reason in given.reasons) if given is not None else ()
    instead = tuple(OtherVehicleView(each.vehicle_id, each.name, each.vehicle_class) for each in became.other_vehicles)
    later = OtherTimeView(time.vehicle_id, time.name, time.period.start, time.period.end) if time is not None else None
    return AffectedView(
        booking.id,
        booking.start,
        booking.end,
        became.fate,
        GivenView(given.vehicle_id, given.name, final, reasons) if given is not None else None,
        OfferView(instead, later) if became.fate is Fate.OFFERED else None,
        other_views(became.others, spoken, time_zone),
    )


EXAMPLE: dict[str, Any] = {
    "vehicle_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d10",
    "block_id": "01890a5d-ac96-774b-8a11-7a2b1c3d4e61",
    "start": "2026-12-02T06:30:00Z",
    "end": "2026-12-04T15:00:00Z",
    "bookings": [
        {
            "booking_id": ASSIGNED["booking_id"],
            "start": "2026-12-02T08:00:00Z",
            "end": "2026-12-02T10:00:00Z",
            "outcome": "rebooked",
            "given": {name: ASSIGNED[name] for name in ("vehicle_id", "name", "final", "reasons")},
            "offered": None,
            "others": ASSIGNED["others"],
        },
        {
            "booking_id": "01890a5d-ac96-774b-bcce-b302099a8058",
            "start": "2026-12-02T09:00:00Z",
            "end": "2026-12-02T11:00:00Z",
            "outcome": "offered",
            "given": None,
            "offered": {
                "other_vehicles": [
                    {
                        "vehicle_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d12",
                        "name": "Ford Tourneo Custom",
                        "class": "van",
                    }
                ],
                "other_time": {
                    "vehicle_id": ASSIGNED["vehicle_id"],
                    "name": ASSIGNED["name"],
                    "start": "2026-12-02T10:15:00Z",
                    "end": "2026-12-02T12:15:00Z",
                },
                "cancelling_is_free": True,
            },
            "others": [],
        },
    ],
}
