"""Read, decide, record: bookings without a set end."""

from datetime import datetime

from domain.booking.bookings import BookingId
from domain.booking.events import Decision
from domain.booking.open_ended import NoticeBy
from domain.booking.subscribing import give_notice, roll
from domain.identity import Actor, PersonId
from services.booking.life import act
from services.booking.ports import BookingStore, LifeDesk, Outcome, SubscriptionReader
from services.booking.reading import sheet_view
from services.booking.views import BookingView


async def give_notice_of(booking_id: BookingId, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """For its holder, or as staff for the city."""

    def decide(desk: LifeDesk) -> Decision:
        booking = desk.sheet.booking
        by = NoticeBy.HOLDER if booking.holder_id == actor.id else NoticeBy.CITY
        return give_notice(booking, desk.surroundings, by, now)

    return await act(booking_id, decide, store=store, actor=actor, now=now)


async def roll_booking(booking_id: BookingId, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Claim another month ahead; whoever was quicker has done it already."""
    return await act(
        booking_id, lambda desk: roll(desk.sheet.booking, desk.surroundings, now), store=store, actor=actor, now=now
    )


async def list_subscriptions(
    holder: PersonId, *, books: SubscriptionReader, actor: Actor, now: datetime
) -> tuple[BookingView, ...]:
    """The holder's own, newest start first."""
    return tuple(sheet_view(sheet, actor, now) for sheet in await books.subscriptions(holder))
