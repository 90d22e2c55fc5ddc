"""Power groups: set and shown by operators, limited by whoever runs the grid, and planned."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.charging.power.facts import PowerFacts, PowerNow
from domain.charging.power.groups import GroupFault, PowerGroup, PowerGroupId
from domain.charging.power.setting import (
    GroupSet,
    KnownPoint,
    LimitId,
    LimitTold,
    NoGroup,
    SignalLimit,
    set_group,
    signal,
)
from domain.charging.power.steering import Steering, steer
from domain.identity import City
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.charging.steering import AHEAD


class KnownLimit(Struct, frozen=True):
    told: LimitTold
    told_at: datetime
    lifted_at: datetime | None = None


class KnownGroup(Struct, frozen=True):
    """A group with its limits that are not over, lifted ones not among them."""

    group: PowerGroup
    name: str
    limits: tuple[KnownLimit, ...]


class PowerBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def page(self, since: PowerGroupId, limit: int) -> Sequence[KnownGroup]:
        """By id, that one included."""

    async def points(self, ids: Sequence[ResourceId]) -> tuple[Mapping[ResourceId, KnownPoint], Set[ResourceId]]:
        """Those of them that there are, and all points of their stations; nobody else sets a group with them meanwhile."""

    async def set(self, wanted: GroupSet) -> bool:
        """Make or change it: whether it is new."""

    async def tell(self, told: LimitTold) -> None: ...
    async def lift(self, group_id: PowerGroupId, limit_id: LimitId) -> bool:
        """Whether there is such a limit; one that was lifted stays lifted since then."""

    async def facts(self, group_id: PowerGroupId, until: datetime) -> tuple[PowerFacts, PowerNow] | None: ...


class GroupStands(Struct, frozen=True):
    known: KnownGroup
    new: bool


Planned: TypeAlias = Steering | Refusal[NoGroup]


class PowerGroups(Struct, frozen=True):
    """The use cases, bound to their books."""

    page: Callable[[City, PowerGroupId, int], Awaitable[Sequence[KnownGroup]]]
    set: Callable[[Call[Any], GroupSet], Awaitable[GroupStands | Refusal[GroupFault]]]
    signal: Callable[[Call[Any], SignalLimit], Awaitable[Answer]]
    lift: Callable[[Call[Any], PowerGroupId, LimitId], Awaitable[Refusal[NoGroup] | None]]
    plan: Callable[[City, PowerGroupId], Awaitable[Planned]]


async def set_power_group(wanted: GroupSet, *, books: PowerBooks, now: datetime) -> GroupStands | Refusal[GroupFault]:
    """Make the group, or put this in place of what it was. Bookings that were let in by the former stay."""
    points, at_stations = await books.points([member.evse_id for member in wanted.group.members])
    outcome = set_group(wanted, points, at_stations, now.date())
    if isinstance(outcome, Refusal):
        return outcome
    new = await books.set(outcome)
    return GroupStands(await _known(books, wanted.group.id), new)


async def signal_limit(command: SignalLimit, *, books: PowerBooks, now: datetime) -> LimitTold | Refusal[NoGroup]:
    """Take in what the grid operator tells; all that is planned from now on keeps to it."""
    known = await books.facts(command.group_id, now)
    outcome = signal(command, known[0].group if known else None, now)
    if isinstance(outcome, LimitTold):
        await books.tell(outcome)
    return outcome


async def lift_limit(group_id: PowerGroupId, limit_id: LimitId, *, books: PowerBooks) -> Refusal[NoGroup] | None:
    """It counts no more from now on; that it was told stays in the books."""
    return None if await books.lift(group_id, limit_id) else Refusal(NoGroup.UNKNOWN_LIMIT)


async def plan_power(group_id: PowerGroupId, *, books: PowerBooks, now: datetime) -> Planned:
    """Who may draw how much from now on, and what stations would be told of it."""
    known = await books.facts(group_id, now + AHEAD)
    if known is None:
        return Refusal(NoGroup.UNKNOWN_POWER_GROUP)
    # A plan may take a while, and others want the loop.
    return await asyncio.to_thread(steer, *known, now)


async def _known(books: PowerBooks, group_id: PowerGroupId) -> KnownGroup:
    return (await books.page(group_id, 1))[0]
