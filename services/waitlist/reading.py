"""Looking at who waits."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.booking.reach import Reach, reach
from domain.booking.waiting import WaitlistEntryId
from domain.identity import Actor, PersonId, PoolId
from services.waitlist.ports import InLine


class EntryMark(Struct, frozen=True):
    """The last entry of a page."""

    joined_at: datetime
    id: WaitlistEntryId


class EntriesWanted(Struct, frozen=True):
    """The latest first; only those that wait or have an offer where `open`."""

    limit: int
    after: EntryMark | None = None
    open: bool = False


class InPools(Struct, frozen=True):
    """What waits for a fleet's vehicles: of one pool, or of all that one runs; the first in line first."""

    limit: int
    after: EntryMark | None = None
    pool_id: PoolId | None = None


class WaitlistReader(Protocol):
    """Open for reading in one city."""

    async def own(self, person_id: PersonId, wanted: EntriesWanted) -> tuple[InLine, ...]: ...
    async def one(self, person_id: PersonId, entry_id: WaitlistEntryId) -> InLine | None: ...
    async def in_pools(self, within: Reach, wanted: InPools) -> tuple[InLine, ...]:
        """The open entries for vehicles of the pools within reach, or that one of those would do for."""


async def list_in_pools(wanted: InPools, *, books: WaitlistReader, actor: Actor) -> tuple[InLine, ...]:
    return await books.in_pools(reach(actor), wanted)
