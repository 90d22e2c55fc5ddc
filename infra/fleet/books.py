"""The fleet's books, its drivers', and what is reminded of, wired."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from msgspec import Struct

from adapters.database.connections import Database, Transactions
from adapters.database.fleet.drivers import SqlDriverBooks
from adapters.database.fleet.logbook_reminders import SqlTripReminders, due_trips
from adapters.database.fleet.pools import SqlFleetPoolBooks
from adapters.database.fleet.reminders import SqlReminders, due_reminders
from adapters.database.fleet.sharing import SqlSharingBooks
from adapters.database.fleet.stays import SqlStayBooks
from adapters.database.fleet.vehicles import SqlVehicleBooks
from adapters.database.sheets import SqlSheets
from adapters.jobs.sweeps import Batch, each
from adapters.mail.fleet_letters import fleet_composer
from domain.booking.bookings import BookingId
from domain.booking.keys import CommandId
from domain.booking.resources import ResourceId
from domain.fleet.damages import DamageId
from domain.fleet.documents import Document
from domain.fleet.drivers import BriefDriver, CheckLicence
from domain.fleet.keeping import AddVehicle, ChangeVehicle
from domain.fleet.sharing import SetSharing
from domain.fleet.vehicles import Life
from domain.identity import Actor, City, PersonId, PoolId
from services.calls import Answer, Call
from services.fleet.damage_letters import tell_of_damage
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
from services.fleet.logbook_reminding import tell_of_trip
from services.fleet.maintaining import DueAsked, Maintenance, ShowMaintenance, maintenance
from services.fleet.pools import FleetPool, ListFleetPools, PoolsWanted, list_fleet_pools
from services.fleet.reminding import tell_of_licence, tell_of_papers
from services.fleet.sharing import Days, PoolsShared, Shown, find_sharing, share_pool
from services.fleet.silent_locks import tell_of_lock
from services.notices.ports import Mailer


def vehicles(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> Vehicles:
    desk = SqlSheets(transactions, clock, new_id)

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

    async def live(call: Call[Retiring], vehicle_id: ResourceId, to: Life) -> Answer:
        return await desk.answered(
            call, lambda sheet: move_life(vehicle_id, to, books=SqlVehicleBooks(sheet), actor=call.actor)
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


def pools_shared(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> PoolsShared:
    desk = SqlSheets(transactions, clock, new_id)

    async def share(call: Call[Any], command: SetSharing, only_looking: bool) -> Shown:
        return await desk.work(
            call.city,
            call.actor.id,
            call.request_id,
            lambda sheet: share_pool(
                command, books=SqlSharingBooks(sheet), actor=call.actor, now=sheet.now, only_looking=only_looking
            ),
        )

    async def find(city: City, actor: Actor, pool_id: PoolId, days: Days | None) -> Shown:
        return await desk.work(
            city,
            actor.id,
            "",
            lambda sheet: find_sharing(pool_id, days, books=SqlSharingBooks(sheet), actor=actor, now=sheet.now),
        )

    return PoolsShared(share, find)


def fleet_pools_listed(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> ListFleetPools:
    desk = SqlSheets(transactions, clock, new_id)

    async def page(city: City, actor: Actor, wanted: PoolsWanted) -> Sequence[FleetPool]:
        return await desk.work(
            city, actor.id, "", lambda sheet: list_fleet_pools(wanted, books=SqlFleetPoolBooks(sheet), actor=actor)
        )

    return page


def drivers(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> Drivers:
    desk = SqlSheets(transactions, clock, new_id)

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


def maintaining(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> ShowMaintenance:
    desk = SqlSheets(transactions, clock, new_id)

    async def show(city: City, actor: Actor, asked: DueAsked) -> Maintenance:
        return await desk.work(
            city,
            actor.id,
            "",
            lambda sheet: maintenance(
                asked,
                vehicles=SqlVehicleBooks(sheet),
                drivers=SqlDriverBooks(sheet),
                stays=SqlStayBooks(sheet),
                actor=actor,
            ),
        )

    return show


class FleetReminders(Struct, frozen=True):
    """The search for what is due, and the letters."""

    batch: Batch
    tell_of_papers: Callable[[City, ResourceId, UUID, datetime], Awaitable[int]]
    tell_of_licence: Callable[[City, PersonId, UUID, datetime], Awaitable[int]]
    tell_of_lock: Callable[[City, CommandId, UUID, datetime], Awaitable[int]]
    tell_of_damage: Callable[[City, DamageId, UUID, datetime], Awaitable[int]]
    of_logbooks: Batch
    tell_of_trip: Callable[[City, BookingId, UUID, datetime], Awaitable[int]]


def reminders(
    app: Database,
    relay: Database,
    mailer: Mailer,
    domain: str,
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    written: Callable[[], None],
) -> FleetReminders:
    books = SqlReminders(app.transactions, clock, new_id, written)
    trips = SqlTripReminders(app.transactions, clock, new_id, written)
    post: dict[str, Any] = {"compose": fleet_composer(domain), "mailer": mailer}
    letters = post | {"reminders": books}

    async def remind(due: tuple[City, UUID, bool]) -> None:
        city, subject, of_vehicle = due
        if of_vehicle:
            await books.papers_are_due(city, ResourceId(subject))
        else:
            await books.licence_is_due(city, PersonId(subject))

    return FleetReminders(
        each(lambda n: due_reminders(relay.transactions, clock(), n), remind, "remind of fleet"),
        partial(tell_of_papers, **letters),
        partial(tell_of_licence, **letters),
        partial(tell_of_lock, locks=books, **letters),
        partial(tell_of_damage, damages=books, **letters),
        each(
            lambda n: due_trips(relay.transactions, clock(), n),
            lambda due: trips.trip_is_due(due[0], BookingId(due[1])),
            "remind of logbooks",
        ),
        partial(tell_of_trip, trips=trips, **post),
    )
