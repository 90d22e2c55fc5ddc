"""What falls due in the pools that one runs."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Protocol

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.fleet.documents import REMINDERS
from domain.fleet.maintenance import Care, Due, Stay, falls_due
from domain.identity import Actor, City, PoolId
from services.fleet.driving import DriverBooks, DriversWanted
from services.fleet.keeping import Today, VehicleBooks, Wanted
from services.fleet.listing import PAGE, every_driver, every_vehicle

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
    kept = [each.vehicle for each in await every_vehicle(vehicles, actor, Wanted(PAGE, pool_id=asked.pool_id))]
    known = await every_driver(drivers, actor, DriversWanted(PAGE, pool_id=asked.pool_id))
    found = falls_due(
        kept,
        [each.driver for each in known],
        await stays.stays([vehicle.id for vehicle in kept]),
        today=today.day,
        before=before,
        time_zone=today.time_zone,
    )
    return Maintenance(today, before, tuple(due for due in found if not asked.kinds or due.kind in asked.kinds))
