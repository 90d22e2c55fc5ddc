"""Saying yes or no to a booking that waits for it."""

from datetime import datetime

from domain.booking.approving import ApproveBooking, RejectBooking, approve, reject
from domain.booking.events import Decision
from domain.identity import Actor
from services.booking.life import act
from services.booking.ports import BookingStore, LifeDesk, Outcome


async def approve_booking(command: ApproveBooking, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LifeDesk) -> Decision:
        sheet = desk.sheet
        return approve(sheet.booking, sheet.resource, sheet.payments, actor, now)

    return await act(command.booking_id, decide, seen=command.seen, store=store, actor=actor, now=now)


async def reject_booking(command: RejectBooking, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LifeDesk) -> Decision:
        return reject(desk.sheet.booking, desk.sheet.resource, command.reason, actor, now)

    return await act(command.booking_id, decide, seen=command.seen, store=store, actor=actor, now=now)
