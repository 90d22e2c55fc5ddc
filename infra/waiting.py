"""Waitlists, wired: every service's way of booking, by which a wish is tried and booked."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec

from adapters.database.bike_leasing.store import SqlBikeLeasingStore
from adapters.database.booking.choosing import Wish
from adapters.database.booking.reservations import SqlReservations
from adapters.database.booking.waitlist import Trial
from adapters.database.booking.waitlist_line import SqlWaitlist, due_waitlists
from adapters.database.booking.waitlist_reading import SqlWaitlistReader
from adapters.database.charging.store import SqlChargingStore
from adapters.database.connections import Database, Transactions
from adapters.database.fleet.store import SqlFleetStore
from adapters.jobs.sweeps import Batch, each
from domain.bike_leasing.reservations import LeaseBike, LeaseOptions
from domain.booking.bookings import Booked
from domain.booking.holds import Agreed, Order
from domain.booking.resources import Service
from domain.booking.waiting import JoinWaitlist, WaitlistEntryId
from domain.charging.reservations import ChargingOptions, ReserveChargePoint
from domain.fleet.reservations import FleetOptions, ReserveVehicle
from domain.identity import Actor, City
from domain.refusals import Refusal
from services.bike_leasing.reservations import reserve_bike
from services.calls import Answer, Call
from services.charging.reservations import reserve_charge_point
from services.fleet.reservations import reserve_vehicle
from services.waitlist import Waitlist
from services.waitlist.entering import accept_offer, decline_offer, join_waitlist, leave_waitlist
from services.waitlist.offering import ask_in_turn
from services.waitlist.ports import Accept, InLine
from services.waitlist.reading import EntriesWanted, InPools, list_in_pools

Command = TypeVar("Command")
Command_contra = TypeVar("Command_contra", contravariant=True)
Store = TypeVar("Store")
Store_contra = TypeVar("Store_contra", contravariant=True)


class Reserving(Protocol[Command_contra, Store_contra]):
    async def __call__(
        self, command: Command_contra, /, *, store: Store_contra, actor: Actor, now: datetime
    ) -> Booked | Refusal[Any]: ...


def trial(
    options: type[msgspec.Struct],
    command: Callable[[Order, Any, Agreed | None], Command],
    use_case: Reserving[Command, Store],
    store: Callable[[SqlReservations], Store],
) -> Trial:
    """Book the order as whoever calls would: by the use case, at the price of now."""

    async def tried(order: Order, books: SqlReservations, actor: Actor, now: datetime) -> Booked | Refusal[Any]:
        said = msgspec.json.decode(order.options, type=options)
        return await use_case(command(order, said, None), store=store(books), actor=actor, now=now)

    return tried


TRIALS = {
    Service.CHARGING: trial(ChargingOptions, ReserveChargePoint, reserve_charge_point, SqlChargingStore),
    Service.FLEET: trial(FleetOptions, ReserveVehicle, reserve_vehicle, SqlFleetStore),
    Service.BIKE_LEASING: trial(LeaseOptions, LeaseBike, reserve_bike, SqlBikeLeasingStore),
}


def waitlist(
    transactions: Transactions,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    *,
    expire: Callable[[City, Sequence[UUID]], Awaitable[None]],
    make_room: Callable[[City, Wish], Awaitable[None]],
    written: Callable[[], None],
) -> Waitlist:
    line = SqlWaitlist(transactions, TRIALS, clock, new_id, expire=expire, make_room=make_room, written=written)

    async def join(call: Call[Any], command: JoinWaitlist) -> Answer:
        return await line.answered(
            call,
            lambda books: join_waitlist(command, books=books.entries, desk=books.desk, actor=call.actor, now=books.now),
        )

    async def accept(call: Call[Any], command: Accept) -> Answer:
        return await line.answered(
            call,
            lambda books: accept_offer(command, books=books.entries, desk=books.desk, actor=call.actor, now=books.now),
        )

    async def decline(call: Call[Any], entry_id: WaitlistEntryId) -> Answer:
        return await line.answered(
            call, lambda books: decline_offer(entry_id, books=books.entries, actor=call.actor, now=books.now)
        )

    async def withdraw(call: Call[Any], entry_id: WaitlistEntryId) -> Answer:
        return await line.answered(
            call, lambda books: leave_waitlist(entry_id, books=books.entries, actor=call.actor, now=books.now)
        )

    async def find(actor: Actor, entry_id: WaitlistEntryId) -> InLine | None:
        return await SqlWaitlistReader(transactions, actor.city).one(actor.id, entry_id)

    async def own(actor: Actor, wanted: EntriesWanted) -> tuple[InLine, ...]:
        return await SqlWaitlistReader(transactions, actor.city).own(actor.id, wanted)

    async def in_pools(actor: Actor, wanted: InPools) -> tuple[InLine, ...]:
        return await list_in_pools(wanted, books=SqlWaitlistReader(transactions, actor.city), actor=actor)

    async def ask(city: City) -> int:
        return await ask_in_turn(city, line=line)

    return Waitlist(join, accept, decline, withdraw, find, own, in_pools, line.freed, ask)


def asking(offered: Waitlist, relay: Database, clock: Callable[[], datetime]) -> Batch:
    """Whoever waits, city by city."""
    return each(lambda n: due_waitlists(relay.statements, clock(), n), offered.ask, "ask who waits")
