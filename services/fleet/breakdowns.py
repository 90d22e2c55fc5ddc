"""A vehicle breaks down: in one step it is out, and all who have it booked are seen to."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from domain.booking.blocks import Block, BlockId
from domain.booking.bookings import BookingId, State
from domain.booking.events import BookingStranded
from domain.booking.moving import may_be_reassigned, strand
from domain.booking.resources import ResourceId
from domain.fleet.assignment.explaining import explained
from domain.fleet.assignment.settling import rules_for, wanted
from domain.fleet.breakdown import (
    Became,
    Fate,
    Given,
    ReportBreakdown,
    begins_too_late,
    broken_down,
    looked_further,
    other_time,
    other_vehicles,
)
from domain.fleet.keeping import Vehicle
from domain.identity import Actor
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.assigning import AssignmentBooks, AssignmentDesk, rehouse


class BrokenDown(Struct, frozen=True):
    """The block, and what became of each booking, in order of their starts; times are those of the city's zone."""

    block: Block
    bookings: tuple[Became, ...]
    time_zone: str


Breaking: TypeAlias = BrokenDown | Refusal[Any]


class StrandingBooks(AssignmentBooks, Protocol):
    """The same books, in one transaction in which nobody else makes room."""

    async def strand(self, event: BookingStranded) -> None: ...


class BreakdownBooks(StrandingBooks, Protocol):
    async def vehicle(self, vehicle_id: ResourceId) -> Vehicle | None: ...
    async def block(self, block: Block) -> Sequence[BookingId]:
        """Nobody books it from here on; the bookings that it stands over, in the order in which they are seen to. Raises what makes the caller
        release holds that expired."""


class LookingBooks(StrandingBooks, Protocol):
    async def find(self, block_id: BlockId) -> Block | None:
        """With the block's row locked."""

    async def look_further(self, block: Block, since: datetime) -> Sequence[BookingId]:
        """Keep how far was looked; the bookings that it stands over and that begin in between, in the order in which they are seen to. Raises what
        makes the caller release holds that expired."""


class Breakdowns(Struct, frozen=True):
    """The use case, bound. With the flag nothing is written and no key is asked for: it is answered what would be."""

    report: Callable[[Call[Breaking], ReportBreakdown, bool], Awaitable[Answer]]


async def report_breakdown(
    command: ReportBreakdown,
    time_zone: str,
    repair_days: int | None = None,
    *,
    books: BreakdownBooks,
    actor: Actor,
    now: datetime,
) -> Breaking:
    """Take the vehicle out, and see to one booking after the other."""
    block = broken_down(command, await books.vehicle(command.vehicle_id), actor, now, repair_days)
    if isinstance(block, Refusal):
        return block
    found = [await _seen_to(booking_id, block, books=books, now=now) for booking_id in await books.block(block)]
    by_start = sorted(filter(None, found), key=lambda became: (became.booking.start, became.booking.id))
    return BrokenDown(block, tuple(by_start), time_zone)


async def look_again(block_id: BlockId, repair_days: int | None, *, books: LookingBooks, now: datetime) -> int:
    """See to those who begin before the vehicle is expected back by now and did not before; how many there were."""
    before = await books.find(block_id)
    block = looked_further(before, now, repair_days) if before is not None else None
    if before is None or before.seen_until is None or block is None:
        return 0
    found = await books.look_further(block, before.seen_until)
    for booking_id in found:
        await _seen_to(booking_id, block, books=books, now=now)
    return len(found)


async def _seen_to(booking_id: BookingId, block: Block, *, books: StrandingBooks, now: datetime) -> Became | None:
    desk = await books.desk(booking_id)
    if desk is None or not desk.booking.is_live:
        return None
    if desk.booking.state is State.IN_USE:
        return Became(desk.booking, Fate.IN_USE)
    if begins_too_late(desk.booking.start, block):
        return Became(desk.booking, Fate.KEPT)
    if may_be_reassigned(desk.booking) and (found := await rehouse(desk, books=books, now=now)) is not None:
        given = Given(found.vehicle.id, found.vehicle.name, found.explained.reasons)
        others = tuple(each for each in found.explained.others if each.vehicle_id != block.resource_id)
        return Became(found.booking, Fate.REBOOKED, given, others)
    return await _offered(desk, books=books, now=now)


async def _offered(desk: AssignmentDesk, *, books: StrandingBooks, now: datetime) -> Became:
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
