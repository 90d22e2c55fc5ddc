"""The token that opens the plug for one booking, once.

Nobody types it: the station is told it with the reservation, and the holder's telephone has it sent back when she starts. Each
booking has its own, so a plug that is taken tells by which booking.
"""

import base64
import hashlib
from datetime import datetime

from msgspec import Struct

from domain.booking.bookings import Booking, BookingId, Payer
from domain.charging.reports import IdToken
from domain.identity import City, PoolId

LENGTH = 20
"""What OCPP 1.6 can carry (CiString20)."""
RANDOM_BYTES = 13
"""More than 20 characters of five bits each can show: 100 bits are left."""


class ChargingToken(Struct, frozen=True):
    """`group` opens it as well, for whoever else belongs to it (1.6: parentIdTag); it is no token by itself."""

    token: IdToken
    booking_id: BookingId
    group: IdToken | None
    valid_from: datetime
    valid_until: datetime


def token_of(random: bytes) -> IdToken:
    """In letters and digits that are the same without case. Raises ValueError for less than `RANDOM_BYTES`."""
    if len(random) < RANDOM_BYTES:
        raise ValueError("a token takes more chance than that")
    return IdToken(base64.b32encode(random).decode()[:LENGTH])


def group_of(city: City, pool_id: PoolId) -> IdToken:
    """The same for a pool each time. It need not be a secret: a group alone starts nothing."""
    return IdToken(base64.b32encode(hashlib.sha256(f"{city}/{pool_id}".encode()).digest()).decode()[:LENGTH])


def same(one: IdToken | None, other: IdToken | None) -> bool:
    """Tokens are compared without case; nobody's is the same as nobody's."""
    return one is not None and other is not None and one.casefold() == other.casefold()


def token_for(booking: Booking, token: IdToken, city: City, pool_id: PoolId | None) -> ChargingToken:
    """Good from when the terms let the holder start until her time is over. Whoever books for her work shares it with the
    pool, whose colleagues have cards of their own."""
    group = group_of(city, pool_id) if pool_id is not None and booking.payer is Payer.COST_CENTRE else None
    return ChargingToken(token, booking.id, group, booking.terms.earliest_start, booking.end)
