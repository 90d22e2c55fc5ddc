"""A use that goes past its end: it keeps its claim, a quarter of an hour at a time, as far as nobody else comes."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from domain.booking.bookings import Booking, State
from domain.booking.changing import Surroundings
from domain.booking.extensions import BookingDelayed, BookingOverdue
from domain.booking.life import Decision, NotPossible
from domain.refusals import Refusal

STEP = timedelta(minutes=15)


def keep_overdue(booking: Booking, around: Surroundings, now: datetime) -> Decision:
    """Prolong the claim of a use that is not finished, up to the next claim, whose holder is to be told once."""
    if booking.state is not State.IN_USE or now < (booking.overdue_until or booking.end):
        return Refusal(NotPossible.WRONG_STATE)
    until = booking.end + ((now - booking.end) // STEP + 1) * STEP
    reach, following = around.claim_to(until), around.following
    waits = None
    if following is not None and following.start < reach:
        reach, waits = following.start, following.booking_id
    told = waits is not None and waits != booking.delays
    kept = replace(
        booking,
        overdue_until=until,
        delays=waits if told else booking.delays,
        updated_at=now,
        version=booking.version + 1,
    )
    grows = reach if reach > around.claimed_until else None
    return BookingOverdue(kept, grows, BookingDelayed(waits) if told and waits is not None else None)
