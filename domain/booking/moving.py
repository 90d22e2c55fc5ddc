"""Moving a booking by class to an equal resource, so that somebody else gets in or a repair can be made."""

from datetime import datetime

from msgspec.structs import replace

from domain.booking.bookings import Booking, State
from domain.booking.events import (
    AlreadyThere,
    BookingAssigned,
    BookingMoved,
    BookingReassigned,
    BookingStranded,
    Decision,
    NotPossible,
)
from domain.booking.resources import ResourceId
from domain.periods import Period
from domain.refusals import Refusal


def reassign(booking: Booking, resource_id: ResourceId, claimed: Period, now: datetime) -> Decision:
    """Give the holder a resource that staff chose, until the use begins; it is final then, whatever it was before. So is the
    one that she has already, where staff choose that."""
    if not may_be_reassigned(booking):
        return Refusal(NotPossible.WRONG_STATE)
    given = replace(booking, resource_id=resource_id, final_at=None, updated_at=now, version=booking.version + 1)
    if resource_id == booking.resource_id:
        return BookingAssigned(given) if booking.is_provisional else AlreadyThere(booking)
    return BookingReassigned(given, claimed)


def may_be_reassigned(booking: Booking) -> bool:
    """Not once the use has begun, and not while more time is claimed than is booked."""
    return booking.state in {State.HELD, State.CONFIRMED} and booking.waiting is None


def strand(booking: Booking, now: datetime) -> BookingStranded:
    """It stays where it is, under a block, as there is nothing else."""
    return BookingStranded(replace(booking, updated_at=now, version=booking.version + 1))


def move_to(booking: Booking, resource_id: ResourceId, claimed: Period, now: datetime) -> Decision:
    """Give the holder another resource for the same time and price, which fits what was asked for.

    Not once the resource is final, and not while more time is claimed on it than is booked.
    """
    if not booking.is_provisional or booking.waiting is not None or resource_id == booking.resource_id:
        return Refusal(NotPossible.WRONG_STATE)
    moved = replace(booking, resource_id=resource_id, updated_at=now, version=booking.version + 1)
    return BookingMoved(moved, claimed)
