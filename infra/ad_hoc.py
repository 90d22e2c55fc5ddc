"""Charging without an account, wired: the desk, the key from which its links come, and the books."""

from collections.abc import Callable
from datetime import datetime

from adapters.database.ad_hoc import SqlAdHocCharges, SqlAdHocStore
from adapters.database.connections import Statements
from domain.booking.bookings import BookingId
from domain.identity import Actor, City
from domain.refusals import Refusal
from infra.desks import Desks
from services.charging.ad_hoc import AdHocCharging
from services.charging.ad_hoc.links import LinkSeal, NoLink, guest_of, opened
from services.charging.ad_hoc.starting import begin_ad_hoc, offer_ad_hoc


def ad_hoc_charging(
    statements: Statements, desks: Desks, seal: LinkSeal, clock: Callable[[], datetime]
) -> AdHocCharging:
    charges = SqlAdHocCharges(statements)

    def guest(city: City, key: str) -> Actor:
        return guest_of(city, seal.guest(city, key))

    async def whose(city: City, link: str) -> tuple[Actor, BookingId] | Refusal[NoLink]:
        booking_id = seal.charge(city, link)
        if booking_id is None:
            return Refusal(NoLink.UNKNOWN_CHARGE)
        actor = opened(await charges.find(city, booking_id), city, clock())
        return actor if isinstance(actor, Refusal) else (actor, booking_id)

    async def keep_address(guest: Actor, email: str, language: str) -> None:
        await charges.keep_address(guest, email, language, clock())

    return AdHocCharging(
        offer=desks.quoting(offer_ad_hoc, SqlAdHocStore),
        begin=desks.reserving(begin_ad_hoc, SqlAdHocStore),
        guest=guest,
        link=seal.charge_link,
        keep_address=keep_address,
        whose=whose,
    )
