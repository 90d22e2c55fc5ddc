"""Moving a booking by class to an equal resource, so that somebody else gets in or a repair can be made."""

from datetime import datetime

from msgspec.structs import replace

from domain.booking.bookings import Booking
from domain.booking.life import BookingMoved, Decision, NotPossible
from domain.booking.resources import Resource
from domain.refusals import Refusal


def move(booking: Booking, to: Resource, now: datetime) -> Decision:
    """Give the holder another resource for the same time and price. `to` fits what was asked for.

    Not once the resource is final, and not while more time is claimed on it than is booked.
    """
    if not booking.is_provisional or booking.waiting is not None or to.id == booking.resource_id:
        return Refusal(NotPossible.WRONG_STATE)
    moved = replace(booking, resource_id=to.id, updated_at=now, version=booking.version + 1)
    return BookingMoved(moved, to.claim(booking.period))
