"""A fleet's books: vehicles are added, changed, given papers and retired; whoever runs their pool looks and writes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from domain.booking.blocks import Hit
from domain.booking.resources import ResourceId, StationId
from domain.fleet.documents import Document, DocumentKind
from domain.fleet.keeping import (
    AddVehicle,
    Around,
    ChangeVehicle,
    NoVehicle,
    Placement,
    StillRented,
    Vehicle,
    added,
    changed,
    living,
    runs,
    with_paper,
)
from domain.fleet.reminding import reminders
from domain.fleet.vehicles import Draft, Life, VehicleKind
from domain.identity import Actor, City, PoolId, Role
from services.calls import Answer, Call


class InTheWay(Struct, frozen=True):
    """What claims the vehicle from now on, so that it cannot be retired."""

    hits: tuple[Hit, ...]


class Mark(Struct, array_like=True, frozen=True):
    """Where a page of vehicles ended; they are in order of these."""

    name: str
    id: ResourceId


class Wanted(Struct, frozen=True):
    """Which vehicles: of one pool, at one station, of a kind, in a state, or with papers that end before a day."""

    limit: int
    after: Mark | None = None
    pool_id: PoolId | None = None
    station_id: StationId | None = None
    kind: VehicleKind | None = None
    life: Life | None = None
    due_before: date | None = None


class Reach(Struct, frozen=True):
    """Whose vehicles somebody sees: all, those in any pool, or those in some."""

    everything: bool
    every_pool: bool
    pools: tuple[PoolId, ...]


class Today(Struct, frozen=True):
    """The day in the city, and its zone."""

    day: date
    time_zone: str


class Kept(Struct, frozen=True):
    """A vehicle as it is now, and the day by which that is judged."""

    vehicle: Vehicle
    today: Today


class VehicleBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def today(self) -> Today: ...
    async def find(self, vehicle_id: ResourceId, *, locked: bool = False) -> Vehicle | None: ...
    async def page(self, reach: Reach, wanted: Wanted) -> Sequence[Vehicle]:
        """In order of their marks."""

    async def around(self, vehicle_id: ResourceId, draft: Draft, placement: Placement) -> Around: ...
    async def keep(
        self, vehicle: Vehicle, known: Vehicle | None, reminders: Mapping[DocumentKind, date | None]
    ) -> None:
        """Write the vehicle as it is now, those of its papers that it did not have, and when to remind of a kind from now
        on."""

    async def claim_for_good(self, vehicle_id: ResourceId) -> tuple[Hit, ...]:
        """Nobody claims it from now on; or, and then nothing is written, who does."""


Keeping: TypeAlias = Kept | NoVehicle | StillRented
Retiring: TypeAlias = Kept | InTheWay | NoVehicle


class ByBlocks(Exception):
    """The vehicle goes on in its life by its blocks, in a transaction of their own: nothing was written here, and nothing is
    answered yet."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.vehicle.id)
        self.kept = kept


class Vehicles(Struct, frozen=True):
    """The use cases, bound to their books."""

    add: Callable[[Call[Keeping], AddVehicle], Awaitable[Answer]]
    change: Callable[[Call[Any], ChangeVehicle], Awaitable[Keeping]]
    enter: Callable[[Call[Keeping], ResourceId, Document], Awaitable[Answer]]
    live: Callable[[Call[Retiring], ResourceId, Life], Awaitable[Answer]]
    find: Callable[[City, Actor, ResourceId], Awaitable[Kept | None]]
    page: Callable[[City, Actor, Wanted], Awaitable[Sequence[Kept]]]


def reach(actor: Actor) -> Reach:
    """What `runs` says of one pool, said of all of them: the rule of lists. Who runs none reaches nothing."""
    everything = runs(actor, None)
    if everything or not actor.has(Role.FLEET_MANAGER):
        return Reach(everything, every_pool=False, pools=())
    return Reach(everything, not actor.pools, tuple(sorted(actor.pools)))


async def add_vehicle(command: AddVehicle, *, books: VehicleBooks, actor: Actor) -> Keeping:
    """Put it onto the books; with a tariff it is bookable at once."""
    today = await books.today()
    around = await books.around(command.id, command.draft, command.placement)
    outcome = added(command, around, actor, today.day)
    if isinstance(outcome, Vehicle):
        await books.keep(outcome, None, reminders(outcome.papers, (), today.day))
        return Kept(await books.find(command.id) or outcome, today)
    return outcome


async def change_vehicle(command: ChangeVehicle, *, books: VehicleBooks, actor: Actor) -> Keeping:
    known = await books.find(command.id, locked=True)
    around = await books.around(command.id, command.draft, command.placement)
    outcome = changed(command, known, around, actor)
    if isinstance(outcome, Vehicle):
        await books.keep(outcome, known, {})
        return Kept(await books.find(command.id) or outcome, await books.today())
    return outcome


async def enter_paper(vehicle_id: ResourceId, document: Document, *, books: VehicleBooks, actor: Actor) -> Keeping:
    """One more paper; what was entered before of the kind stays among the records and counts no more."""
    today = await books.today()
    known = await books.find(vehicle_id, locked=True)
    outcome = with_paper(document, known, actor, today.day)
    if isinstance(outcome, Vehicle):
        await books.keep(outcome, known, reminders(outcome.papers, known.papers if known else (), today.day))
        return Kept(outcome, today)
    return outcome


async def move_life(vehicle_id: ResourceId, to: Life, *, books: VehicleBooks, actor: Actor) -> Retiring:
    """Into service, or out of it for good, which nobody may still have booked. Raises ByBlocks where it may go into the
    workshop or is fetched from there."""
    today = await books.today()
    known = await books.find(vehicle_id, locked=True)
    outcome = living(known, to, actor, today.day)
    if known is None or not isinstance(outcome, Vehicle):
        return outcome if not isinstance(outcome, Vehicle) else Kept(outcome, today)
    if to is Life.WORKSHOP or (to is Life.IN_SERVICE and known.standing is Life.WORKSHOP):
        raise ByBlocks(Kept(known, today))
    if outcome.life is known.life:
        return Kept(known, today)
    if outcome.life is Life.RETIRED and (hits := await books.claim_for_good(vehicle_id)):
        return InTheWay(hits)
    await books.keep(outcome, known, {})
    return Kept(outcome, today)


async def find_vehicle(vehicle_id: ResourceId, *, books: VehicleBooks, actor: Actor) -> Kept | None:
    found = await books.find(vehicle_id)
    if found is None or not runs(actor, found.placement.pool_id):
        return None
    return Kept(found, await books.today())


async def list_vehicles(wanted: Wanted, *, books: VehicleBooks, actor: Actor) -> Sequence[Kept]:
    today = await books.today()
    return [Kept(vehicle, today) for vehicle in await books.page(reach(actor), wanted)]
