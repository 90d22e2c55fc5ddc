"""The fleet's books, and its drivers', wired."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.database.connections import Transactions
from adapters.database.fleet_drivers import SqlDriverBooks
from adapters.database.fleet_vehicles import SqlFleetDesk, SqlVehicleBooks
from domain.booking.resources import ResourceId
from domain.fleet.documents import Document
from domain.fleet.drivers import BriefDriver, CheckLicence
from domain.fleet.keeping import AddVehicle, ChangeVehicle
from domain.fleet.vehicles import Life
from domain.identity import Actor, City, PersonId
from services.calls import Answer, Call
from services.fleet.driving import (
    Drivers,
    DriversWanted,
    Driving,
    KnownDriver,
    brief_driver,
    check_licence,
    find_driver,
    list_drivers,
)
from services.fleet.keeping import (
    Keeping,
    Kept,
    Retiring,
    Vehicles,
    Wanted,
    add_vehicle,
    change_vehicle,
    enter_paper,
    find_vehicle,
    list_vehicles,
    move_life,
)


def vehicles(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> Vehicles:
    desk = SqlFleetDesk(transactions, clock, new_id)

    async def add(call: Call[Keeping], command: AddVehicle) -> Answer:
        return await desk.answered(
            call, lambda sheet: add_vehicle(command, books=SqlVehicleBooks(sheet), actor=call.actor)
        )

    async def change(call: Call[Any], command: ChangeVehicle) -> Keeping:
        return await desk.work(
            call.city,
            call.actor.id,
            call.request_id,
            lambda sheet: change_vehicle(command, books=SqlVehicleBooks(sheet), actor=call.actor),
        )

    async def enter(call: Call[Keeping], vehicle_id: ResourceId, document: Document) -> Answer:
        return await desk.answered(
            call, lambda sheet: enter_paper(vehicle_id, document, books=SqlVehicleBooks(sheet), actor=call.actor)
        )

    async def live(call: Call[Any], vehicle_id: ResourceId, to: Life) -> Retiring:
        return await desk.work(
            call.city,
            call.actor.id,
            call.request_id,
            lambda sheet: move_life(vehicle_id, to, books=SqlVehicleBooks(sheet), actor=call.actor),
        )

    async def find(city: City, actor: Actor, vehicle_id: ResourceId) -> Kept | None:
        return await desk.work(
            city, actor.id, "", lambda sheet: find_vehicle(vehicle_id, books=SqlVehicleBooks(sheet), actor=actor)
        )

    async def page(city: City, actor: Actor, wanted: Wanted) -> Sequence[Kept]:
        return await desk.work(
            city, actor.id, "", lambda sheet: list_vehicles(wanted, books=SqlVehicleBooks(sheet), actor=actor)
        )

    return Vehicles(add, change, enter, live, find, page)


def drivers(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> Drivers:
    desk = SqlFleetDesk(transactions, clock, new_id)

    async def check(call: Call[Driving], command: CheckLicence) -> Answer:
        return await desk.answered(
            call, lambda sheet: check_licence(command, books=SqlDriverBooks(sheet), actor=call.actor)
        )

    async def brief(call: Call[Driving], command: BriefDriver) -> Answer:
        return await desk.answered(
            call, lambda sheet: brief_driver(command, books=SqlDriverBooks(sheet), actor=call.actor)
        )

    async def find(city: City, actor: Actor, person_id: PersonId) -> KnownDriver | None:
        return await desk.work(
            city, actor.id, "", lambda sheet: find_driver(person_id, books=SqlDriverBooks(sheet), actor=actor)
        )

    async def page(city: City, actor: Actor, wanted: DriversWanted) -> Sequence[KnownDriver]:
        return await desk.work(
            city, actor.id, "", lambda sheet: list_drivers(wanted, books=SqlDriverBooks(sheet), actor=actor)
        )

    return Drivers(check, brief, find, page)
