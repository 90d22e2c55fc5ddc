"""Stopping a charge without an account: read, decide, record."""

from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId
from domain.booking.events import AlreadyThere, Changed, NotPossible
from domain.charging.ad_hoc.leaving import leave
from domain.charging.ad_hoc.steps import AdHocFacts, End, next_step
from domain.refusals import Refusal
from services.charging.ad_hoc.links import NoLink


class LeavingBooks(Protocol):
    """Open in one city, in one transaction, in which nobody else looks after the booking's plug."""

    async def facts(self, booking_id: BookingId) -> AdHocFacts | None: ...
    async def change(self, change: Changed) -> None:
        """Its sessions that are over, but wait to go on, are billed now. Raises what makes the caller try again."""

    async def order(self, step: End, now: datetime) -> None:
        """Have its station told to stop."""


async def leave_ad_hoc(
    booking_id: BookingId, *, books: LeavingBooks, now: datetime
) -> Booking | Refusal[NotPossible] | Refusal[NoLink]:
    """The booking as it is then. Whoever asks again has her station told again, once it had time to stop."""
    facts = await books.facts(booking_id)
    if facts is None:
        return Refusal(NoLink.UNKNOWN_CHARGE)
    decided = leave(facts, now)
    if isinstance(decided, Refusal):
        return decided
    if not isinstance(decided, AlreadyThere):
        await books.change(decided)
    step = next_step(replace(facts, of=replace(facts.of, booking=decided.booking)), now)
    if isinstance(step, End):
        await books.order(step, now)
    return decided.booking
