"""A use that goes past its end: it keeps its claim, a quarter of an hour at a time, as far as nobody else comes."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from domain.booking.bookings import Booking, State
from domain.booking.changing import Surroundings
from domain.booking.events import Decision, NotPossible
from domain.booking.extensions import BookingDelayed, BookingOverdue
from domain.refusals import Refusal

STEP = timedelta(minutes=15)
# So long before its claim ends a use is looked at: there must be no moment at which somebody else gets what is in use.
AHEAD = timedelta(minutes=1)


def keep_overdue(booking: Booking, around: Surroundings, now: datetime) -> Decision:
    """Prolong the claim of a use that is not finished, up to the next claim, whose holder is to be told once.

    The first step comes before the end, while the use may still end in time: so nobody is told yet, and where there is
    nothing more to claim it is looked at again at the end. Nobody waits where what comes next is her own, or its hold has lapsed.
    """
    due = booking.overdue_until or booking.end
    if booking.state is not State.IN_USE or now < due - AHEAD:
        return Refusal(NotPossible.WRONG_STATE)
    until = booking.end + ((max(now, due) - booking.end) // STEP + 1) * STEP
    reach, following = around.claim_to(until), around.following
    waits = None
    if following is not None and following.start < reach:
        reach = following.start
        somebody = following.holder_id != booking.holder_id and not following.has_lapsed(now)
        waits = following.booking_id if somebody else None
    grows = reach if reach > around.claimed_until else None
    if now < booking.end and (following is not None and reach == following.start):
        if grows is None:
            return Refusal(NotPossible.WRONG_STATE)
        until, waits = booking.end, None
    told = waits is not None and waits != booking.delays
    kept = replace(
        booking,
        overdue_until=until,
        delays=waits if told else booking.delays,
        updated_at=now,
        version=booking.version + 1,
    )
    return BookingOverdue(kept, grows, BookingDelayed(waits) if told and waits is not None else None)
