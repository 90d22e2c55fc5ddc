"""A vehicle breaks down: in one step it is out, and all who have it booked are seen to."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from domain.booking.blocks import Block
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.events import BookingStranded
from domain.booking.making_room import Places
from domain.booking.moving import may_be_reassigned, strand
from domain.booking.resources import ResourceId
from domain.fleet.assignment.explaining import explained
from domain.fleet.assignment.settling import Settled, rules_for
from domain.fleet.breakdown import (
    Became,
    Fate,
    Given,
    ReportBreakdown,
    broken_down,
    other_time,
    other_vehicles,
    places,
    wanted,
)
from domain.fleet.keeping import Vehicle
from domain.identity import Actor
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.assigning import AssignmentDesk


class BrokenDown(Struct, frozen=True):
    """The block, and what became of each booking, in order of their starts; times are those of the city's zone."""

    block: Block
    bookings: tuple[Became, ...]
    time_zone: str


Breaking: TypeAlias = BrokenDown | Refusal[Any]


class BreakdownBooks(Protocol):
    """Open for one call in one city, in one transaction in which nobody else makes room."""

    async def vehicle(self, vehicle_id: ResourceId) -> Vehicle | None: ...
    async def block(self, block: Block) -> Sequence[BookingId]:
        """Nobody books it from here on; the bookings that it stands over, in order of their starts. Raises what makes the caller
        release holds that expired."""

    async def desk(self, booking_id: BookingId) -> AssignmentDesk | None: ...
    async def house(self, booking: Booking, wanted: Places) -> ResourceId | None:
        """Where the booking is now: at the first that is free as it is, else at one that others left for that; None where
        there is no way to."""

    async def keep(self, settled: Settled) -> None:
        """The reasons, with the booking."""

    async def strand(self, event: BookingStranded) -> None: ...


class Breakdowns(Struct, frozen=True):
    """The use case, bound. With the flag nothing is written and no key is asked for: it is answered what would be."""

    report: Callable[[Call[Breaking], ReportBreakdown, bool], Awaitable[Answer]]


async def report_breakdown(
    command: ReportBreakdown, time_zone: str, *, books: BreakdownBooks, actor: Actor, now: datetime
) -> Breaking:
    """Take the vehicle out, and see to one booking after the other."""
    block = broken_down(command, await books.vehicle(command.vehicle_id), actor, now)
    if isinstance(block, Refusal):
        return block
    found = [await _seen_to(booking_id, books=books, now=now) for booking_id in await books.block(block)]
    return BrokenDown(block, tuple(became for became in found if became is not None), time_zone)


async def _seen_to(booking_id: BookingId, *, books: BreakdownBooks, now: datetime) -> Became | None:
    desk = await books.desk(booking_id)
    if desk is None or not desk.booking.is_live:
        return None
    if desk.booking.state is State.IN_USE:
        return Became(desk.booking, Fate.IN_USE)
    if may_be_reassigned(desk.booking):
        at = await books.house(desk.booking, places(desk.booking, desk.vehicles))
        if at is not None and (after := await books.desk(booking_id)) is not None:
            return await _rebooked(desk, after, at, books=books)
    return await _offered(desk, books=books, now=now)


async def _rebooked(before: AssignmentDesk, after: AssignmentDesk, at: ResourceId, *, books: BreakdownBooks) -> Became:
    """Why it is this one, by what the vehicles have to do now that others perhaps moved along."""
    trip, rules = wanted(before.booking, before.vehicles), rules_for(before.booking)
    chosen = next(vehicle for vehicle in after.vehicles if vehicle.id == at)
    found = explained(trip, chosen, after.vehicles, rules)
    await books.keep(Settled(found, None))
    return Became(after.booking, Fate.REBOOKED, Given(at, chosen.name, found.reasons), found.others)


async def _offered(desk: AssignmentDesk, *, books: BreakdownBooks, now: datetime) -> Became:
    booking, vehicles = desk.booking, desk.vehicles
    event = strand(booking, now)
    await books.strand(event)
    others = [vehicle for vehicle in vehicles if vehicle.id != booking.resource_id]
    return Became(
        event.booking,
        Fate.OFFERED,
        others=explained(wanted(booking, vehicles), None, others, rules_for(booking)).others,
        other_vehicles=other_vehicles(booking, vehicles),
        other_time=other_time(booking, vehicles, desk.resource),
    )
