"""Giving bookings by class their vehicle, and saying why it is this one."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.booking.bookings import Booking, BookingId
from domain.booking.events import NotPossible
from domain.booking.making_room import Places
from domain.booking.resources import Resource, ResourceId
from domain.fleet.assignment.explaining import explained
from domain.fleet.assignment.priorities import PrioritySet, SetPriority, set_priority
from domain.fleet.assignment.reasons import Explained, NotTaken
from domain.fleet.assignment.settling import (
    NoOther,
    NotAssignable,
    ReassignVehicle,
    Settled,
    better_places,
    lost_its_vehicle,
    places,
    rules_for,
    settle,
    settle_by_staff,
    waits_for_another,
    wanted,
)
from domain.fleet.assignment.trips import Candidate
from domain.identity import Actor, City, Role
from domain.refusals import Refusal
from services.calls import UseCase


class Assigned(Struct, frozen=True, omit_defaults=True):
    """What stands with a booking about its vehicle, since when; and the words of whoever chose it."""

    explained: Explained
    at: datetime
    note: str | None = None


class AssignmentDesk(Struct, frozen=True):
    """A booking with the vehicle that it has, what was written down about that, and the vehicles of the same pool and
    tariff with what they have to do besides. `priority_reason` are the words of whoever gave it its priority."""

    booking: Booking
    resource: Resource
    time_zone: str
    assigned: Assigned | None
    priority_reason: str | None
    vehicles: tuple[Candidate, ...]


class AssignmentBooks(Protocol):
    """Open in one city, in one transaction."""

    async def desk(self, booking_id: BookingId, vehicle_id: ResourceId | None = None) -> AssignmentDesk | None:
        """With the vehicle that somebody has in mind among the others, wherever it stands in the pool."""

    async def house(self, booking: Booking, wanted: Places, now: datetime) -> ResourceId | None:
        """Where the booking is now: at the first that is free as it is, else at one that others left for that; None where
        there is no way to. What was final stays so at its new place, and its holder is told."""

    async def outrank(self, booking: Booking, wanted: Places, now: datetime) -> ResourceId | None:
        """The same for one with priority, whose own place is free for others then: nobody leaves who has as much priority, or
        whose vehicle is final. Raises what makes the caller begin anew where others may be making room."""

    async def set_priority(self, event: PrioritySet, at: datetime) -> None: ...

    async def record(self, settled: Settled, at: datetime) -> None:
        """Keep the reasons, and move the booking where it is moved. Raises what makes the caller try again where the
        other vehicle was taken in the same moment."""


class Rehoused(Struct, frozen=True):
    """A booking with another vehicle, and why it is this one."""

    booking: Booking
    vehicle: Candidate
    explained: Explained


class Assignment(Struct, frozen=True):
    """A booking's vehicle and why it is that; not `final` as long as it may become another one. `priority_reason` are the
    words of whoever gave it its priority."""

    vehicle: Resource
    explained: Explained
    at: datetime
    final: bool
    time_zone: str
    note: str | None = None
    priority: int = 0
    priority_reason: str | None = None


class NothingFits(Struct, frozen=True):
    """There is no other vehicle for a booking, and why of each; times are those of the city's zone."""

    others: tuple[NotTaken, ...]
    time_zone: str


Reassigning: TypeAlias = Assignment | NothingFits | Refusal[NotPossible] | Refusal[NotAssignable]
Prioritising: TypeAlias = PrioritySet | Refusal[NotPossible]


async def assign_vehicle(booking_id: BookingId, *, books: AssignmentBooks, now: datetime) -> None:
    """Settle which vehicle it is, once it is time for that. Not final yet: who makes it so comes next. One with priority gets
    what suits it best where whoever stands there with less can be elsewhere."""
    desk = await books.desk(booking_id)
    if desk is None or desk.booking.final_at is None or now < desk.booking.final_at:
        return
    better = better_places(desk.booking, desk.vehicles)
    if better and await _moved_in(desk, await books.outrank(desk.booking, better, now), books=books, now=now):
        return
    settled = settle(desk.booking, desk.vehicles, now)
    if settled is not None:
        await books.record(settled, now)


async def rebook(booking_id: BookingId, *, books: AssignmentBooks, now: datetime) -> None:
    """Where its vehicle cannot be had any more, give it another one; where there is none it stays as it is, and costs nothing to
    give up."""
    desk = await books.desk(booking_id)
    if desk is not None and lost_its_vehicle(desk.booking, desk.vehicles):
        await rehouse(desk, books=books, now=now)


async def rebook_waiting(booking_id: BookingId, *, books: AssignmentBooks, now: datetime) -> None:
    """Give whoever asked for a class and would have to wait for its vehicle another one, where there is one."""
    desk = await books.desk(booking_id)
    if desk is not None and waits_for_another(desk.booking):
        await rehouse(desk, books=books, now=now)


async def rehouse(desk: AssignmentDesk, *, books: AssignmentBooks, now: datetime) -> Rehoused | None:
    """Give the booking another vehicle, for which others perhaps move along; None where there is no way to. Why it is this one
    is said by what the vehicles have to do then."""
    return await _moved_in(
        desk, await books.house(desk.booking, places(desk.booking, desk.vehicles), now), books=books, now=now
    )


async def _moved_in(
    desk: AssignmentDesk, at: ResourceId | None, *, books: AssignmentBooks, now: datetime
) -> Rehoused | None:
    booking, vehicles = desk.booking, desk.vehicles
    after = await books.desk(booking.id) if at is not None else None
    if after is None:
        return None
    chosen = next(vehicle for vehicle in after.vehicles if vehicle.id == at)
    found = explained(wanted(booking, vehicles), chosen, after.vehicles, rules_for(booking))
    await books.record(Settled(found, None), now)
    return Rehoused(after.booking, chosen, found)


async def find_assignment(
    booking_id: BookingId, *, books: AssignmentBooks, actor: Actor, now: datetime
) -> Assignment | Refusal[NotPossible]:
    """For whoever runs the vehicle's pool: what was settled, or what would be if it were time. Whoever asked for a certain
    vehicle was not assigned one."""
    desk = await books.desk(booking_id)
    if desk is None or not runs(actor, desk.resource):
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    booking, kept = desk.booking, desk.assigned
    if kept is not None and kept.explained.vehicle_id == booking.resource_id:
        final = not booking.is_provisional
        return Assignment(
            desk.resource,
            kept.explained,
            kept.at,
            final,
            desk.time_zone,
            kept.note,
            booking.priority,
            desk.priority_reason,
        )
    settled = settle(booking, desk.vehicles, now)
    if settled is None:
        return Refusal(NotPossible.WRONG_STATE)
    return Assignment(
        desk.resource,
        settled.explained,
        now,
        final=False,
        time_zone=desk.time_zone,
        priority=booking.priority,
        priority_reason=desk.priority_reason,
    )


async def reassign_vehicle(
    command: ReassignVehicle, *, books: AssignmentBooks, actor: Actor, now: datetime
) -> Reassigning:
    """The booking with the vehicle that it has from now on, or why there is no other."""
    desk = await books.desk(command.booking_id, command.vehicle_id)
    if desk is None or not runs(actor, desk.resource):
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    settled = settle_by_staff(command, desk.booking, desk.vehicles, now)
    if isinstance(settled, NoOther):
        return NothingFits(settled.others, desk.time_zone)
    if isinstance(settled, Refusal):
        return settled
    await books.record(settled, now)
    return await find_assignment(command.booking_id, books=books, actor=actor, now=now)


async def prioritise(command: SetPriority, *, books: AssignmentBooks, actor: Actor, now: datetime) -> Prioritising:
    """For whoever runs the vehicle's pool."""
    desk = await books.desk(command.booking_id)
    if desk is None or not runs(actor, desk.resource):
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    outcome = set_priority(command, desk.booking)
    if isinstance(outcome, PrioritySet):
        await books.set_priority(outcome, now)
    return outcome


def runs(actor: Actor, vehicle: Resource) -> bool:
    """Whoever books it for others to use, not who drives it: reasons speak of other people's trips."""
    return actor.has(Role.OPERATOR) or (actor.has(Role.FLEET_MANAGER) and actor.works_in(vehicle.pool_id))


class Assignments(Struct, frozen=True):
    """The use cases, bound."""

    settle: Callable[[City, BookingId], Awaitable[None]]
    find: Callable[[Actor, BookingId], Awaitable[Assignment | Refusal[NotPossible]]]
    reassign: UseCase[Reassigning, ReassignVehicle]
    prioritise: UseCase[Prioritising, SetPriority]
