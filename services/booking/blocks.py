"""Blocking a resource, and lifting the block."""

from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.booking.blocks import Block, BlockId, BlockResource, Hit, LiftBlock, NotBlockable, block, lift
from domain.booking.bookings import BookingId
from domain.booking.resources import Resource, ResourceId
from domain.identity import Actor
from domain.periods import Period
from domain.refusals import Refusal
from services.calls import UseCase


class Blocked(Struct, frozen=True):
    """`moved` are the bookings that have another resource now."""

    block: Block
    moved: tuple[BookingId, ...] = ()


class InTheWay(Struct, frozen=True):
    """Nothing was blocked and nobody moved."""

    hits: tuple[Hit, ...]


Blocking: TypeAlias = Blocked | InTheWay | Refusal[NotBlockable]
Lifting: TypeAlias = Block | Refusal[NotBlockable]


class BlockBooks(Protocol):
    """Open for one call in one city, in one transaction, which is undone where something stays in the way."""

    async def resource(self, resource_id: ResourceId) -> Resource | None: ...
    async def in_the_way(self, resource_id: ResourceId, period: Period) -> tuple[Hit, ...]: ...
    async def claim(self, block: Block) -> None:
        """From here on nothing else comes between; who is in the way keeps her time until she is moved."""

    async def move(self, booking_id: BookingId) -> bool:
        """Whether the booking is elsewhere now, and others perhaps with it. Only once the block has its claim."""

    async def find(self, block_id: BlockId) -> Block | None: ...
    async def record(self, outcome: Blocking) -> None: ...
    async def lift(self, outcome: Lifting) -> None: ...


class Blocks(Struct, frozen=True):
    """The use cases, bound to their books."""

    block: UseCase[Blocking, BlockResource]
    lift: UseCase[Lifting, LiftBlock]


async def block_resource(command: BlockResource, *, books: BlockBooks, actor: Actor, now: datetime) -> None:
    """Claim the period for a repair, if nothing is in the way, or nothing that stays there."""
    decided = block(command, await books.resource(command.resource_id), actor, now)
    if isinstance(decided, Refusal):
        await books.record(decided)
        return
    hits = await books.in_the_way(command.resource_id, command.period)
    if hits and not (command.move and all(hit.movable for hit in hits)):
        await books.record(InTheWay(hits))
        return
    await books.claim(decided)
    moved = [hit.booking_id for hit in hits if hit.booking_id is not None and await books.move(hit.booking_id)]
    left = tuple(hit for hit in hits if hit.booking_id not in moved)
    await books.record(InTheWay(left) if left else Blocked(decided, tuple(moved)))


async def lift_block(command: LiftBlock, *, books: BlockBooks, actor: Actor, now: datetime) -> None:
    """Give the time back; lifting it again changes nothing."""
    resource = await books.resource(command.resource_id)
    await books.lift(lift(await books.find(command.block_id), resource, actor, now))
