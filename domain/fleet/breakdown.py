"""A vehicle breaks down: who has it booked gets another one, or is told what else there is.

The higher priority comes first, then who starts first. What is in use is not moved: whoever has it is on the road with it. Where nobody knows how long it takes,
the vehicle is expected back some time: who begins later keeps it, and is looked at again as the days go by.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.blocks import LONGEST, Block, BlockId, NotBlockable
from domain.booking.bookings import Booking, Payer
from domain.booking.repairs import expected_out
from domain.booking.resources import Resource, ResourceId
from domain.fleet.assignment.explaining import preference
from domain.fleet.assignment.reasons import NotTaken, Reason
from domain.fleet.assignment.settling import rules_for, trip_of, wanted
from domain.fleet.assignment.suitability import mismatch, obstacle
from domain.fleet.assignment.trips import Candidate
from domain.fleet.keeping import NotKept, Vehicle, runs
from domain.fleet.vehicles import Life, NotMovable
from domain.identity import Actor
from domain.periods import Period
from domain.refusals import Refusal

LOOKED_AHEAD = timedelta(days=3)
"""So far behind a booking another time is looked for: what the vehicles have to do is known as far as that."""
MOST_OFFERED = 3
LOOKED_AT_AGAIN = timedelta(days=1)
"""So often those are looked at who begin next, while nobody knows how long it takes."""


class ReportBreakdown(Struct, frozen=True):
    """Out from now on `until` some time, or, where nobody knows, until the block is lifted. Its id comes from the edge."""

    block_id: BlockId
    vehicle_id: ResourceId
    until: datetime | None = None
    reason: str | None = None


class Fate(StrEnum):
    """What became of a booking. `in_use`: whoever has the vehicle keeps her booking; `rebooked`: it has another one; `offered`:
    there is none, its holder is told what else is free, and gives it up for nothing; `kept`: it begins when the vehicle is expected
    back."""

    IN_USE = "in_use"
    REBOOKED = "rebooked"
    OFFERED = "offered"
    KEPT = "kept"


class OtherVehicle(Struct, frozen=True):
    """Free for the booking's time, though not what was asked for."""

    vehicle_id: ResourceId
    name: str
    vehicle_class: str


class OtherTime(Struct, frozen=True):
    """What was asked for, as soon after as it is free for as long."""

    vehicle_id: ResourceId
    name: str
    period: Period


class Given(Struct, frozen=True):
    """Another vehicle, and why it is this one."""

    vehicle_id: ResourceId
    name: str
    reasons: tuple[Reason, ...]


class Became(Struct, frozen=True):
    """A booking as it is now, and what became of it. Of one that was rebooked the vehicle that it was `given`; of one that was
    not, what else there is. `others` are the vehicles that were not taken, each with why."""

    booking: Booking
    fate: Fate
    given: Given | None = None
    others: tuple[NotTaken, ...] = ()
    other_vehicles: tuple[OtherVehicle, ...] = ()
    other_time: OtherTime | None = None


def broken_down(
    command: ReportBreakdown, vehicle: Vehicle | None, actor: Actor, now: datetime, repair_days: int | None = None
) -> Block | Refusal[NotKept] | Refusal[NotMovable] | Refusal[NotBlockable]:
    """The block under which the vehicle is from now on, as whoever runs its pool says."""
    if vehicle is None or not runs(actor, vehicle.placement.pool_id):
        return Refusal(NotKept.UNKNOWN_VEHICLE)
    if vehicle.life is not Life.IN_SERVICE:
        return Refusal(NotMovable.VEHICLE_STATE)
    until = command.until or now + LONGEST
    if until <= now:
        return Refusal(NotBlockable.PERIOD_IN_THE_PAST, "/until")
    if until > now + LONGEST:
        return Refusal(NotBlockable.PERIOD_TOO_LONG, "/until")
    seen_until = expected_out(None, now, repair_days) if command.until is None else None
    return Block(command.block_id, vehicle.id, now, until, command.reason, actor.id, now, seen_until=seen_until)


def looked_further(block: Block, now: datetime, repair_days: int | None) -> Block | None:
    """The block once those are seen to who begin before the vehicle is expected back by now; None where there is nobody else to look
    at."""
    if block.seen_until is None or block.lifted_at is not None:
        return None
    until = min(expected_out(None, now, repair_days), block.end)
    return replace(block, seen_until=until) if until > block.seen_until else None


def begins_too_late(start: datetime, block: Block) -> bool:
    """To be seen to already: the vehicle is expected back by then."""
    return block.seen_until is not None and start >= block.seen_until


def other_vehicles(booking: Booking, vehicles: Sequence[Candidate]) -> tuple[OtherVehicle, ...]:
    """What is free then wherever it stands and whatever class and drive it is, as long as it can do the trip."""
    trip = replace(trip_of(booking), vehicle_class=None, drive=None, station_id=None)
    rules = rules_for(booking)
    free = [each for each in vehicles if each.id != booking.resource_id and obstacle(trip, each, rules) is None]
    best = sorted(free, key=partial(preference, trip))[:MOST_OFFERED]
    return tuple(OtherVehicle(each.id, each.name, each.vehicle_class) for each in best)


def other_time(booking: Booking, vehicles: Sequence[Candidate], resource: Resource) -> OtherTime | None:
    """The soonest after the booking's own; its own vehicle is looked at as well, as that comes back. Of what that has to do the
    booking itself is left out, under which it is out as well."""
    trip, rules = wanted(booking, vehicles), rules_for(booking)
    able = [
        replace(each, uses=(*each.uses, each.use_for(trip))) if each.id == booking.resource_id else each
        for each in vehicles
        if mismatch(trip, each, rules.policy) is None
    ]
    found = [(start, each.name, each) for each in able for start in _free_from(booking, each, resource)]
    if not found:
        return None
    start, name, vehicle = min(found, key=lambda each: each[:2])
    return OtherTime(vehicle.id, name, Period(start, start + booking.period.length))


def _free_from(booking: Booking, vehicle: Candidate, resource: Resource) -> Iterator[datetime]:
    """When it is free for as long, and shared where a resident asks."""
    before, latest = timedelta(seconds=vehicle.buffer_before_s), booking.end + LOOKED_AHEAD
    sharing = resource.sharing if booking.payer is Payer.SELF else None
    for start in [booking.start, *(use.claimed.end + before for use in vehicle.uses)]:
        period: Period | None = Period(start, start + booking.period.length)
        if sharing is not None and period is not None:
            period = sharing.next_opening(period, latest)
        if period is None or start < booking.start or period.end > latest:
            continue
        if not any(use.claimed.overlaps(vehicle.claim(period)) for use in vehicle.uses):
            yield period.start
