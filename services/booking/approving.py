"""Saying yes or no to a booking that waits for it, and asking again where nobody does."""

from datetime import datetime

from domain.booking.approving import NOBODY_NAMED, ApproveBooking, RejectBooking, approve, ask_again, reject
from domain.booking.bookings import BookingId
from domain.booking.events import Decision
from domain.identity import Actor
from services.booking.life import act
from services.booking.ports import BookingStore, LifeDesk, Outcome
from services.booking.reading import may_see


async def approve_booking(command: ApproveBooking, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LifeDesk) -> Decision:
        sheet = desk.sheet
        deciders = sheet.deciders or NOBODY_NAMED
        return approve(sheet.booking, sheet.resource, sheet.payments, actor, now, deciders=deciders)

    return await act(command.booking_id, decide, seen=command.seen, reaches=may_see, store=store, actor=actor, now=now)


async def reject_booking(command: RejectBooking, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LifeDesk) -> Decision:
        sheet = desk.sheet
        return reject(
            sheet.booking, sheet.resource, command.reason, actor, now, deciders=sheet.deciders or NOBODY_NAMED
        )

    return await act(command.booking_id, decide, seen=command.seen, reaches=may_see, store=store, actor=actor, now=now)


async def ask_approvers_again(booking_id: BookingId, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Remind whoever approves, or ask the operators; whoever decided meanwhile was quicker."""
    return await act(booking_id, lambda desk: ask_again(desk.sheet.booking, now), store=store, actor=actor, now=now)
