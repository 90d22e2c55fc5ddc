"""Links to a charge of somebody without an account: whoever has one acts for her, and nobody else can."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.booking.bookings import Booking, BookingId
from domain.identity import Actor, City, PersonId, Role
from domain.refusals import Refusal

COUNTS_FOR = timedelta(days=90)
"""After the end; what was paid stands in the books for longer, but nobody needs to look at it by a link."""


class NoLink(StrEnum):
    UNKNOWN_CHARGE = "unknown_charge"


class LinkSeal(Protocol):
    """Links are derived from a key that the database never sees, so none of them is kept anywhere; nor is who began with which key."""

    def guest(self, city: City, key: str) -> PersonId: ...
    def charge_link(self, city: City, booking_id: BookingId) -> str: ...
    def charge(self, city: City, link: str) -> BookingId | None:
        """None for what was never made here, for this city."""


def guest_of(city: City, holder: PersonId) -> Actor:
    """Nobody whom the city knows, with the rights of whoever books for herself."""
    return Actor(holder, city, frozenset({Role.RESIDENT}))


def opened(booking: Booking | None, city: City, now: datetime) -> Actor | Refusal[NoLink]:
    """As whom one acts by the link to that booking."""
    if booking is None or booking.terms.ad_hoc is None or now >= booking.end + COUNTS_FOR:
        return Refusal(NoLink.UNKNOWN_CHARGE)
    return guest_of(city, booking.holder_id)
