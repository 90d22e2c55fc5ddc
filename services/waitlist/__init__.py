"""Waitlists: wishes that wait for their time to get free, and what is offered to them."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from msgspec import Struct

from domain.booking.waiting import JoinWaitlist, WaitlistEntryId
from domain.identity import Actor, City
from services.calls import UseCase
from services.waitlist.ports import Accept, Accepting, Ask, InLine, Joining, Leaving
from services.waitlist.reading import EntriesWanted, InPools


class Waitlist(Struct, frozen=True):
    """The use cases, bound to their books. `find` gives None where the caller has no such entry; `in_pools` is what waits for
    vehicles of the pools that she runs. `freed` has everybody looked at who may wait for what a booking or a block gave
    back; `ask` offers what is free in a city to those whose turn it is, and ends what is over."""

    join: UseCase[Joining, JoinWaitlist]
    accept: UseCase[Accepting, Accept]
    decline: UseCase[Leaving, WaitlistEntryId]
    withdraw: UseCase[Leaving, WaitlistEntryId]
    find: Callable[[Actor, WaitlistEntryId], Awaitable[InLine | None]]
    own: Callable[[Actor, EntriesWanted], Awaitable[tuple[InLine, ...]]]
    in_pools: Callable[[Actor, InPools], Awaitable[tuple[InLine, ...]]]
    freed: Callable[[City, UUID], Awaitable[None]]
    ask: Ask
