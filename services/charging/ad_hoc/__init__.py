"""Charging without an account: what it would cost, beginning and stopping it."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from domain.booking.bookings import Booking, BookingId
from domain.charging.ad_hoc.starting import ChargeAdHoc, NotBegun, Offered
from domain.charging.reservations import ChargePointReserved
from domain.identity import Actor, City
from domain.refusals import Refusal
from services.calls import UseCase
from services.charging.ad_hoc.links import NoLink


class AdHocCharging(Struct, frozen=True):
    """The use cases, bound. `guest(city, key)` is who begins with that key, and `link(city, booking)` the secret by which whoever has it
    follows the charge, which she may `leave` at any time; `keep_address(guest, address, language)` has the receipt mailed. `whose(city, link)` says again what it is of, and as whom she acts.
    """

    offer: UseCase[Offered | NotBegun, ChargeAdHoc]
    begin: UseCase[ChargePointReserved | NotBegun, ChargeAdHoc]
    leave: UseCase[Booking, BookingId]
    guest: Callable[[City, str], Actor]
    link: Callable[[City, BookingId], str]
    keep_address: Callable[[Actor, str, str], Awaitable[None]]
    whose: Callable[[City, str], Awaitable[tuple[Actor, BookingId] | Refusal[NoLink]]]
