"""When a pool is shared with residents: set and shown, with the bookings of theirs that lie outside."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.fleet.keeping import runs
from domain.fleet.sharing import NotShared, PoolSharing, SetSharing, SharingSet, Standing, outside, set_sharing
from domain.identity import Actor, City, PoolId
from domain.periods import Period
from domain.refusals import Refusal
from services.calls import Call

# So many days of openings are shown where nobody asks for others: every window of a week comes twice.
SHOWN_DAYS = timedelta(days=14)


class Days(Struct, frozen=True):
    """From a day on and before another one, in the city."""

    since: date
    until: date


class SharingBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def find(self, pool_id: PoolId, *, locked: bool = False) -> PoolSharing | None: ...
    async def shared_vehicles(self, pool_id: PoolId) -> int:
        """How many of the pool's vehicles are shared at all."""

    async def standing(self, pool_id: PoolId) -> Sequence[Standing]:
        """The bookings of residents, in order of their start."""

    async def keep(self, event: SharingSet) -> None: ...


class PoolShown(Struct, frozen=True):
    """A pool's windows, what comes of them, and which bookings of residents lie outside of them."""

    pool: PoolSharing
    openings: tuple[Period, ...]
    shared_vehicles: int
    outside: tuple[Standing, ...]


Shown: TypeAlias = PoolShown | Refusal[NotShared]


class PoolsShared(Struct, frozen=True):
    """The use cases, bound to their books. With the flag of `set` nothing is written: it is shown what would be."""

    set: Callable[[Call[Any], SetSharing, bool], Awaitable[Shown]]
    find: Callable[[City, Actor, PoolId, Days | None], Awaitable[Shown]]


async def share_pool(
    command: SetSharing, *, books: SharingBooks, actor: Actor, now: datetime, only_looking: bool = False
) -> Shown:
    """Set the windows, or show what would be if they were set."""
    known = await books.find(command.pool_id, locked=not only_looking)
    outcome = set_sharing(command, known, actor)
    if isinstance(outcome, Refusal):
        return outcome
    if isinstance(outcome, SharingSet) and not only_looking:
        await books.keep(outcome)
    return await _shown(outcome.pool, None, books, now)


async def find_sharing(
    pool_id: PoolId, days: Days | None, *, books: SharingBooks, actor: Actor, now: datetime
) -> Shown:
    known = await books.find(pool_id)
    if known is None or not runs(actor, pool_id):
        return Refusal(NotShared.UNKNOWN_POOL)
    return await _shown(known, days, books, now)


async def _shown(pool: PoolSharing, days: Days | None, books: SharingBooks, now: datetime) -> PoolShown:
    zone = ZoneInfo(pool.time_zone)
    today = now.astimezone(zone).date()
    asked = days or Days(today, today + SHOWN_DAYS)
    within = Period(datetime.combine(asked.since, time(), zone), datetime.combine(asked.until, time(), zone))
    standing = outside(pool, await books.standing(pool.pool_id), now)
    return PoolShown(pool, pool.openings(within), await books.shared_vehicles(pool.pool_id), standing)
