"""What is heard of a start that a holder asked for: whether her station began, or she is to be told that it did not."""

from datetime import datetime, timedelta

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.charging.orders import Answered, OrderId

BEGINS_WITHIN = timedelta(minutes=3)
"""A station that said yes waits so long for the cable, and forgets it then; one that said nothing may have begun all the same."""
MAYBE = frozenset({Answered.ACCEPTED, Answered.NO_ANSWER})


class StartAsked(Struct, frozen=True):
    """`is_last` is whether she has not asked again since, `has_begun` whether a session of the booking is under way, or was since."""

    order_id: OrderId
    booking_id: BookingId
    answered: Answered
    answered_at: datetime
    is_last: bool
    has_begun: bool


class StartAwaited(Struct, frozen=True, tag="charging.start_awaited"):
    """It is looked at again then."""

    order_id: OrderId
    until: datetime


class ChargeNotBegun(Struct, frozen=True, tag="booking.charge_not_begun"):
    """The booking stands; whoever has it may be in front of the station."""

    booking_id: BookingId


def heard_of_start(asked: StartAsked, now: datetime) -> StartAwaited | ChargeNotBegun | None:
    if asked.has_begun or not asked.is_last:
        return None
    until = asked.answered_at + BEGINS_WITHIN
    if asked.answered in MAYBE and now < until:
        return StartAwaited(asked.order_id, until)
    return ChargeNotBegun(asked.booking_id)
