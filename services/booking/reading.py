"""Looking at bookings."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.actions import current_payment, extension_payment, is_indebted
from domain.booking.bookings import BookingId
from domain.booking.deciding import authorities
from domain.booking.events import NotPossible
from domain.booking.reach import may_act, reach
from domain.identity import Actor
from domain.payments.deposits import latest_deposit
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
    if sheet is None or not may_see(actor, sheet, now):
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    return sheet_view(sheet, actor, now)


async def list_bookings(wanted: Wanted, *, books: BookingReader, actor: Actor, now: datetime) -> Page:
    """One's own bookings, and those that staff look after; newest start first."""
    found = await books.sheets(actor.id, reach(actor), replace(wanted, limit=wanted.limit + 1))
    shown = found[: wanted.limit]
    last = shown[-1].booking if len(found) > wanted.limit else None
    return Page(
        items=tuple(sheet_view(sheet, actor, now) for sheet in shown),
        next=After(last.start, last.id) if last else None,
    )


def acts_on(actor: Actor, sheet: Sheet, _now: datetime) -> bool:
    return may_act(actor, sheet.booking, sheet.resource)


def may_see(actor: Actor, sheet: Sheet, now: datetime) -> bool:
    """Besides those who act on it, whoever approves it, or does so for somebody."""
    if acts_on(actor, sheet, now):
        return True
    deciders = sheet.deciders
    return deciders is not None and bool(authorities(actor, sheet.resource.pool_id, deciders, now))


def sheet_view(sheet: Sheet, actor: Actor, now: datetime) -> BookingView:
    """The booking for this reader at this instant."""
    return booking_view(
        sheet.booking,
        sheet.resource,
        sheet.time_zone,
        payment=current_payment(sheet.payments),
        more=extension_payment(sheet.booking, sheet.payments),
        deposit=latest_deposit(sheet.payments),
        indebted=is_indebted(sheet.booking, sheet.payments, sheet.asked),
        actor=actor,
        now=now,
        deciders=sheet.deciders,
        series_id=sheet.series_id,
        plug=sheet.plug,
    )
