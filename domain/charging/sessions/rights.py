"""Who may start: `authorise(known, ...)` says of a token what the station is told of it.

Whoever has an EVSE booked may charge there, with the booking's own token or with one of hers. A station that was cut off tells of a
start hours later: it is judged by when it began.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from domain.booking.bookings import BookingId, State
from domain.booking.resources import ResourceId
from domain.charging.reports import IdToken, TokenAnswer, TokenVerdict
from domain.charging.sessions.limits import NO_LIMIT, Limit
from domain.identity import PersonId

CLOCK_MAY_DIFFER = timedelta(minutes=5)


class TokenBooking(Struct, frozen=True):
    """`over_at` is when it was finished, cancelled or given up; `earliest_start` is of its terms. `limit` is what its session stops
    at; `leaves` says that it stops at the booking's end, too, as whoever charges has no account, `left` that she wants to stop."""

    id: BookingId
    resource_id: ResourceId
    holder_id: PersonId
    state: State
    earliest_start: datetime
    end: datetime
    made_at: datetime
    over_at: datetime | None = None
    limit: Limit = NO_LIMIT
    leaves: bool = False
    left: bool = False


class KnownToken(Struct, frozen=True):
    """A token that the city gave. `booking` is the one that it opens there and then; None where whoever has it booked nothing
    there. `elsewhere` says that it is of another EVSE, or, asked before anybody plugs in, of none of the station's; `charges` that a
    session of it is under way."""

    group: IdToken | None = None
    blocked: bool = False
    booking: TokenBooking | None = None
    elsewhere: bool = False
    charges: bool = False


def began_at(said: datetime, received: datetime, known: KnownToken | None) -> datetime:
    """The station's time, unless its clock cannot be right: it is ahead of ours, or what is used was not booked yet."""
    booked = known.booking.made_at if known is not None and known.booking is not None else None
    if said > received + CLOCK_MAY_DIFFER or (booked is not None and said < booked):
        return received
    return min(said, received)


def authorise(known: KnownToken | None, at: datetime) -> TokenAnswer:
    """What the station is told of a token; None is one that nobody was given."""
    if known is None:
        return TokenAnswer(TokenVerdict.INVALID)
    return TokenAnswer(_verdict(known, at), known.group)


def _verdict(known: KnownToken, at: datetime) -> TokenVerdict:
    booking = known.booking
    if known.blocked:
        return TokenVerdict.BLOCKED
    if booking is None or known.elsewhere:
        return TokenVerdict.INVALID
    if known.charges:
        return TokenVerdict.CONCURRENT
    if booking.state is State.HELD or at < booking.earliest_start:
        return TokenVerdict.INVALID
    if at >= booking.end and booking.state is not State.IN_USE:
        return TokenVerdict.EXPIRED
    if booking.state in {State.CONFIRMED, State.IN_USE}:
        return TokenVerdict.ACCEPTED
    was_hers = booking.state is State.NO_SHOW and booking.over_at is not None and at < booking.over_at
    return TokenVerdict.ACCEPTED if was_hers else TokenVerdict.EXPIRED
