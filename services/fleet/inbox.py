"""The inbox of whoever approves bookings: what waits, for whom she may decide, and what was decided."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.approval import Approval
from domain.booking.bookings import BookingId, Payer
from domain.booking.deciding import Authority, Capacity, Deciders, authorities, entitled
from domain.booking.resources import ResourceId
from domain.identity import Actor, City, PersonId, PoolId, Role
from domain.money import Money
from domain.refusals import Refusal


class Standing(StrEnum):
    PENDING = "pending"
    DECIDED = "decided"


class Whose(StrEnum):
    """`mine`: whatever somebody approves herself; `deputy`: what she decides for somebody else."""

    MINE = "mine"
    DEPUTY = "deputy"


After: TypeAlias = tuple[datetime, UUID]


class InboxWanted(Struct, frozen=True):
    """What waits comes in the order in which it is due, what was decided the latest first; `after` is the place of the last
    that was shown."""

    limit: int
    standing: Standing = Standing.PENDING
    whose: Whose | None = None
    pool_id: PoolId | None = None
    after: After | None = None


class PoolDeciders(Struct, frozen=True):
    pool_id: PoolId
    deciders: Deciders


class Question(Struct, frozen=True):
    """A booking, or more time for it until `more_until`, that somebody is asked to approve, or was. `holder` is her name;
    `asked_by` is whoever wants more time; `series_id` is the series it was made in."""

    booking_id: BookingId
    pool_id: PoolId
    resource_id: ResourceId
    vehicle: str
    holder_id: PersonId
    holder: str | None
    booked_by: PersonId
    start: datetime
    end: datetime
    more_until: datetime | None
    payer: Payer
    price: Money
    approval: Approval
    reason: str | None
    version: int
    asked_by: PersonId | None = None
    series_id: UUID | None = None

    @property
    def parties(self) -> frozenset[PersonId]:
        own = frozenset({self.holder_id, self.booked_by})
        return own if self.asked_by is None else own | {self.asked_by}


class InboxItem(Struct, frozen=True):
    """`authority` is as what the reader may decide on it now; None where she may not, because it is her `own`, or because she
    only runs the pool."""

    question: Question
    authority: Authority | None
    own: bool


class InboxPage(Struct, frozen=True):
    items: tuple[InboxItem, ...]
    next: After | None


class InboxBooks(Protocol):
    """Open for reading in one city."""

    async def pools(self) -> Sequence[PoolDeciders]: ...
    async def page(
        self, pools: Sequence[PoolId], wanted: InboxWanted, now: datetime, without: PersonId | None
    ) -> Sequence[Question]:
        """Of these pools; without what is that person's own."""


ShowInbox: TypeAlias = Callable[[Actor, City, InboxWanted], Awaitable[InboxPage]]


async def inbox(wanted: InboxWanted, *, books: InboxBooks, actor: Actor, now: datetime) -> InboxPage:
    """What the reader approves, for herself or for somebody else, and all of the pools that she runs."""
    deciders = {each.pool_id: each.deciders for each in await books.pools()}
    pools = [
        pool_id
        for pool_id, known in deciders.items()
        if wanted.pool_id in {None, pool_id} and _shows(wanted.whose, actor, pool_id, known, now)
    ]
    without = actor.id if wanted.whose is not None else None
    found = await books.page(pools, wanted, now, without) if pools else []
    shown = found[: wanted.limit]
    items = tuple(_item(each, deciders[each.pool_id], wanted, actor, now) for each in shown)
    last = shown[-1] if len(found) > wanted.limit else None
    return InboxPage(
        tuple(item for item in items if wanted.whose is None or item.authority is not None),
        (last.approval.due_at, last.booking_id) if last else None,
    )


def _shows(whose: Whose | None, actor: Actor, pool_id: PoolId, deciders: Deciders, now: datetime) -> bool:
    found = [each for each in authorities(actor, pool_id, deciders, now) if _is_asked_for(whose, each)]
    runs_it = actor.has(Role.FLEET_MANAGER) and actor.works_in(pool_id)
    return bool(found) or (whose is None and runs_it)


def _item(question: Question, deciders: Deciders, wanted: InboxWanted, actor: Actor, now: datetime) -> InboxItem:
    found = authorities(actor, question.pool_id, deciders, now)
    may = entitled(actor, question.parties, [each for each in found if _is_asked_for(wanted.whose, each)])
    return InboxItem(question, None if isinstance(may, Refusal) else may, actor.id in question.parties)


def _is_asked_for(whose: Whose | None, found: Authority) -> bool:
    return whose is None or (found.capacity is Capacity.DEPUTY) == (whose is Whose.DEPUTY)
