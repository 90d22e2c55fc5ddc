"""Reasons of an assignment as they are shown: for a vehicle, and against each other one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from adapters.http.fleet.assignment_words import words
from domain.fleet.assignment.reasons import NotTaken, Reason, Why


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


def reason_view(reason: Reason, spoken: str, time_zone: str) -> ReasonView:
    return ReasonView(
        code=reason.why,
        text=words(reason, spoken, time_zone),
        wanted=reason.wanted,
        has=reason.has,
        needed_percent=reason.needed_percent,
        charge_percent=reason.charge_percent,
        minutes=reason.minutes,
        minutes_there=reason.minutes_there,
        until=reason.until,
        booking_id=reason.booking_id,
    )


def other_views(others: Sequence[NotTaken], spoken: str, time_zone: str) -> tuple[OtherView, ...]:
    return tuple(OtherView(each.vehicle_id, each.name, reason_view(each.reason, spoken, time_zone)) for each in others)
