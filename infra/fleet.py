"""The fleet's books, wired."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.database.connections import Transactions
from adapters.database.fleet_vehicles import SqlFleetDesk
from domain.booking.resources import ResourceId
from domain.fleet.documents import Document
from domain.fleet.keeping import AddVehicle, ChangeVehicle
from domain.fleet.vehicles import Life
from domain.identity import Actor, City
from services.calls import Answer, Call
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
        return await desk.answered(call, lambda books: add_vehicle(command, books=books, actor=call.actor))

    async def change(call: Call[Any], command: ChangeVehicle) -> Keeping:
        return await desk.work(
            call.city,
            call.actor.id,
            call.request_id,
            lambda books: change_vehicle(command, books=books, actor=call.actor),
        )

    async def enter(call: Call[Keeping], vehicle_id: ResourceId, document: Document) -> Answer:
        return await desk.answered(call, lambda books: enter_paper(vehicle_id, document, books=books, actor=call.actor))

    async def live(call: Call[Any], vehicle_id: ResourceId, to: Life) -> Retiring:
        return await desk.work(
            call.city,
            call.actor.id,
            call.request_id,
            lambda books: move_life(vehicle_id, to, books=books, actor=call.actor),
        )

    async def find(city: City, actor: Actor, vehicle_id: ResourceId) -> Kept | None:
        return await desk.work(city, actor.id, "", lambda books: find_vehicle(vehicle_id, books=books, actor=actor))

    async def page(city: City, actor: Actor, wanted: Wanted) -> Sequence[Kept]:
        return await desk.work(city, actor.id, "", lambda books: list_vehicles(wanted, books=books, actor=actor))

    return Vehicles(add, change, enter, live, find, page)
