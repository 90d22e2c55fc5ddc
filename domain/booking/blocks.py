"""Blocking a resource for a while, so that it can be repaired, cleaned or inspected."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import BookingId, State
from domain.booking.deciding import may_decide
from domain.booking.holds import START_GRACE
from domain.booking.resources import Resource, ResourceId
from domain.identity import Actor, PersonId
from domain.periods import Period
from domain.refusals import Refusal

BlockId = NewType("BlockId", UUID)
# What stands still for longer is taken out of service.
LONGEST = timedelta(days=400)


class BlockResource(Struct, frozen=True):
    """The id comes from the edge. With `move`, bookings whose resource is not final may be moved out of the way."""

    block_id: BlockId
    resource_id: ResourceId
    period: Period
    reason: str | None = None
    move: bool = False


class LiftBlock(Struct, frozen=True):
    block_id: BlockId
    resource_id: ResourceId


class Block(Struct, frozen=True):
    """`lifted_at` is set once it counts no more. Of a breakdown of which nobody knows how long it takes, `seen_until` is the instant
    before which whoever begins has been seen to; None of any other block."""

    id: BlockId
    resource_id: ResourceId
    start: datetime
    end: datetime
    reason: str | None
    made_by: PersonId
    made_at: datetime
    lifted_at: datetime | None = None
    seen_until: datetime | None = None


class BlockLifted(Struct, frozen=True, tag="resource.block_lifted"):
    """The time may be had again."""

    block: Block


class Hit(Struct, frozen=True):
    """A booking that a block would hit, and from when to when it claims the resource; without a booking it is another
    block, or what is offered to somebody who waits. The turnaround after a use is in nobody's way: what is repaired need not be ready for somebody. `movable` says that it may be given another resource."""

    booking_id: BookingId | None
    state: State | None
    start: datetime
    end: datetime
    movable: bool = False


class NotBlockable(StrEnum):
    UNKNOWN_RESOURCE = "unknown_resource"
    UNKNOWN_BLOCK = "unknown_block"
    FORBIDDEN = "forbidden"
    PERIOD_IN_THE_PAST = "period_in_the_past"
    PERIOD_TOO_LONG = "period_too_long"


def block(
    command: BlockResource, resource: Resource | None, actor: Actor, now: datetime
) -> Block | Refusal[NotBlockable]:
    """Block the resource, as whoever runs its pool, or as the operator; what is in the way is another question."""
    if resource is None:
        return Refusal(NotBlockable.UNKNOWN_RESOURCE)
    if not may_decide(actor, resource):
        return Refusal(NotBlockable.FORBIDDEN)
    period = command.period
    if period.start < now - START_GRACE:
        return Refusal(NotBlockable.PERIOD_IN_THE_PAST, "/start")
    if period.length > LONGEST:
        return Refusal(NotBlockable.PERIOD_TOO_LONG, "/end")
    return Block(command.block_id, resource.id, period.start, period.end, command.reason, actor.id, now)


def lift(found: Block | None, resource: Resource | None, actor: Actor, now: datetime) -> Block | Refusal[NotBlockable]:
    """The block, lifted now, or before by whoever was quicker."""
    if resource is None:
        return Refusal(NotBlockable.UNKNOWN_RESOURCE)
    if not may_decide(actor, resource):
        return Refusal(NotBlockable.FORBIDDEN)
    if found is None or found.resource_id != resource.id:
        return Refusal(NotBlockable.UNKNOWN_BLOCK)
    if found.lifted_at is not None:
        return found
    return Block(
        found.id, found.resource_id, found.start, found.end, found.reason, found.made_by, found.made_at, lifted_at=now
    )
