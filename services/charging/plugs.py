"""Looking after a booking's plug: one step after the other, each from the facts as they are then."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.booking.bookings import Booking, BookingId
from domain.charging.ad_hoc.steps import GiveUp, Nothing
from domain.charging.plugs.reservations import Facts, PlugPolicy, PlugReservation, PlugReservationId, PlugState
from domain.charging.plugs.steps import Compensate, Rebind, Release, Reserve, Settle, Spare, Stop, Wait, next_step
from domain.charging.stations import Identity
from domain.identity import City
from services.charging.ad_hoc.following import AdHocBooks, look_after_ad_hoc

MOST_STEPS = 12
"""Of one look. What is not done by then is done at the next."""

Recorded: TypeAlias = Reserve | Settle | Release | Stop


class PlugBooks(Protocol):
    """Open in one city, in one transaction."""

    async def facts(self, booking_id: BookingId) -> Facts | None:
        """As they are now; nobody else looks after the booking's plug until the transaction is over."""

    async def spare(self, facts: Facts) -> Spare: ...
    async def record(self, step: Recorded, now: datetime) -> None:
        """The reservation as it stands, and the order if there is one. Raises what makes the caller try again."""

    async def rebind(self, facts: Facts, now: datetime) -> bool:
        """Whether the booking has another plug now, which fits what was asked for."""

    async def compensate(self, booking: Booking, now: datetime) -> None: ...
    async def wait(self, facts: Facts, until: datetime | None) -> None: ...


async def look_after(
    booking_id: BookingId, *, books: PlugBooks, policy: PlugPolicy, now: datetime, ad_hoc: AdHocBooks | None = None
) -> bool:
    """Do all that is to be done for the booking's plug now: whether that was anything but to wait. `ad_hoc` are the books of whoever
    stands there without an account, for whom no station need keep anything."""
    for steps in range(MOST_STEPS):
        facts = await books.facts(booking_id)
        if facts is None:
            return steps > 0
        spare = await books.spare(facts)
        if facts.booking.terms.ad_hoc is not None and ad_hoc is not None:
            done = await look_after_ad_hoc(facts, spare, books=ad_hoc, now=now)
            if isinstance(done, GiveUp):
                await books.compensate(facts.booking, now)
            return not isinstance(done, Nothing)
        step = next_step(facts, spare, policy, now)
        if isinstance(step, Rebind):
            if await books.rebind(facts, now):
                continue
            step = step.otherwise
        if isinstance(step, Wait):
            await books.wait(facts, step.until)
            return steps > 0
        if isinstance(step, Compensate):
            await books.compensate(facts.booking, now)
        else:
            await books.record(step, now)
    return True


class PlugMark(Struct, frozen=True):
    """The last one of a page."""

    ordered_at: datetime
    id: PlugReservationId


class PlugsWanted(Struct, frozen=True):
    """Of one `booking`, or of all; those in the states, or in any."""

    limit: int
    booking_id: BookingId | None = None
    states: frozenset[PlugState] = frozenset()
    after: PlugMark | None = None


class KeptPlug(Struct, frozen=True):
    """A reservation, and the name of its station."""

    reservation: PlugReservation
    station: Identity


class Plugs(Struct, frozen=True):
    """The use cases, bound. A page is of those that were ordered last, the latest first."""

    page: Callable[[City, PlugsWanted], Awaitable[Sequence[KeptPlug]]]
