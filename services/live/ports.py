"""A city's log of what happened to its bookings, as its followers need it."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import BookingId, State
from domain.booking.reach import Reach
from domain.booking.resources import Service
from domain.identity import Actor, City, PersonId, PoolId


class Mark(Struct, frozen=True, order=True):
    """A place in the log: the transaction that wrote there, and the entry among that transaction's.

    Entries come into sight transaction by transaction in this order, so nothing ever turns up before a mark that was
    passed: commits that overlap are held back until the earlier one is over.
    """

    transaction: int
    entry: UUID


class BookingSeen(Struct, frozen=True):
    """The booking as it stands when it is told of, which may be later than what happened."""

    id: BookingId
    service: Service
    state: State
    version: int
    start: datetime
    end: datetime
    holder_id: PersonId
    pool_id: PoolId | None


class Happening(Struct, frozen=True):
    """`kind` is the event's tag, as in `booking.confirmed`."""

    mark: Mark
    at: datetime
    kind: str
    booking: BookingSeen

    @property
    def type(self) -> str:
        """What followers know it by: whatever service made a booking, it was created."""
        return self.kind if self.kind.startswith(("booking.", "payment.")) else "booking.created"


class Stretch(Struct, frozen=True):
    """What lies after a mark: `passed` is the last entry that was looked at, `more` whether others follow it."""

    happenings: tuple[Happening, ...]
    passed: Mark
    more: bool


class Reader(Struct, frozen=True):
    """Whose eyes: one's own bookings, and those within reach."""

    id: PersonId
    within: Reach

    def sees(self, booking: BookingSeen) -> bool:
        """The rule of `may_act`, said of what the log tells."""
        if booking.holder_id == self.id or self.within.whole_city:
            return True
        pools = self.within.pools
        return self.within.runs_pools and booking.pool_id is not None and (not pools or booking.pool_id in pools)


class Log(Protocol):
    async def here(self, city: City) -> Mark:
        """Before everything that is not in sight yet."""

    async def holds(self, city: City, mark: Mark) -> bool:
        """Whether the mark is of this log: one that `here` gave, or an entry that stands where the mark says.

        A restored backup counts anew; a mark from before it says where nothing is, or something else.
        """

    async def after(self, city: City, mark: Mark, limit: int) -> Stretch:
        """The next `limit` entries of the log; those that are not about bookings are passed over."""


class Feed(Protocol):
    """One follower's happenings."""

    @property
    def begins_anew(self) -> bool:
        """Whether the mark meant nothing here, so that something may have been missed."""

    async def next(self, patience_s: float) -> tuple[Happening, ...] | None:
        """What happened, oldest first; empty where nothing did in time, None where no more will come."""

    def leave(self) -> None: ...


class Follow(Protocol):
    async def __call__(self, actor: Actor, after: Mark | None) -> "Feed | None":
        """Follow from the mark, or from now on; None where there are too many followers."""
