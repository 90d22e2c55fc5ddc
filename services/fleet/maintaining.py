"""What falls due in the pools that one runs."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Protocol

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.fleet.documents import REMINDERS
from domain.fleet.drivers import Driver
from domain.fleet.keeping import Vehicle
from domain.fleet.maintenance import Care, Due, Stay, falls_due
from domain.identity import Actor, City, PoolId
from services.fleet.driving import DriverBooks, DriverMark, DriversWanted, list_drivers
from services.fleet.keeping import Mark, Today, VehicleBooks, Wanted, list_vehicles

PAGE = 500
AHEAD = timedelta(days=REMINDERS[0])


class StayBooks(Protocol):
    async def stays(self, vehicles: Sequence[ResourceId]) -> Sequence[Stay]:
        """The blocks of these vehicles that are not over and were not lifted, in order of their starts."""


class DueAsked(Struct, frozen=True):
    """What ends before a day, else within the time in which people are reminded; of one pool, or of all that one runs; of
    some kinds, or of all."""

    before: date | None = None
    pool_id: PoolId | None = None
    kinds: frozenset[Care] = frozenset()


class Maintenance(Struct, frozen=True):
    today: Today
    before: date
    due: tuple[Due, ...]


ShowMaintenance = Callable[[City, Actor, DueAsked], Awaitable[Maintenance]]


async def maintenance(
    asked: DueAsked, *, vehicles: VehicleBooks, drivers: DriverBooks, stays: StayBooks, actor: Actor
) -> Maintenance:
    today = await vehicles.today()
    before = asked.before or today.day + AHEAD
    kept = await _vehicles(asked.pool_id, vehicles, actor)
    found = falls_due(
        kept,
        await _drivers(asked.pool_id, drivers, actor),
        await stays.stays([vehicle.id for vehicle in kept]),
        today=today.day,
        before=before,
        time_zone=today.time_zone,
    )
    return Maintenance(today, before, tuple(due for due in found if not asked.kinds or due.kind in asked.kinds))


async def _vehicles(pool_id: PoolId | None, books: VehicleBooks, actor: Actor) -> list[Vehicle]:
    found: list[Vehicle] = []
    after: Mark | None = None
    while page := await list_vehicles(Wanted(PAGE, after, pool_id), books=books, actor=actor):
        found += [kept.vehicle for kept in page]
        after = Mark(found[-1].description.name, found[-1].id)
    return found


async def _drivers(pool_id: PoolId | None, books: DriverBooks, actor: Actor) -> list[Driver]:
    found: list[Driver] = []
    after: DriverMark | None = None
    while page := await list_drivers(DriversWanted(PAGE, after, pool_id), books=books, actor=actor):
        found += [known.driver for known in page]
        after = DriverMark(found[-1].email)
    return found
