"""What a holder finds wrong with what was booked, and what follows from it until somebody has seen to it."""

from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId
from domain.booking.deciding import may_decide
from domain.booking.events import AlreadyThere, Decision, NotPossible, ProblemReported, ProblemResolved
from domain.booking.resources import Resource
from domain.booking.terms import ProblemKind, TermsPolicy
from domain.identity import Actor
from domain.refusals import Refusal

ProblemId = NewType("ProblemId", UUID)


class ReportProblem(Struct, frozen=True):
    """The id comes from the edge; `note` are the reporter's own words."""

    booking_id: BookingId
    problem_id: ProblemId
    kind: ProblemKind
    note: str | None = None
    seen: int | None = None


class ResolveProblems(Struct, frozen=True):
    """All that were reported for the booking; `note` says what was done."""

    booking_id: BookingId
    note: str | None = None
    seen: int | None = None


def report(command: ReportProblem, booking: Booking, policy: TermsPolicy, actor: Actor, now: datetime) -> Decision:
    """Note the problem: until it is resolved the booking costs nothing if its holder does not want it any more.

    The resource leaves the search where the terms say so of this kind, and only if the reporter may stand before it:
    nobody takes a car off the street by a booking for next month.
    """
    if not booking.is_live:
        return Refusal(NotPossible.WRONG_STATE)
    closes = command.kind in policy.withdrawn_when and now >= booking.terms.earliest_start
    noted = _at(booking, now, problem_open=True)
    return ProblemReported(noted, command.problem_id, actor.id, command.kind, command.note, now, withdraws=closes)


def unfit(booking: Booking, problem_id: ProblemId, actor: Actor, now: datetime) -> ProblemReported | None:
    """The problem that a damage is with which nobody may drive: whoever has the vehicle booked loses nothing by it. None where
    that is over. It is the damage that withdraws the vehicle, until it is noted otherwise; words and photos are told there."""
    if not booking.is_live:
        return None
    noted = _at(booking, now, problem_open=True)
    return ProblemReported(noted, problem_id, actor.id, ProblemKind.DEFECTIVE, None, now, withdraws=False)


def resolve(command: ResolveProblems, booking: Booking, resource: Resource, actor: Actor, now: datetime) -> Decision:
    """Say that it is seen to: the resource comes back, and the terms count again. Also once the booking is over."""
    if not may_decide(actor, resource):
        return Refusal(NotPossible.FORBIDDEN)
    if not booking.problem_open:
        return AlreadyThere(booking)
    return ProblemResolved(_at(booking, now, problem_open=False), actor.id, command.note, now)


def _at(booking: Booking, now: datetime, **facts: Any) -> Booking:
    changed: Booking = replace(booking, updated_at=now, version=booking.version + 1, **facts)
    return changed
