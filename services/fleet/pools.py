"""The pools that somebody runs, and what there is in them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.identity import Actor, City, PoolId
from services.fleet.keeping import Reach, reach


class FleetPool(Struct, frozen=True):
    """`vehicles` are those that are not retired. Where its rules ask for a yes, it is waited for during `answer_s` seconds; None where
    nobody is asked. `offer_min` is how many minutes at most what gets free is offered to whoever waits for it, None as the city has it.
    `in_windows` says that residents have its vehicles at certain times only."""

    id: PoolId
    name: str
    vehicles: int
    answer_s: int | None
    offer_min: int | None
    in_windows: bool


class PoolsWanted(Struct, frozen=True):
    """So many of them by their ids, after that one."""

    limit: int
    after: PoolId | None = None


class FleetPoolBooks(Protocol):
    async def page(self, within: Reach, wanted: PoolsWanted) -> Sequence[FleetPool]: ...


ListFleetPools: TypeAlias = Callable[[City, Actor, PoolsWanted], Awaitable[Sequence[FleetPool]]]


async def list_fleet_pools(wanted: PoolsWanted, *, books: FleetPoolBooks, actor: Actor) -> Sequence[FleetPool]:
    """Those that the actor runs; the operator sees all of the city."""
    return await books.page(reach(actor), wanted)
