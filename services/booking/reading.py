"""Looking at bookings, and at what an action would mean."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.actions import current_payment
from domain.booking.bookings import BookingId
from domain.booking.life import NotPossible, may_act, reach
from domain.booking.previews import Preview, cancellation
from domain.identity import Actor
from domain.refusals import Refusal
from services.booking.ports import After, BookingReader, Sheet, Wanted
from services.booking.views import BookingView, booking_view


class Page(Struct, frozen=True):
    """`next` is where the following page begins; None at the end."""

    items: tuple[BookingView, ...]
    next: After | None


async def find_booking(
    booking_id: BookingId, *, books: BookingReader, actor: Actor, now: datetime
) -> BookingView | Refusal[NotPossible]:
    """The booking, for those who may act on it; for others it does not exist."""
    sheet = await books.sheet(booking_id)
    if sheet is None or not may_act(actor, sheet.booking, sheet.resource):
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    return _view(sheet, actor, now)


async def list_bookings(wanted: Wanted, *, books: BookingReader, actor: Actor, now: datetime) -> Page:
    """One's own bookings, and those that staff look after; newest start first."""
    found = await books.sheets(actor.id, reach(actor), replace(wanted, limit=wanted.limit + 1))
    shown = found[: wanted.limit]
    last = shown[-1].booking if len(found) > wanted.limit else None
    return Page(
        items=tuple(_view(sheet, actor, now) for sheet in shown),
        next=After(last.start, last.id) if last else None,
    )


async def preview_cancellation(
    booking_id: BookingId, *, books: BookingReader, actor: Actor, now: datetime
) -> Preview | Refusal[NotPossible]:
    """What it would mean to cancel now; nothing changes."""
    sheet = await books.sheet(booking_id)
    if sheet is None or not may_act(actor, sheet.booking, sheet.resource):
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    return cancellation(sheet.booking, sheet.payments, sheet.booking.holder_id == actor.id, now)


def _view(sheet: Sheet, actor: Actor, now: datetime) -> BookingView:
    payment = current_payment(sheet.payments)
    return booking_view(sheet.booking, sheet.resource, sheet.time_zone, payment=payment, actor=actor, now=now)
