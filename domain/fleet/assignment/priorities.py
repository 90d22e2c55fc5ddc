"""Which booking comes first where several want the same vehicle, as whoever runs the pool says."""

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from domain.booking.bookings import Booking, BookingId, State
from domain.booking.events import NotPossible
from domain.booking.resources import Service
from domain.refusals import Refusal

Priority: TypeAlias = Annotated[int, Meta(ge=0, le=9)]
"""0 is what a booking has as long as nobody says anything else, 9 comes before all others."""


class SetPriority(Struct, frozen=True):
    """`reason` is for whoever runs the pool, and stays with the booking until there is another one."""

    booking_id: BookingId
    priority: Priority
    reason: str


class PrioritySet(Struct, frozen=True):
    """Told to nobody: it is between those who run the pool."""

    booking_id: BookingId
    priority: Priority
    reason: str


def set_priority(command: SetPriority, booking: Booking) -> PrioritySet | Refusal[NotPossible]:
    """Until the key is out; a vehicle that is final already may still break down."""
    if booking.service is not Service.FLEET or booking.state not in {State.HELD, State.CONFIRMED}:
        return Refusal(NotPossible.WRONG_STATE)
    return PrioritySet(booking.id, command.priority, command.reason)
