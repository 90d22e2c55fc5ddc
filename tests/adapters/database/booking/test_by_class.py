"""Booking a class instead of a resource: which one it becomes, and that rivals each get one as long as there are any."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.housekeeping import Housekeeping
from domain.booking.bookings import BookingId, Payer, State
from domain.booking.classes import ClassRequest
from domain.booking.holds import Agreed, Order
from domain.booking.resources import Resource, ResourceId
from domain.fleet.reservations import FleetOptions, ReserveVehicle, VehicleWanted
from domain.identity import Actor, Role
from domain.periods import Period
from infra.ids import new_id
from services.calls import Answer
from tests.adapters.database.lives import World
from tests.adapters.database.offices import add_car, open_for_business
from tests.examples import NOON, TOWN_HALL, a_booking, a_call, an_order, hours, minutes

pytestmark = pytest.mark.database

EARLY = NOON - hours(30)


def at_the_station(world: World, **wanted: Any) -> ClassRequest:
    return ClassRequest(world.city.station.id, None, msgspec.Raw(msgspec.json.encode(VehicleWanted(**wanted))))


def wish(
    world: World,
    request: ClassRequest,
    *,
    holder: str = "ada",
    period: Period | None = None,
    options: FleetOptions | None = None,
) -> ReserveVehicle:
    order: Order = replace(
        an_order(world.city.cars[0], period=period),
        booking_id=BookingId(new_id()),
        resource_id=None,
        holder_id=world.actor(holder).id,
        request=request,
    )
    return ReserveVehicle(order, options or FleetOptions())


async def booked(world: World, command: ReserveVehicle, actor: Actor | None = None, now: datetime = EARLY) -> Answer:
    """Asked by the holder herself, unless said otherwise."""
    call = a_call(actor or replace(world.actor(), id=command.order.holder_id), key=new_id().hex)
    return await open_for_business(world, now).fleet.reserve(call, command)


async def got(world: World, command: ReserveVehicle, actor: Actor | None = None) -> ResourceId:
    """The resource that it became."""
    answer = await booked(world, command, actor)
    assert answer.status == 200, answer.body
    grant = msgspec.json.decode(answer.body)["grant"]
    assert (grant["booking"]["final_at"], grant["resource"]["id"]) == (
        "2030-06-03T11:30:00Z",
        grant["booking"]["resource_id"],
    )
    return ResourceId(UUID(grant["booking"]["resource_id"]))


def said(answers: Sequence[Answer]) -> Counter[str]:
    return Counter("booked" if answer.status == 200 else answer.body for answer in answers)


async def taken(world: World, car: Resource, start: float, end: float) -> None:
    """In hours from noon."""
    period = Period(NOON + hours(start), NOON + hours(end))
    await world.booked(State.CONFIRMED, car, order=an_order(car, holder="grace", period=period))


# -- which one


@pytest.mark.parametrize(
    ("wanted", "passengers", "expected"),
    [
        ({"seats": 4}, None, "four"),
        ({}, 6, "seven"),
        ({"seats": 5}, None, "five"),
        ({"vehicle_class": "van"}, None, "van"),
        ({"vehicle_class": "van", "seats": 4}, None, None),
        ({"drive": "combustion"}, None, None),
        ({"range_km": 301}, None, None),
    ],
)
async def test_it_becomes_the_smallest_that_fits(
    world: World, wanted: dict[str, Any], passengers: int | None, expected: str | None
) -> None:
    cars = {"five": world.city.cars[0]}
    for name, seats, vehicle_class in (("four", 4, "small"), ("seven", 7, "compact"), ("van", 3, "van")):
        cars[name] = await add_car(world, name, seats=seats, vehicle_class=vehicle_class)
    command = wish(world, at_the_station(world, **wanted), options=FleetOptions(passengers=passengers))
    if expected is None:
        assert (await booked(world, command)).body == "unknown_resource"
    else:
        assert await got(world, command) == cars[expected].id


async def test_among_equals_it_becomes_the_one_with_the_smallest_gap(world: World) -> None:
    await add_car(world, "free all day")
    tight, wide = await add_car(world, "tight"), await add_car(world, "wide")
    await taken(world, tight, -2, 0)
    await taken(world, tight, 1.5, 3)
    await taken(world, wide, -2, -0.5)
    await taken(world, wide, 3, 4)
    assert await got(world, wish(world, at_the_station(world))) == tight.id


async def test_a_larger_one_that_is_free_goes_before_a_smaller_one_that_is_not(world: World) -> None:
    small, large = await add_car(world, "small", seats=2), world.city.cars[0]
    await taken(world, small, 0.5, 2)
    assert await got(world, wish(world, at_the_station(world))) == large.id


async def test_a_pool_is_asked_for_by_its_own_people_only(world: World) -> None:
    request = ClassRequest(None, TOWN_HALL, msgspec.Raw(b"{}"))
    command = wish(world, request, options=FleetOptions(cost_centre="5100"))
    command = replace(command, order=replace(command.order, payer=Payer.COST_CENTRE))
    driver = world.actor("ada", Role.DRIVER, pools=(TOWN_HALL,))
    assert await got(world, command, driver) == world.city.cars[1].id
    command = replace(command, order=replace(command.order, booking_id=BookingId(new_id())))
    assert (await booked(world, command, world.actor("grace"))).body == "unknown_resource"


@pytest.mark.parametrize("column", ["bookable", "in_service"])
async def test_what_cannot_be_booked_is_not_chosen(world: World, column: str) -> None:
    other = await add_car(world, "other", seats=7)
    async with world.database.app.transactions.city(world.city.city) as connection:
        withdraw = text(f"UPDATE resources SET {column} = false WHERE city = :city AND id = :id")
        await connection.execute(withdraw, {"city": world.city.city, "id": world.city.cars[0].id})
    assert await got(world, wish(world, at_the_station(world))) == other.id


async def test_what_may_not_be_used_to_the_end_is_not_chosen(world: World) -> None:
    other = await add_car(world, "other", seats=7)
    command = wish(world, at_the_station(world))
    ends = {"end": command.order.period.end, "city": world.city.city, "id": world.city.cars[0].id}
    for until, chosen in (("-", other.id), ("+", world.city.cars[0].id)):
        async with world.database.app.transactions.city(world.city.city) as connection:
            await connection.execute(text("DELETE FROM claims WHERE city = :city"), {"city": world.city.city})
            limit = f"UPDATE resources SET usable_until = cast(:end AS timestamptz) {until} interval '0.1 s' WHERE city = :city AND id = :id"
            await connection.execute(text(limit), ends)
        again = replace(command, order=replace(command.order, booking_id=BookingId(new_id())))
        assert await got(world, again) == chosen


# -- rivals


async def test_of_two_who_ask_for_the_last_one_at_once_one_gets_it(world: World) -> None:
    for _ in range(5):
        async with world.database.app.transactions.city(world.city.city) as connection:
            await connection.execute(text("DELETE FROM claims WHERE city = :city"), {"city": world.city.city})
        commands = [wish(world, at_the_station(world), holder=holder) for holder in ("ada", "grace")]
        answers = await asyncio.gather(*(booked(world, command) for command in commands))
        assert said(answers) == {"booked": 1, "resource_taken": 1}
        assert len(await world.claims(world.city.cars[0])) == 1


async def test_rivals_each_get_one_as_long_as_there_are_any(world: World) -> None:
    cars = [world.city.cars[0], *[await add_car(world, f"car {n}") for n in range(11)]]
    commands = [wish(world, at_the_station(world), holder=f"holder {n}") for n in range(16)]
    answers = await asyncio.gather(*(booked(world, command) for command in commands))
    assert said(answers) == {"booked": 12, "resource_taken": 4}
    assert [len(await world.claims(car)) for car in cars] == [1] * 12


# -- from a quote


async def test_a_quote_by_class_is_booked_at_its_price_on_whatever_is_free_by_then(world: World) -> None:
    first, other = world.city.cars[0], await add_car(world, "other")
    dearer = await add_car(world, "dearer", seats=2)
    async with world.database.app.transactions.city(world.city.city) as connection:
        await connection.execute(
            text("UPDATE resources SET tariff_id = 'charging-standard' WHERE city = :city AND id = :id"),
            {"city": world.city.city, "id": dearer.id},
        )
    fleet = open_for_business(world, EARLY).fleet
    quoted = msgspec.json.decode(
        (await fleet.quote(a_call(world.actor()), wish(world, at_the_station(world, seats=5)))).body
    )
    found, agreed = ResourceId(UUID(quoted["order"]["resource_id"])), quoted["agreed"]
    rest = other if found == first.id else first
    command = wish(world, at_the_station(world))
    order = replace(command.order, resource_id=found)
    frozen = msgspec.convert(agreed, type=Agreed)

    assert await got(world, replace(command, order=order, agreed=frozen)) == found
    again = replace(order, booking_id=BookingId(new_id()), holder_id=world.actor("grace").id)
    assert await got(world, replace(command, order=again, agreed=frozen)) == rest.id
    third = replace(order, booking_id=BookingId(new_id()), holder_id=world.actor("grace").id)
    assert (await booked(world, replace(command, order=third, agreed=frozen))).body == "resource_taken"


# -- until it is final


async def test_the_resource_becomes_final_half_an_hour_before_the_start(world: World) -> None:
    car, due = world.city.cars[0], NOON - minutes(30)
    booking = replace(
        a_booking(State.CONFIRMED, car), id=BookingId(new_id()), request=at_the_station(world), final_at=due
    )
    await world.place(booking, car)
    over = replace(booking, id=BookingId(new_id()), state=State.CANCELLED)
    await world.place(over, car)
    house = Housekeeping(world.database.relay.statements)

    async def due_here(now: datetime) -> list[BookingId]:
        found = await house.provisional_bookings(now, 10_000)
        return [booking_id for city, booking_id in found if city == world.city.city]

    assert await due_here(due - minutes(1)) == []
    assert await due_here(due) == [booking.id]
    for _ in range(2):
        await world.at(due).assign(world.city.city, booking.id)
    assert await due_here(due) == []
    view = await world.at(due).find(world.actor(), booking.id)
    assert view is not None
    assert getattr(view, "resource_final", None) is True
    assert await world.happened(booking) == (["booking.assigned"], ["booking.assigned"])
