"""How a pool approves bookings: set and shown, with what the rules would have asked for of the bookings that there are."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from domain.booking.approval_rules import Facts
from domain.fleet.approvals import ApprovalSet, NotSet, PoolApproval, SetApproval, Trial, set_approval, trial
from domain.fleet.keeping import runs
from domain.identity import Actor, City, PersonId, PoolId
from domain.refusals import Refusal
from services.calls import Call

# So many of the pool's bookings, the latest that were made, show what rules mean.
TRIED_ON = 200


class ApprovalBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def find(self, pool_id: PoolId, *, locked: bool = False) -> PoolApproval | None: ...
    async def employees(self, people: Sequence[PersonId]) -> frozenset[PersonId]:
        """Those of them who drive for the city, run a pool or operate it."""

    async def approvers(self, pool_id: PoolId) -> int:
        """How many people may say yes in the pool besides the operators."""

    async def latest(self, pool_id: PoolId, count: int) -> Sequence[Facts]:
        """What rules look at, of the bookings of the pool that were made last."""

    async def keep(self, event: ApprovalSet) -> None: ...


class ApprovalShown(Struct, frozen=True):
    """How a pool approves, how many people do, and what its rules would have asked for."""

    pool: PoolApproval
    approvers: int
    trial: Trial


Shown: TypeAlias = ApprovalShown | Refusal[NotSet]


class PoolApprovals(Struct, frozen=True):
    """The use cases, bound to their books. With the flag of `set` nothing is written: it is shown what would be."""

    set: Callable[[Call[Any], SetApproval, bool], Awaitable[Shown]]
    find: Callable[[City, Actor, PoolId], Awaitable[Shown]]


async def set_pool_approval(
    command: SetApproval, *, books: ApprovalBooks, actor: Actor, only_looking: bool = False
) -> Shown:
    """Set it, or show what would be if it were set."""
    known = await books.find(command.pool_id, locked=not only_looking)
    outcome = set_approval(command, known, await books.employees(command.approvers), actor)
    if isinstance(outcome, Refusal):
        return outcome
    if isinstance(outcome, ApprovalSet) and not only_looking:
        await books.keep(outcome)
    return await _shown(outcome.pool, books)


async def find_pool_approval(pool_id: PoolId, *, books: ApprovalBooks, actor: Actor) -> Shown:
    known = await books.find(pool_id)
    if known is None or not runs(actor, pool_id):
        return Refusal(NotSet.UNKNOWN_POOL)
    return await _shown(known, books)


async def _shown(pool: PoolApproval, books: ApprovalBooks) -> ApprovalShown:
    count = len(pool.approvers) or await books.approvers(pool.pool_id)
    return ApprovalShown(pool, count, trial(pool, await books.latest(pool.pool_id, TRIED_ON)))
