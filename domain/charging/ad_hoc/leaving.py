"""Stopping, by whoever charges without an account: in every state of her charge, from the hold to a power cut."""

from datetime import datetime

from msgspec.structs import replace

from domain.booking.bookings import ReasonCode, State
from domain.booking.events import AlreadyThere, BookingLeft, Decision
from domain.booking.life import cancel
from domain.charging.ad_hoc.steps import AdHocFacts, may_have_begun


def leave(facts: AdHocFacts, now: datetime) -> Decision:
    """Let go of it where nothing was used. Where something was, or may have been for all that we have heard, the money stays held until
    that is known, and no longer."""
    booking = facts.of.booking
    if not booking.is_live or booking.is_left:
        return AlreadyThere(booking)
    if booking.state is State.IN_USE or may_have_begun(facts, now):
        left = {"reason_code": ReasonCode.BY_HOLDER, "updated_at": now, "version": booking.version + 1}
        return BookingLeft(replace(booking, **left))
    return cancel(booking, by_holder=True, now=now)
