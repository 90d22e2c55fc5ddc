"""A vehicle that is not back: nobody else starts with it, and whoever has to wait for it loses nothing."""

import asyncio
import json
from collections import Counter

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.fleet.assigning import SqlAssigner
from domain.booking.bookings import Booking, BookingId, Readings, State
from domain.booking.classes import ClassRequest
from domain.booking.life import CancelBooking, FinishBooking, StartBooking
from domain.periods import Period
from domain.pricing.quotes import LineKind
from infra.ids import new_id
from tests.adapters.database.lives import World, view_of
from tests.adapters.database.offices import add_car
from tests.database import Databases
from tests.examples import NOON, a_booking, a_call, an_order, euros, hours, minutes

pytestmark = pytest.mark.database

ONE, TWO = NOON + hours(1), NOON + hours(2)


@pytest.fixture
async def world(database: Databases) -> World:
    found = World(database, await database.new_city())
    await found.licensed(found.actor("grace"))
    return found


async def a_trip(world: World, state: State, holder: str, start: float, end: float) -> Booking:
    """With the shared car, in hours from noon."""
    car = world.city.cars[0]
    order = an_order(car, holder=holder, period=Period(NOON + hours(start), NOON + hours(end)))
    return await world.place(replace(a_booking(state, car, order=order), id=BookingId(new_id())), car)


async def grace_starts(world: World, booking: Booking, at: object) -> str:
    answer = await world.at(at).start(a_call(world.actor("grace")), StartBooking(booking.id, Readings()))  # type: ignore[arg-type]
    return "started" if answer.status == 200 else answer.body


async def late(world: World) -> tuple[Booking, Booking]:
    """Ada's use went past its end into Grace's time, of which Grace was told."""
    hers, next_one = await a_trip(world, State.IN_USE, "ada", 0, 1), await a_trip(world, State.CONFIRMED, "grace", 1, 2)
    await world.at(ONE + minutes(1)).keep_overdue(world.city.city, hers.id)
    assert await world.happened(next_one) == (["booking.delayed"], ["booking.delayed"])
    return hers, next_one


async def test_nobody_starts_with_what_is_not_back_until_it_is(world: World) -> None:
    hers, next_one = await late(world)
    assert await grace_starts(world, next_one, ONE + minutes(5)) == "still_in_use"
    await world.at(ONE + minutes(20)).finish(a_call(world.actor()), FinishBooking(hers.id, Readings()))
    assert await grace_starts(world, next_one, ONE + minutes(21)) == "started"


@pytest.mark.parametrize("round_", range(4))
async def test_of_two_who_start_in_the_same_moment_one_does(world: World, round_: int) -> None:
    """The first comes at the end of her time, the second before the beginning of hers, as the terms allow."""
    await world.licensed(world.actor("kim"))
    first, second = (
        await a_trip(world, State.CONFIRMED, "kim", 0, 1),
        await a_trip(world, State.CONFIRMED, "grace", 1, 2),
    )
    at = ONE - minutes(5)
    kim, grace = await asyncio.gather(
        world.at(at).start(a_call(world.actor("kim")), StartBooking(first.id, Readings())),
        grace_starts(world, second, at),
    )
    assert Counter(["started" if kim.status == 200 else kim.body, grace]) == {"started": 1, "still_in_use": 1}


async def test_whoever_is_kept_waiting_cancels_and_pays_nothing(world: World) -> None:
    _, next_one = await late(world)
    grace = a_call(world.actor("grace"))
    assert next_one.terms.cancellation(ONE + minutes(5)).fee != euros("0.00")
    view = view_of(await world.at(ONE + minutes(5)).cancel(grace, CancelBooking(next_one.id)))
    assert (view.state, view.fee) == (State.CANCELLED, euros("0.00"))


@pytest.mark.parametrize(("back", "fee"), [(65, True), (None, True), (59, False)])
async def test_not_to_use_what_came_too_late_costs_nothing(world: World, back: int | None, fee: bool) -> None:
    """Whoever brings it back before the next time begins has kept nobody waiting."""
    hers, next_one = (
        await a_trip(world, State.IN_USE, "ada", 0, 0.9),
        await a_trip(world, State.CONFIRMED, "grace", 1, 2),
    )
    await world.at(ONE - minutes(5)).keep_overdue(world.city.city, hers.id)
    if back is not None:
        await world.at(NOON + minutes(back)).finish(a_call(world.actor()), FinishBooking(hers.id, Readings()))
    await world.at(TWO).close_unused(world.city.city, next_one.id)
    view = await world.at(TWO).find(world.actor("grace"), next_one.id)
    assert (view.state, view.fee.amount == 0) == (State.NO_SHOW, fee)  # type: ignore[union-attr]


async def test_her_own_next_time_keeps_nobody_waiting(world: World) -> None:
    first, second = await a_trip(world, State.IN_USE, "ada", 0, 1), await a_trip(world, State.CONFIRMED, "ada", 1, 2)
    await world.at(ONE + minutes(1)).keep_overdue(world.city.city, first.id)
    assert await world.happened(second) == ([], [])
    view = view_of(await world.at(ONE + minutes(5)).cancel(a_call(world.actor()), CancelBooking(second.id)))
    assert view.fee == second.terms.cancellation(ONE + minutes(5)).fee != euros("0.00")


@pytest.mark.parametrize(
    ("trouble", "fee"),
    [
        ("nothing", True),
        ("a problem that was seen to", False),
        ("a block from ten minutes before the end", False),
        ("a block from the end", True),
    ],
)
async def test_no_fee_is_asked_of_whoever_was_hampered(world: World, trouble: str, fee: bool) -> None:
    hers = await a_trip(world, State.IN_USE, "ada", 0, 1)
    facts = {"id": new_id(), "booking": hers.id, "resource": hers.resource_id, "noon": NOON, "by": new_id()}
    async with world.database.app.transactions.city(world.city.city) as connection:
        late = json.dumps({"after": f"{ONE:%FT%TZ}", "fee": {"amount": 1500, "currency": "EUR"},
            "fee_if_awaited": {"amount": 3000, "currency": "EUR"}, "time_percent": 100})  # fmt: skip
        terms = (
            "UPDATE bookings SET terms = jsonb_set(terms::jsonb, '{late}', CAST(:late AS jsonb))::json WHERE id = :id"
        )
        await connection.execute(text(terms), {"late": late, "id": hers.id})
        if "problem" in trouble:
            await connection.execute(
                text("""INSERT INTO problems (city, id, booking_id, resource_id, reporter_id, kind, reported_at, withdraws)
                  VALUES (:city, :id, :booking, :resource, :by, 'defective', :noon, false)"""),
                {**facts, "city": world.city.city},
            )
        if "block" in trouble:
            starts = ONE - minutes(10 if "before" in trouble else 0)
            await connection.execute(
                text("""INSERT INTO blocks (city, id, resource_id, starts, ends, made_by, made_at)
                  VALUES (:city, :id, :resource, :starts, :ends, :by, :noon)"""),
                {**facts, "city": world.city.city, "starts": starts, "ends": TWO},
            )
    view = view_of(await world.at(ONE + minutes(30)).finish(a_call(world.actor()), FinishBooking(hers.id, Readings())))
    assert any(line.kind is LineKind.LATE_RETURN for line in view.quote.lines) is fee


async def test_whoever_waits_for_it_is_waited_for_to_the_end_of_her_time(world: World) -> None:
    """Her terms would give her ten minutes from when it is hers."""
    _, next_one = await late(world)
    async with world.database.app.transactions.city(world.city.city) as connection:
        terms = "UPDATE bookings SET terms = jsonb_set(terms::jsonb, '{no_show_from}', CAST(:at AS jsonb))::json WHERE id = :id"
        at = f'"{(ONE + minutes(10)).isoformat().replace("+00:00", "Z")}"'
        await connection.execute(text(terms), {"id": next_one.id, "at": at})
    await world.at(ONE + minutes(15)).close_unused(world.city.city, next_one.id)
    assert (await world.state(next_one))[0] == "confirmed"
    await world.at(TWO).close_unused(world.city.city, next_one.id)
    assert (await world.state(next_one))[0] == "no_show"


@pytest.mark.parametrize("asked", ["a class", "a certain one"])
async def test_whoever_asked_for_a_class_gets_another_one_instead_of_waiting(world: World, asked: str) -> None:
    other = await add_car(world, "other")
    hers, next_one = await late(world)
    if asked == "a class":
        request = msgspec.json.encode(ClassRequest(world.city.station.id, None, msgspec.Raw(b"{}"))).decode()
        async with world.database.app.transactions.city(world.city.city) as connection:
            by_class = text("UPDATE bookings SET request = CAST(:request AS json) WHERE city = :city AND id = :id")
            await connection.execute(by_class, {"request": request, "city": world.city.city, "id": next_one.id})
    now = ONE + minutes(1)
    assigner = SqlAssigner(world.database.app.transactions, lambda: now, new_id, world.at(now).expire_holds)

    for _ in range(2):
        await assigner.rebook_waiting(world.city.city, next_one.id)

    ((car,),) = await world.rows("SELECT resource_id FROM bookings WHERE city = :city AND id = :id", id=next_one.id)
    assert car == (other.id if asked == "a class" else hers.resource_id)
    assert await grace_starts(world, next_one, ONE + minutes(5)) == (
        "started" if asked == "a class" else "still_in_use"
    )
