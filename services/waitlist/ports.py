"""The books of those who wait, and the desks at which their wishes are tried."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booked, BookingId, Grant, Payer
from domain.booking.holds import Order
from domain.booking.resources import Service
from domain.booking.waiting import NotWaiting, WaitlistEntry, WaitlistEntryId, WaitlistEvent
from domain.cities.booking import WaitlistSettings
from domain.cities.notices import NoticeSettings
from domain.identity import Actor, City, PersonId, PoolId
from domain.refusals import Refusal


class InLine(Struct, frozen=True):
    """An entry as it is shown. `ahead` is how many wait for the same and came before, None once something was offered or it is
    settled; `resource` and `station` are the names of what is offered or asked for, where that is a certain one."""

    entry: WaitlistEntry
    time_zone: str
    ahead: int | None = None
    resource: str | None = None
    station: str | None = None


class Rules(Struct, frozen=True):
    """What of a city's settings says how it offers; `of_pools` are the minutes of those pools that have some of their own."""

    time_zone: str
    waitlist: WaitlistSettings = WaitlistSettings()
    notices: NoticeSettings = NoticeSettings()
    of_pools: Mapping[PoolId, int] = {}

    def within(self, pool_id: PoolId | None) -> WaitlistSettings:
        """As they are for what is of that pool, or of none."""
        own = self.of_pools.get(pool_id) if pool_id is not None else None
        return self.waitlist if own is None else replace(self.waitlist, offer_min=own)


Joining: TypeAlias = InLine | Refusal[Any]
Accepting: TypeAlias = Booked | Refusal[Any]
Leaving: TypeAlias = InLine | Refusal[NotWaiting]


class Accept(Struct, frozen=True):
    """The booking's id comes from the edge."""

    entry_id: WaitlistEntryId
    booking_id: BookingId


class WaitlistBooks(Protocol):
    """Open for one call in one city, in one transaction, which is undone where the call is refused."""

    async def rules(self) -> Rules: ...
    async def own(self, person_id: PersonId) -> Sequence[WaitlistEntry]:
        """The open entries of a person, who enters no other one meanwhile."""

    async def find(self, entry_id: WaitlistEntryId) -> WaitlistEntry | None:
        """The entry, which nobody else changes meanwhile."""

    async def record(self, event: WaitlistEvent) -> None:
        """The entry as the event leaves it, with its claim. Where a claim is given back, who waits is looked at again."""

    async def in_line(self, entry_id: WaitlistEntryId) -> InLine: ...


class WishDesk(Protocol):
    """Every service's desk, in the same transaction."""

    async def tried(self, service: Service, order: Order, actor: Actor) -> Grant | Refusal[Any]:
        """What booking it would come to now; nothing is booked."""

    async def booked(self, service: Service, order: Order, actor: Actor) -> Booked | Refusal[Any]: ...


class Turn(StrEnum):
    """What came of an entry's turn. `passed`: it could have what is protected time for somebody else."""

    OFFERED = "offered"
    NOTHING_FREE = "nothing_free"
    PASSED = "passed"


class Waiting(Struct, frozen=True):
    id: WaitlistEntryId
    payer: Payer


class Line(Protocol):
    """Those who wait in one city, each step in a transaction of its own."""

    async def over(self, city: City) -> Sequence[WaitlistEntryId]:
        """The entries that the clock has ended, or whose offers it has."""

    async def waiting(self, city: City) -> Sequence[Waiting]:
        """Whoever is to be looked at, and whoever came before her and waits for the same time; in order of coming."""

    async def close(self, city: City, entry_id: WaitlistEntryId) -> None: ...
    async def offer(self, city: City, entry_id: WaitlistEntryId, only_protected: bool) -> Turn: ...


Ask: TypeAlias = Callable[[City], Awaitable[int]]
