"""Saying yes or no to a booking that waits for an approval."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.approval import Approval, ApprovalState
from domain.booking.bookings import Booking, BookingId, ReasonCode, State
from domain.booking.events import (
    AlreadyThere,
    BookingApproved,
    BookingCancelled,
    BookingConfirmed,
    Decision,
    NotPossible,
)
from domain.booking.life import is_covered, nothing_of
from domain.booking.paying import PAYING_TAKES
from domain.booking.resources import Resource
from domain.identity import Actor, Role
from domain.payments.payments import Payment
from domain.refusals import Refusal

# Whoever waited for the approval is not sitting before the screen any more when it comes.
PAY_AFTER_APPROVAL = timedelta(days=1)


class ApproveBooking(Struct, frozen=True):
    booking_id: BookingId
    seen: int | None = None


class RejectBooking(Struct, frozen=True):
    """`reason` are the words that the holder is told."""

    booking_id: BookingId
    reason: str | None = None
    seen: int | None = None


def may_decide(actor: Actor, resource: Resource) -> bool:
    """Whoever runs the pool, and the city's operator."""
    return actor.has(Role.OPERATOR) or (actor.has(Role.FLEET_MANAGER) and actor.works_in(resource.pool_id))


def decisions(booking: Booking, resource: Resource, actor: Actor, now: datetime) -> tuple[str, ...]:
    """The actions on an approval that would succeed now."""
    return ("approve", "reject") if _is_open(booking, now) and may_decide(actor, resource) else ()


def approve(booking: Booking, resource: Resource, payments: Sequence[Payment], actor: Actor, now: datetime) -> Decision:
    """Say yes: the booking is confirmed if its price is safe or nothing; else it is held until it is paid."""
    if not may_decide(actor, resource):
        return Refusal(NotPossible.FORBIDDEN)
    approval = booking.approval
    if approval is not None and approval.state is ApprovalState.APPROVED and booking.is_live:
        return AlreadyThere(booking)
    if approval is None or not _is_open(booking, now):
        return Refusal(NotPossible.WRONG_STATE)
    given = _decided(approval, ApprovalState.APPROVED, actor, now)
    if is_covered(booking, payments, now):
        terms = booking.terms.concluded(now)
        return BookingConfirmed(
            _at(booking, now, state=State.CONFIRMED, terms=terms, approval=given, hold_expires_at=None)
        )
    until = max(min(now + PAY_AFTER_APPROVAL, booking.start), now + PAYING_TAKES)
    return BookingApproved(_at(booking, now, approval=given, hold_expires_at=until))


def reject(booking: Booking, resource: Resource, reason: str | None, actor: Actor, now: datetime) -> Decision:
    """Say no: the booking is cancelled free of charge."""
    if not may_decide(actor, resource):
        return Refusal(NotPossible.FORBIDDEN)
    if booking.state is State.CANCELLED and booking.reason_code is ReasonCode.APPROVAL_REJECTED:
        return AlreadyThere(booking)
    approval = booking.approval
    if approval is None or not _is_open(booking, now):
        return Refusal(NotPossible.WRONG_STATE)
    return BookingCancelled(
        _at(
            booking,
            now,
            state=State.CANCELLED,
            approval=_decided(approval, ApprovalState.REJECTED, actor, now),
            reason_code=ReasonCode.APPROVAL_REJECTED,
            reason=reason,
            fee=nothing_of(booking),
            hold_expires_at=None,
        )
    )


def _is_open(booking: Booking, now: datetime) -> bool:
    approval = booking.approval
    return booking.state is State.HELD and approval is not None and approval.is_pending and now < approval.due_at


def _decided(approval: Approval, state: ApprovalState, actor: Actor, now: datetime) -> Approval:
    decided: Approval = replace(approval, state=state, decided_by=actor.id, decided_at=now)
    return decided


def _at(booking: Booking, now: datetime, **facts: Any) -> Booking:
    changed: Booking = replace(booking, updated_at=now, version=booking.version + 1, **facts)
    return changed
