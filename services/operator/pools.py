"""The pools of a city: who looks after which vehicles, and whether somebody has to say yes before one is driven."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from domain.identity import PoolId
from domain.refusals import Refusal
from services.operator.inventory import Pool

# Shorter, and nobody can answer in time; longer, and a wish blocks a vehicle for good.
SHORTEST_APPROVAL_S = 300
LONGEST_APPROVAL_S = 30 * 86400
LONGEST_NAME = 100


class NoPool(StrEnum):
    UNKNOWN_POOL = "unknown_pool"
    VERSION_MISMATCH = "version_mismatch"


class KnownPool(Struct, frozen=True):
    """A pool as it stands; `approvers` is how many people may say yes in it: those who are granted to run it, or all."""

    pool: Pool
    version: int
    approvers: int

    @property
    def nobody_approves(self) -> bool:
        """Bookings wait for an answer that nobody can give."""
        return self.pool.approval_s is not None and self.approvers == 0


class PoolSet(Struct, frozen=True):
    """The pool as it is now; `new` if it was not there before."""

    known: KnownPool
    new: bool


class PoolBooks(Protocol):
    async def find(self, pool_id: PoolId) -> KnownPool | None: ...
    async def page(self, after: PoolId, limit: int) -> Sequence[KnownPool]:
        """By id."""

    async def write(self, pool: Pool, seen: int | None) -> bool | None:
        """Make or change it, if it has the version `seen`, any where that is None: whether it is new, or None if not."""


async def set_pool(pool: Pool, *, books: PoolBooks, seen: int | None = None) -> PoolSet | Refusal[NoPool]:
    """Make the pool, or put this in place of what it was. Bookings that wait for approval keep the time they have."""
    new = await books.write(pool, seen)
    known = await books.find(pool.id)
    if new is None or known is None:
        return Refusal(NoPool.VERSION_MISMATCH)
    return PoolSet(known, new)
