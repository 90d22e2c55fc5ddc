"""Somebody gets in wherever there is a way to share out the vehicles among all who did not ask for a certain one."""

import asyncio
from collections import Counter

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.booking.making_room import alone
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.classes import ClassRequest
from domain.booking.resources import Resource
from domain.fleet.reservations import FleetOptions, ReserveVehicle, VehicleWanted
from domain.periods import Period
from infra.ids import new_id
from services.calls import Answer
from tests.adapters.database.lives import World
from tests.adapters.database.offices import add_car, open_for_business
from tests.examples import NOON, a_booking, a_call, an_order, hours, minutes

pytestmark = pytest.mark.database

EARLY = NOON - hours(30)


def seats(world: World, number: int) -> ClassRequest:
    wanted = msgspec.Raw(msgspec.json.encode(VehicleWanted(seats=number)))
    return ClassRequest(world.city.station.id, None, wanted)


async def provisional(
    world: World, car: Resource, number: int, start: float = 0, end: float = 1, state: State = State.CONFIRMED
) -> Booking:
    """A booking of any car with so many seats, in hours from noon, which became this one."""
    order = an_order(car, holder="grace", period=Period(NOON + hours(start), NOON + hours(end)))
    booking = replace(a_booking(state, car, order=order), id=BookingId(new_id()), request=seats(world, number))
    return await world.place(replace(booking, final_at=order.period.start - minutes(30)), car)


async def asked(world: World, number: int, start: float = 0, end: float = 1) -> Answer:
    """Ada asks for any car with so many seats."""
    period = Period(NOON + hours(start), NOON + hours(end))
    order = replace(an_order(world.city.cars[0], period=period), booking_id=BookingId(new_id()), resource_id=None)
    command = ReserveVehicle(replace(order, request=seats(world, number)), FleetOptions())
    return await open_for_business(world, EARLY).fleet.reserve(a_call(world.actor(), key=new_id().hex), command)


def said(answer: Answer) -> str:
    return "booked" if answer.status == 200 else answer.body


async def where(world: World, *bookings: Booking) -> list[tuple[object, int]]:
    sql = "SELECT resource_id, version FROM bookings WHERE city = :city AND id = :id"
    return [tuple((await world.rows(sql, id=booking.id))[0]) for booking in bookings]


async def test_two_halves_of_a_day_on_two_cars_become_a_whole_day_on_one(world: World) -> None:
    one, two = world.city.cars[0], await add_car(world, "two")
    morning, afternoon = await provisional(world, one, 5, 0, 2), await provisional(world, two, 5, 2, 4)

    assert said(await asked(world, 5, 0, 4)) == "booked"

    (first, _), (second, _) = await where(world, morning, afternoon)
    assert first == second
    assert sorted([len(await world.claims(one)), len(await world.claims(two))]) == [1, 2]


async def test_a_chain_of_moves_lets_the_one_in_who_needs_the_largest(world: World) -> None:
    """Neither can be moved alone: where the one could go the other is."""
    five, small, seven = world.city.cars[0], await add_car(world, "small", seats=2), await add_car(world, "7", seats=7)
    two, four = await provisional(world, five, 2), await provisional(world, seven, 4)
    elsewhere = await provisional(world, small, 2, 3, 4)

    assert said(await asked(world, 6)) == "booked"

    assert await where(world, two, four, elsewhere) == [
        (small.id, two.version + 1),
        (five.id, four.version + 1),
        (small.id, elsewhere.version),
    ]
    assert await world.happened(four) == (["booking.moved"], ["booking.moved"])


@pytest.mark.parametrize("why", ["final", "named", "too small"])
async def test_where_there_is_no_way_nobody_is_moved(world: World, why: str) -> None:
    five, small, seven = world.city.cars[0], await add_car(world, "small", seats=2), await add_car(world, "7", seats=7)
    two, four = await provisional(world, five, 3 if why == "too small" else 2), await provisional(world, seven, 4)
    undone = {"final": "final_at = NULL", "named": "final_at = NULL, request = NULL"}
    if why in undone:
        async with world.database.app.transactions.city(world.city.city) as connection:
            await connection.execute(text(f"UPDATE bookings SET {undone[why]} WHERE id = :id"), {"id": two.id})

    assert said(await asked(world, 6)) == "resource_taken"

    assert await where(world, two, four) == [(five.id, two.version), (seven.id, four.version)]
    assert await world.claims(small) == []


async def test_a_hold_that_expired_lets_somebody_in_wherever_it_is(world: World) -> None:
    """The desk looks at the smallest that fits; the expired hold is on the other."""
    one, two = world.city.cars[0], await add_car(world, "two", seats=7)
    await world.booked(State.CONFIRMED, one, order=an_order(one, holder="kim"))
    held = await provisional(world, two, 5, state=State.HELD)
    async with world.database.app.transactions.city(world.city.city) as connection:
        lapsed = text("UPDATE bookings SET hold_expires_at = :at WHERE id = :id")
        await connection.execute(lapsed, {"at": EARLY - minutes(1), "id": held.id})

    assert said(await asked(world, 5)) == "booked"
    assert await world.rows("SELECT state FROM bookings WHERE city = :city AND id = :id", id=held.id) == [("expired",)]


@pytest.mark.parametrize("round_", range(4))
async def test_of_two_who_need_the_same_room_one_gets_it(world: World, round_: int) -> None:
    one, two = world.city.cars[0], await add_car(world, "two")
    await provisional(world, one, 5, 0, 2)
    await provisional(world, two, 5, 2, 4)
    answers = await asyncio.gather(asked(world, 5, 0, 4), asked(world, 5, 0, 4))
    assert Counter(map(said, answers)) == {"booked": 1, "resource_taken": 1}
    assert sorted([len(await world.claims(one)), len(await world.claims(two))]) == [1, 2]


# Of this database alone: other runs have their own.
WAITING = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


async def test_however_many_ask_where_all_is_taken_one_connection_waits(world: World) -> None:
    """The others wait before they have one, and whoever pays or locks her car meanwhile gets one at once."""
    await provisional(world, world.city.cars[0], 5)
    desks = open_for_business(world, EARLY).fleet
    order = an_order(world.city.cars[0], period=Period(NOON, NOON + hours(1)))
    wishes = [
        ReserveVehicle(
            replace(order, booking_id=BookingId(new_id()), resource_id=None, request=seats(world, 5)), FleetOptions()
        )
        for _ in range(4)
    ]
    async with world.database.app.transactions.city(world.city.city) as connection:
        await alone(connection, world.city.city)
        asking = [
            asyncio.ensure_future(desks.reserve(a_call(world.actor(), key=new_id().hex), each)) for each in wishes
        ]
        async with asyncio.timeout(20):
            while not (await world.rows(WAITING))[0][0]:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)
        waiting = set()
        for _ in range(20):
            await asyncio.sleep(0.01)
            waiting |= {row[0] for row in await world.rows(WAITING)}
        # None while the one pauses, to whom the lock was not given in time.
        assert waiting <= {0, 1}
    assert {said(each) for each in await asyncio.gather(*asking)} == {"resource_taken"}
