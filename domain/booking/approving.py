"""Saying yes or no to a booking, or to more time for it, that waits for an approval; and asking again where nobody does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.approval import Approval, ApprovalState
from domain.booking.bookings import Booking, BookingId, Extension, ReasonCode, State
from domain.booking.changing import CHANGEABLE, LEAST_HOLD, lasting, missing_of
from domain.booking.deciding import Authority, Deciders, authority
from domain.booking.events import (
    AlreadyThere,
    ApprovalEscalated,
    ApprovalReminded,
    BookingApproved,
    BookingCancelled,
    BookingConfirmed,
    Decision,
    NotPossible,
)
from domain.booking.extensions import BookingExtended, ExtensionApproved, ExtensionRejected
from domain.booking.life import is_covered, nothing_of
from domain.booking.paying import PAYING_TAKES
from domain.booking.resources import Resource
from domain.identity import Actor
from domain.money import Money
from domain.payments.payments import Payment
from domain.refusals import Refusal

# Whoever waited for the approval is not sitting before the screen any more when it comes.
PAY_AFTER_APPROVAL = timedelta(days=1)
NOBODY_NAMED = Deciders()


class ApproveBooking(Struct, frozen=True):
    booking_id: BookingId
    seen: int | None = None


class RejectBooking(Struct, frozen=True):
    """`reason` are the words that the holder is told."""

    booking_id: BookingId
    reason: str | None = None
    seen: int | None = None


def decisions(
    booking: Booking, resource: Resource, actor: Actor, now: datetime, deciders: Deciders = NOBODY_NAMED
) -> tuple[str, ...]:
    """The actions on an approval that would succeed now."""
    may = authority(actor, booking.parties, resource.pool_id, deciders, now)
    return ("approve", "reject") if is_open(booking, now) and not isinstance(may, Refusal) else ()


def approve(
    booking: Booking,
    resource: Resource,
    payments: Sequence[Payment],
    actor: Actor,
    now: datetime,
    *,
    deciders: Deciders = NOBODY_NAMED,
) -> Decision:
    """Say yes: the booking is confirmed, or lasts longer, if its price is safe or nothing; else it is held until it is paid."""
    approval = _asked_of(booking, resource, actor, now, ApprovalState.APPROVED, deciders)
    if not isinstance(approval, Approval):
        return approval
    if booking.waiting is not None:
        return _approve_more(booking, booking.waiting, approval, payments, now)
    if is_covered(booking, payments, now):
        terms = booking.terms.concluded(now)
        return BookingConfirmed(
            _at(booking, now, state=State.CONFIRMED, terms=terms, approval=approval, hold_expires_at=None)
        )
    return BookingApproved(_at(booking, now, approval=approval, hold_expires_at=_to_pay_until(booking.start, now)))


def reject(
    booking: Booking,
    resource: Resource,
    reason: str | None,
    actor: Actor,
    now: datetime,
    *,
    deciders: Deciders = NOBODY_NAMED,
) -> Decision:
    """Say no: the booking is cancelled free of charge, or ends when it was to end."""
    approval = _asked_of(booking, resource, actor, now, ApprovalState.REJECTED, deciders)
    if not isinstance(approval, Approval):
        return approval
    if (more := booking.waiting) is not None:
        said = replace(approval, reason=reason)
        without = _at(booking, now, extension=replace(more, lapsed=True, approval=said))
        return ExtensionRejected(without, max(more.claimed_from, now))
    return BookingCancelled(
        _at(
            booking,
            now,
            state=State.CANCELLED,
            approval=approval,
            reason_code=ReasonCode.APPROVAL_REJECTED,
            reason=reason,
            fee=nothing_of(booking),
            hold_expires_at=None,
        )
    )


def ask_again(booking: Booking, now: datetime) -> Decision:
    """Remind whoever approves half way, and ask the operators where she has let her time pass."""
    approval = booking.asked
    due = approval.next_step_at if approval is not None else None
    if approval is None or due is None or due > now or not is_open(booking, now):
        return Refusal(NotPossible.WRONG_STATE)
    if approval.escalate_at is not None and approval.escalate_at <= now:
        after = replace(approval, remind_at=None, escalate_at=None, is_escalated=True)
        return ApprovalEscalated(_asking(booking, after, now))
    return ApprovalReminded(_asking(booking, replace(approval, remind_at=None), now))


def is_open(booking: Booking, now: datetime) -> bool:
    """Whether somebody may say yes or no."""
    approval, more = booking.asked, booking.waiting
    waits = booking.awaits_approval or (more is not None and more.awaits_approval and booking.state in CHANGEABLE)
    return waits and approval is not None and now < approval.due_at


def _asked_of(  # noqa: PLR0917 - what `approve` was given
    booking: Booking, resource: Resource, actor: Actor, now: datetime, state: ApprovalState, deciders: Deciders
) -> Approval | AlreadyThere | Refusal[NotPossible]:
    """The approval as it is decided now, unless it was, or by somebody else."""
    by = authority(actor, booking.parties, resource.pool_id, deciders, now)
    if isinstance(by, Refusal):
        return by
    approval = booking.asked
    if approval is not None and approval.decided_at is not None:
        if approval.state is not state:
            return Refusal(NotPossible.DECIDED_OTHERWISE)
        return AlreadyThere(booking) if _stands(booking, state) else Refusal(NotPossible.WRONG_STATE)
    if approval is None or not is_open(booking, now):
        return Refusal(NotPossible.WRONG_STATE)
    return _decided(approval, state, actor, by, now)


def _stands(booking: Booking, state: ApprovalState) -> bool:
    """Whether what was decided is still so: a booking that was approved may have ended otherwise since."""
    return booking.is_live or (state is ApprovalState.REJECTED and booking.state is State.CANCELLED)


def _approve_more(
    booking: Booking, more: Extension, approval: Approval, payments: Sequence[Payment], now: datetime
) -> Decision:
    """More time is given if nothing is to pay for it, or a hold or a saved card covers it; else it waits to be paid."""
    missing = missing_of(booking, more.quote, payments, now)
    until = _to_pay_until(booking.end, now)
    given = replace(
        more, approval=approval, missing=Money(missing, more.delta.currency), asked_at=now, expires_at=until
    )
    if missing >= LEAST_HOLD:
        return ExtensionApproved(_at(booking, now, extension=given))
    with_more = replace(booking, extension=given)
    return BookingExtended(lasting(with_more, more.end, more.quote, more.terms, now), more.claimed_until)


def _to_pay_until(latest: datetime, now: datetime) -> datetime:
    return max(min(now + PAY_AFTER_APPROVAL, latest), now + PAYING_TAKES)


def _asking(booking: Booking, approval: Approval, now: datetime) -> Booking:
    if booking.awaits_approval or booking.extension is None:
        return _at(booking, now, approval=approval)
    return _at(booking, now, extension=replace(booking.extension, approval=approval))


def _decided(approval: Approval, state: ApprovalState, actor: Actor, by: Authority, now: datetime) -> Approval:
    decided: Approval = replace(approval, state=state, decided_by=actor.id, decided_at=now, deputy_for=by.deputy_for)
    return decided


def _at(booking: Booking, now: datetime, **facts: Any) -> Booking:
    changed: Booking = replace(booking, updated_at=now, version=booking.version + 1, **facts)
    return changed
