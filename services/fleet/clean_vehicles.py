"""The report on clean vehicles: how a city stands with what it owes by class, by what the fleet's books know."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Protocol

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.fleet.clean_vehicles import (
    QUOTAS,
    Awarded,
    QuotaState,
    VehicleCategory,
    is_clean,
    is_zero_emission,
    quota_states,
)
from domain.fleet.procurement import Procured
from domain.fleet.quota_standings import NotCounted, Standing, Undecided, standing
from domain.fleet.vehicles import Drive
from domain.identity import Actor, City, PoolId
from services.fleet.keeping import Reach, reach


class MotorVehicle(Struct, frozen=True):
    """One that may be of a quota's classes, in whatever state its life is: what counts is that it was awarded."""

    id: ResourceId
    name: str
    drive: Drive
    procured: Procured


class QuotaBooks(Protocol):
    async def motor_vehicles(
        self, city: City, within: Reach, pool_id: PoolId | None
    ) -> tuple[date, tuple[MotorVehicle, ...]]:
        """The day in the city, and every motor vehicle within reach, by name."""


class Asked(Struct, frozen=True):
    """The period to which the day belongs, that of today where none is named; of one pool, or of all that one runs; with so
    many vehicles more to come by class."""

    on: date | None = None
    pool_id: PoolId | None = None
    planned: Mapping[VehicleCategory, int] = {}


class Counted(Struct, frozen=True):
    vehicle: MotorVehicle
    awarded: Awarded
    clean: bool
    zero_emission: bool


class CleanVehicleReport(Struct, frozen=True):
    """`partial` where the city may have vehicles that are not looked at here: it owes the quota for all of them. `counted`,
    `not_counted` and `undecided` are the vehicles that were awarded in the period, or may have been."""

    on: date
    partial: bool
    states: tuple[QuotaState, ...]
    counted: tuple[Counted, ...]
    not_counted: tuple[tuple[MotorVehicle, NotCounted], ...]
    undecided: tuple[tuple[MotorVehicle, Undecided], ...]


async def report_clean_vehicles(asked: Asked, *, books: QuotaBooks, actor: Actor) -> CleanVehicleReport:
    within = reach(actor)
    today, vehicles = await books.motor_vehicles(actor.city, within, asked.pool_id)
    on = asked.on or today
    quotas = {quota.category: quota for quota in QUOTAS if quota.since <= on <= quota.until}
    found: list[tuple[MotorVehicle, Standing | None]] = [
        (vehicle, standing(vehicle.procured, vehicle.drive, quotas.values())) for vehicle in vehicles
    ]
    awarded = [(vehicle, stands) for vehicle, stands in found if isinstance(stands, Awarded)]
    return CleanVehicleReport(
        on=on,
        partial=not within.everything or asked.pool_id is not None,
        states=quota_states([stands for _, stands in awarded], on, dict(asked.planned)),
        counted=tuple(
            Counted(vehicle, stands, is_clean(stands, quotas[stands.category]), is_zero_emission(stands))
            for vehicle, stands in awarded
        ),
        not_counted=tuple((vehicle, stands) for vehicle, stands in found if isinstance(stands, NotCounted)),
        undecided=tuple((vehicle, stands) for vehicle, stands in found if isinstance(stands, Undecided)),
    )


class CleanVehicles(Struct, frozen=True):
    """The use case, bound."""

    report: Callable[[Actor, Asked], Awaitable[CleanVehicleReport]]
