"""Read, decide, record: more time and less of it; and looking at what an action would mean."""

from datetime import datetime
from typing import TypeAlias

from domain.booking.bookings import BookingId, State
from domain.booking.changing import ExtendBooking, ShortenBooking, extend, lapse_extension, shorten
from domain.booking.events import Decision, NotPossible
from domain.booking.handover import lasts
from domain.booking.life import CancelBooking
from domain.booking.overdue import keep_overdue
from domain.booking.previews import Preview, cancellation, extension, shortening
from domain.booking.reach import may_act
from domain.identity import Actor
from domain.refusals import Refusal
from services.booking.life import act
from services.booking.ports import BookingStore, LifeDesk, LifeReader, Outcome

Previewed: TypeAlias = CancelBooking | ExtendBooking | ShortenBooking


async def extend_booking(command: ExtendBooking, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Give more time, or claim it until it is paid."""

    def decide(desk: LifeDesk) -> Decision:
        booking = desk.sheet.booking
        decided = extend(
            booking,
            command.end,
            desk.surroundings,
            payments=desk.sheet.payments,
            by=actor.id,
            now=now,
        )
        return decided if isinstance(decided, Refusal) else _outlasts(desk, command.end) or decided

    return await act(command.booking_id, decide, seen=command.seen, store=store, actor=actor, now=now)


async def shorten_booking(command: ShortenBooking, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LifeDesk) -> Decision:
        booking = desk.sheet.booking
        return shorten(booking, command.end, desk.surroundings, booking.holder_id == actor.id, now)

    return await act(command.booking_id, decide, seen=command.seen, store=store, actor=actor, now=now)


async def lapse(booking_id: BookingId, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Free the time of an extension that nobody paid for; whoever was quicker has done it already."""
    return await act(
        booking_id, lambda desk: lapse_extension(desk.sheet.booking, now), store=store, actor=actor, now=now
    )


async def keep_overdue_use(booking_id: BookingId, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Prolong the claim of a use that went past its end."""

    def decide(desk: LifeDesk) -> Decision:
        return keep_overdue(desk.sheet.booking, desk.surroundings, now)

    return await act(booking_id, decide, store=store, actor=actor, now=now)


async def preview(
    command: Previewed, *, books: LifeReader, actor: Actor, now: datetime
) -> Preview | Refusal[NotPossible]:
    """What the command would mean now; nothing changes."""
    desk = await books.life(command.booking_id)
    if desk is None or not may_act(actor, desk.sheet.booking, desk.sheet.resource):
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    booking, payments = desk.sheet.booking, desk.sheet.payments
    if command.seen not in {None, booking.version}:
        return Refusal(NotPossible.VERSION_MISMATCH)
    by_holder = booking.holder_id == actor.id
    match command:
        case CancelBooking():
            return cancellation(booking, desk.sheet.resource, payments, by_holder, now)
        case ExtendBooking(end=end):
            found = extension(booking, end, desk.surroundings, payments=payments, by=actor.id, now=now)
            return found if isinstance(found, Refusal) else _outlasts(desk, end) or found
        case ShortenBooking(end=end):
            return shortening(booking, end, desk.surroundings, payments=payments, by_holder=by_holder, now=now)


def _outlasts(desk: LifeDesk, end: datetime) -> Refusal[NotPossible] | None:
    """Whoever has the key already is asked for a licence that lasts now; the others when they are given it."""
    booking = desk.sheet.booking
    if booking.state is not State.IN_USE or end <= booking.end:
        return None
    return lasts(desk.handover, desk.sheet.time_zone, end)
