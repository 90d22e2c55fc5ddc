"""Charging without an account, wired: the desk, the key from which its links come, and the books."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.charging.ad_hoc import SqlAdHocCharges, SqlAdHocStore
from adapters.database.charging.ad_hoc_leaving import SqlLeavingBooks
from adapters.database.connections import Database
from adapters.database.transacting import answered_in_city
from domain.booking.bookings import Booking, BookingId
from domain.identity import Actor, City
from domain.refusals import Refusal
from infra.desks import Desks
from services.calls import Answer, Call
from services.charging.ad_hoc import AdHocCharging
from services.charging.ad_hoc.leaving import leave_ad_hoc
from services.charging.ad_hoc.links import LinkSeal, NoLink, guest_of, opened
from services.charging.ad_hoc.starting import begin_ad_hoc, offer_ad_hoc


def ad_hoc_charging(
    database: Database,
    desks: Desks,
    seal: LinkSeal,
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    written: Callable[[], None],
) -> AdHocCharging:
    charges = SqlAdHocCharges(database.statements)

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

    async def leave(call: Call[Booking], booking_id: BookingId) -> Answer:
        async def work(connection: AsyncConnection, now: datetime) -> Any:
            books = SqlLeavingBooks(connection, call, new_id, secrets.token_bytes, now)
            return await leave_ad_hoc(booking_id, books=books, now=now)

        answer = await answered_in_city(database.transactions, call, work, clock)
        written()
        return answer

    return AdHocCharging(
        offer=desks.quoting(offer_ad_hoc, SqlAdHocStore),
        begin=desks.reserving(begin_ad_hoc, SqlAdHocStore),
        leave=leave,
        guest=guest,
        link=seal.charge_link,
        keep_address=keep_address,
        whose=whose,
    )
