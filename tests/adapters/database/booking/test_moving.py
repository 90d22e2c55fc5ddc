"""A booking by class gives way: to whoever needs just that resource, and to a repair; never to the holder's harm."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.booking.making_room import SqlRooms, withdrawn_vehicles
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.classes import ClassRequest
from domain.booking.resources import Resource
from domain.fleet.reservations import FleetOptions, ReserveVehicle, VehicleWanted
from domain.periods import Period
from infra.ids import new_id
from services.calls import Answer
from tests.adapters.database.lives import World
from tests.adapters.database.offices import add_car, expected_back_after, open_for_business
from tests.examples import NOON, a_booking, a_call, an_order, hours, minutes

pytestmark = pytest.mark.database

EARLY = NOON - hours(30)


async def provisional(
    world: World,
    car: Resource,
    state: State = State.CONFIRMED,
    *,
    seats: int = 5,
    start: float = 0,
    end: float | None = None,
) -> Booking:
    """Grace's booking of any car with so many seats at the station, in hours from noon, which became this one."""
    wanted = msgspec.Raw(msgspec.json.encode(VehicleWanted(seats=seats)))
    request = ClassRequest(world.city.station.id, None, wanted)
    period = Period(NOON + hours(start), NOON + hours(start + 1 if end is None else end))
    booking = a_booking(state, car, order=an_order(car, holder="grace", period=period))
    booking = replace(booking, id=BookingId(new_id()), request=request, final_at=NOON - minutes(30))
    return await world.place(booking, car)


def this_car(world: World, car: Resource, holder: str = "ada") -> ReserveVehicle:
    order = replace(an_order(car, holder=holder), booking_id=BookingId(new_id()))
    return ReserveVehicle(order, FleetOptions())


async def booked(world: World, command: ReserveVehicle, holder: str = "ada") -> str:
    call = a_call(world.actor(holder), key=new_id().hex)
    answer = await open_for_business(world, EARLY).fleet.reserve(call, command)
    return said(answer)


def said(answer: Answer) -> str:
    return "booked" if answer.status == 200 else answer.body


async def car_of(world: World, booking: Booking) -> tuple[object, int]:
    sql = "SELECT resource_id, version FROM bookings WHERE city = :city AND id = :id"
    ((car, version),) = await world.rows(sql, id=booking.id)
    return car, version


async def claimed(world: World, cars: Sequence[Resource]) -> list[int]:
    return [len(await world.claims(car)) for car in cars]


@pytest.mark.parametrize("state", [State.HELD, State.CONFIRMED])
async def test_whoever_wants_this_very_car_gets_it_and_the_other_an_equal_one(world: World, state: State) -> None:
    wanted, other = world.city.cars[0], await add_car(world, "other", buffer_after_s=600)
    hers = await provisional(world, wanted, state)
    if state is State.HELD:
        async with world.database.app.transactions.city(world.city.city) as connection:
            await connection.execute(text("UPDATE bookings SET hold_expires_at = '2030-06-03T11:00:00Z'"))

    assert await booked(world, this_car(world, wanted)) == "booked"

    assert await car_of(world, hers) == (other.id, hers.version + 1)
    assert await world.claims(other) == [("booking", NOON, NOON + minutes(70))]
    assert await claimed(world, [wanted]) == [1]
    assert await world.happened(hers) == (["booking.moved"], ["booking.moved"])


async def test_where_nothing_equal_is_free_nobody_is_moved(world: World) -> None:
    wanted = world.city.cars[0]
    small, busy = await add_car(world, "small", seats=2), await add_car(world, "busy")
    await world.booked(State.CONFIRMED, busy, order=an_order(busy, period=Period(NOON + minutes(30), NOON + hours(2))))
    hers = await provisional(world, wanted)
    assert await booked(world, this_car(world, wanted)) == "resource_taken"
    assert await car_of(world, hers) == (wanted.id, hers.version)
    assert await claimed(world, [wanted, small, busy]) == [1, 0, 1]


@pytest.mark.parametrize("changes", [{"final_at": None}, {"request": None, "final_at": None}])
async def test_what_is_final_or_was_named_stays_where_it_is(world: World, changes: dict[str, None]) -> None:
    wanted, _ = world.city.cars[0], await add_car(world, "other")
    hers = replace(a_booking(State.CONFIRMED, wanted, order=an_order(wanted, holder="grace")), **changes)
    await world.place(replace(hers, id=BookingId(new_id())), wanted)
    assert await booked(world, this_car(world, wanted)) == "resource_taken"


async def test_nobody_is_moved_for_a_price(world: World) -> None:
    wanted, other = world.city.cars[0], await add_car(world, "other")
    await provisional(world, wanted)
    quoted = await open_for_business(world, EARLY).fleet.quote(a_call(world.actor()), this_car(world, wanted))
    assert quoted.status == 200
    assert await claimed(world, [wanted, other]) == [1, 0]


async def test_two_are_moved_for_one_who_needs_both_their_times(world: World) -> None:
    wanted, spare, another = world.city.cars[0], await add_car(world, "spare"), await add_car(world, "another")
    first = await provisional(world, wanted)
    period = Period(NOON + hours(1), NOON + hours(2))
    second = replace(first, id=BookingId(new_id()), start=period.start, end=period.end)
    await world.place(second, wanted)
    command = this_car(world, wanted)
    command = replace(command, order=replace(command.order, period=Period(NOON, NOON + hours(2))))
    assert await booked(world, command) == "booked"
    assert await claimed(world, [wanted, spare, another]) in ([1, 2, 0], [1, 0, 2], [1, 1, 1])


@pytest.mark.parametrize("round_", range(6))
async def test_of_a_move_and_a_rival_for_the_other_car_exactly_one_gets_it(world: World, round_: int) -> None:
    """Ada wants the car that Grace was given, Kim the only one that Grace could be moved to."""
    wanted, other = world.city.cars[0], await add_car(world, "other")
    hers = await provisional(world, wanted)
    ada, kim = await asyncio.gather(
        booked(world, this_car(world, wanted)), booked(world, this_car(world, other, "kim"), "kim")
    )
    assert sorted([ada, kim]) == ["booked", "resource_taken"]
    assert await claimed(world, [wanted, other]) == [1, 1]
    car, _ = await car_of(world, hers)
    assert car == (other.id if ada == "booked" else wanted.id)


def rooms(world: World, now: datetime = EARLY) -> SqlRooms:
    return SqlRooms(world.database.app.transactions, lambda: now, new_id, world.at(now).expire_holds)


async def withdraw(world: World, car: Resource, *, in_service: bool = False) -> Booking:
    """Who had it before noon says that something is wrong."""
    order = an_order(car, period=Period(NOON - hours(2), NOON - hours(1)))
    reporting = await world.booked(State.IN_USE, car, order=order)
    async with world.database.app.transactions.city(world.city.city) as connection:
        state = text("UPDATE resources SET in_service = :in_service WHERE city = :city AND id = :id")
        await connection.execute(state, {"city": world.city.city, "id": car.id, "in_service": in_service})
    return reporting


@pytest.mark.parametrize(("in_service", "moved"), [(False, True), (True, False)])
async def test_what_is_provisional_leaves_a_car_that_left_the_search(
    world: World, in_service: bool, moved: bool
) -> None:
    broken, other = world.city.cars[0], await add_car(world, "other")
    hers = await provisional(world, broken)
    reporting = await withdraw(world, broken, in_service=in_service)
    for _ in range(2):
        await rooms(world).leave_withdrawn(world.city.city, reporting.id)
    assert (await car_of(world, hers))[0] == (other.id if moved else broken.id)
    assert await claimed(world, [broken, other]) == ([1, 1] if moved else [2, 0])


async def test_for_what_leaves_a_car_others_make_room_and_who_starts_first_comes_first(world: World) -> None:
    """The large one needs an hour after each use, so only one of the two can have it; who is there can have the small one."""
    broken, small = world.city.cars[0], await add_car(world, "small", seats=2)
    large = await add_car(world, "large", seats=7, buffer_after_s=3600)
    late = await provisional(world, broken, seats=7, start=1)
    early = await provisional(world, broken, seats=7)
    two = await provisional(world, large, seats=2)
    reporting = await withdraw(world, broken)

    await rooms(world).leave_withdrawn(world.city.city, reporting.id)

    assert [(await car_of(world, each))[0] for each in (early, late, two)] == [large.id, broken.id, small.id]


async def test_of_those_that_leave_a_car_whoever_has_priority_comes_first(world: World) -> None:
    broken, other = world.city.cars[0], await add_car(world, "other", buffer_after_s=3600)
    early, late = await provisional(world, broken), await provisional(world, broken, start=1)
    first = "UPDATE bookings SET priority = 1 WHERE city = :city AND id = :id RETURNING 1"
    await world.rows(first, id=late.id)
    reporting = await withdraw(world, broken)

    await rooms(world).leave_withdrawn(world.city.city, reporting.id)

    assert [(await car_of(world, each))[0] for each in (early, late)] == [broken.id, other.id]


async def test_what_begins_once_a_car_is_expected_back_stays_until_that_has_passed(world: World) -> None:
    """Nobody says at first how long the repair takes, then somebody does."""
    flat, other = world.city.cars[0], await add_car(world, "other")
    soon, far = await provisional(world, flat), await provisional(world, flat, start=24 * 14)
    relay, city, damage = world.database.relay.statements, world.city.city, new_id()
    await world.rows(
        "INSERT INTO damages (city, id, vehicle_id, place, kind, severity, drivable, reporter_id, reported_at)"
        " VALUES (:city, :id, :car, 'wheels', 'tyre', 'severe', false, :id, now()) RETURNING 1",
        id=damage,
        car=flat.id,
    )
    await world.rows(
        "UPDATE resources SET in_service = false, withdrawn_by_problem = true WHERE city = :city AND id = :id RETURNING 1",
        id=flat.id,
    )
    assert (city, flat.id) in await withdrawn_vehicles(relay, 10_000)
    assert await rooms(world).leave_vehicle(city, flat.id)
    assert [(await car_of(world, each))[0] for each in (soon, far)] == [other.id, flat.id]
    assert not await rooms(world).leave_vehicle(city, flat.id)

    async def noted(number: int, until: datetime) -> None:
        await world.rows(
            "INSERT INTO damage_notes (city, damage_id, number, state, drivable, noted_by, noted_at, out_until)"
            " VALUES (:city, :id, :number, 'known', false, :id, now(), :until) RETURNING 1",
            id=damage,
            number=number,
            until=until,
        )

    await noted(1, far.start)
    assert not await rooms(world, NOON + hours(1)).leave_vehicle(city, flat.id)
    await noted(2, far.start + minutes(1))
    assert await rooms(world, NOON + hours(1)).leave_vehicle(city, flat.id)
    assert (await car_of(world, far))[0] == other.id


async def test_how_long_a_repair_takes_is_for_the_city_to_say(world: World) -> None:
    flat, other = world.city.cars[0], await add_car(world, "other")
    far = await provisional(world, flat, start=24 * 15)
    reporting = await withdraw(world, flat)
    await rooms(world).leave_withdrawn(world.city.city, reporting.id)
    assert (await car_of(world, far))[0] == flat.id
    await expected_back_after(world, 20)
    await rooms(world).leave_withdrawn(world.city.city, reporting.id)
    assert (await car_of(world, far))[0] == other.id
