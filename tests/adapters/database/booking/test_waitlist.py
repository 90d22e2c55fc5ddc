"""Waiting for what is taken, in the database: what gets free is offered to one after the other, and to nobody else."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from adapters.database.booking import waitlist_line
from adapters.database.booking.waitlist_line import due_waitlists
from domain.booking.blocks import BlockId, BlockResource, LiftBlock
from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.classes import ClassRequest
from domain.booking.life import CancelBooking
from domain.booking.resources import Service
from domain.booking.waiting import JoinWaitlist, Term, WaitlistEntryId
from domain.charging.reservations import ChargingOptions, ReserveChargePoint
from domain.fleet.reservations import VehicleWanted
from domain.identity import Actor, Role
from domain.periods import Period
from infra.ids import new_id
from services.calls import Answer
from services.waitlist.ports import Accept
from services.waitlist.reading import InPools
from tests.adapters.database.charging.test_power_groups import grouped
from tests.adapters.database.lives import World
from tests.adapters.database.offices import open_for_business
from tests.database import Databases
from tests.examples import NOON, TOWN_HALL, a_booking, a_call, an_order, hours, minutes

pytestmark = pytest.mark.database

NOW = NOON - hours(6)  # eight in the morning
ONE = NOON + hours(1)


@pytest.fixture
async def world(database: Databases) -> World:
    return World(database, await database.new_city())


async def a_use(world: World, start: float = 0, end: float = 1) -> Booking:
    """Somebody has the charge point, in hours from noon."""
    point = world.city.charge_points[0]
    order = an_order(point, holder="zoe", period=Period(NOON + hours(start), NOON + hours(end)))
    return await world.place(replace(a_booking(State.CONFIRMED, point, order=order), id=BookingId(new_id())), point)


async def join(world: World, holder: str, start: float = 0, end: float = 1, *, now: datetime = NOW) -> Answer:
    period = Period(NOON + hours(start), NOON + hours(end))
    order = replace(
        an_order(world.city.charge_points[0], period=period),
        holder_id=world.actor(holder).id,
        booking_id=BookingId(new_id()),
    )
    command = JoinWaitlist(WaitlistEntryId(new_id()), Service.CHARGING, order)
    return await open_for_business(world, now).waitlist.join(a_call(world.actor(holder), key=new_id().hex), command)


async def waits(world: World, holder: str, start: float = 0, end: float = 1, *, now: datetime = NOW) -> WaitlistEntryId:
    answer = await join(world, holder, start, end, now=now)
    assert answer.status == 200, answer.body
    return WaitlistEntryId(msgspec.json.decode(answer.body)["entry"]["id"])


async def ask(world: World, now: datetime = NOW) -> int:
    return await open_for_business(world, now).waitlist.ask(world.city.city)


async def states(world: World) -> list[str]:
    return [
        row[0]
        for row in await world.rows("SELECT state FROM waitlist_entries WHERE city = :city ORDER BY joined_at, id")
    ]


async def cancelled(world: World, booking: Booking, now: datetime) -> None:
    """As the worker has it: the cancellation, and what follows from it."""
    call = a_call(Actor(booking.holder_id, world.city.city, frozenset({Role.RESIDENT})))
    await world.at(now).cancel(call, CancelBooking(booking.id))
    await open_for_business(world, now).waitlist.freed(world.city.city, booking.id)


async def accept(world: World, entry: Any, holder: str, now: datetime) -> Answer:
    command = Accept(entry, BookingId(new_id()))
    return await open_for_business(world, now).waitlist.accept(a_call(world.actor(holder), key=new_id().hex), command)


async def test_what_gets_free_is_offered_to_the_first_and_claimed_for_her(world: World) -> None:
    use = await a_use(world)
    await waits(world, "ada")
    await waits(world, "ben", now=NOW + minutes(1))
    assert await ask(world, NOW + minutes(2)) == 0
    later = NOW + minutes(4)
    await cancelled(world, use, later)
    assert await due_waitlists(world.database.relay.statements, later, 100) != ()
    assert await ask(world, later) == 1
    assert await states(world) == ["offered", "waiting"]
    assert await world.claims(world.city.charge_points[0]) == [("offer", NOON, ONE)]
    assert await ask(world, later) == 0
    order = replace(an_order(world.city.charge_points[0], holder="zoe"), booking_id=BookingId(new_id()))
    stranger = await open_for_business(world, later).charging.reserve(
        a_call(world.actor("zoe")), ReserveChargePoint(order, ChargingOptions())
    )
    assert (stranger.status, stranger.body) == (409, "resource_taken")


async def test_what_gets_free_wakes_those_whose_time_it_meets(world: World) -> None:
    use, _ = await a_use(world), await a_use(world, 200, 201)
    met, far = await waits(world, "ada"), await waits(world, "ben", 200, 201)
    await ask(world, NOW + minutes(1))
    later = NOW + minutes(3)
    await cancelled(world, use, later)
    due = "SELECT id FROM waitlist_entries WHERE city = :city AND due_at <= :at"
    woken = {str(row[0]) for row in await world.rows(due, at=later)}
    assert (met in woken, far in woken) == (True, False)


async def test_what_is_accepted_is_booked_as_ever_and_what_lapses_goes_to_the_next(world: World) -> None:
    use = await a_use(world)
    ada, ben = await waits(world, "ada"), await waits(world, "ben", now=NOW + minutes(1))
    await cancelled(world, use, NOW + minutes(2))
    await ask(world, NOW + minutes(2))
    assert (await accept(world, ben, "ben", NOW + minutes(3))).body == "nothing_offered"
    assert (await accept(world, ada, "ben", NOW + minutes(3))).body == "unknown_waitlist_entry"
    over = NOW + minutes(62)
    assert (await accept(world, ada, "ada", over)).body == "offer_over"
    assert await ask(world, over) == 1
    assert await states(world) == ["lapsed", "offered"]
    answer = await accept(world, ben, "ben", over)
    assert answer.status == 200, answer.body
    booking = msgspec.json.decode(answer.body)["grant"]["booking"]
    assert (booking["state"], booking["holder_id"]) == ("held", str(world.actor("ben").id))
    assert await states(world) == ["lapsed", "accepted"]
    assert await world.claims(world.city.charge_points[0]) == [("booking", NOON, ONE)]
    told = await world.rows(
        "SELECT kind FROM outbox WHERE city = :city AND kind LIKE 'waitlist.%' ORDER BY written_at, id"
    )
    assert Counter(row[0] for row in told) == {
        "waitlist.joined": 2,
        "waitlist.offered": 2,
        "waitlist.lapsed": 1,
        "waitlist.accepted": 1,
    }


async def test_a_long_line_comes_to_its_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waitlist_line, "MOST_AT_ONCE", 1)
    await a_use(world)
    names = ("ada", "ben", "kim")
    for n, name in enumerate(names):
        await waits(world, name, now=NOW + minutes(n))
    for _ in names:
        assert world.city.city in await due_waitlists(world.database.relay.statements, NOW + minutes(3), 1000)
        await ask(world, NOW + minutes(3))
    assert world.city.city not in await due_waitlists(world.database.relay.statements, NOW + minutes(3), 1000)


async def test_whoever_declines_or_leaves_passes_it_on(world: World) -> None:
    use = await a_use(world)
    names = ["ada", "ben", "kim"]
    entries = [await waits(world, name, now=NOW + minutes(n)) for n, name in enumerate(names)]
    now = NOW + minutes(5)
    await cancelled(world, use, now)
    await ask(world, now)
    offered = open_for_business(world, now).waitlist
    declined = await offered.decline(a_call(world.actor("ada")), entries[0])
    assert msgspec.json.decode(declined.body)["entry"]["state"] == "declined"
    await ask(world, now)
    gone = [await offered.withdraw(a_call(world.actor("ben")), entries[1]) for _ in range(2)]
    assert {msgspec.json.decode(each.body)["entry"]["state"] for each in gone} == {"withdrawn"}
    await ask(world, now)
    assert await states(world) == ["declined", "withdrawn", "offered"]


async def test_a_refused_acceptance_leaves_the_offer_as_it_is(world: World) -> None:
    use = await a_use(world)
    ada = await waits(world, "ada")
    await cancelled(world, use, NOW)
    await ask(world)
    await world.rows("UPDATE resources SET bookable = false WHERE city = :city RETURNING 1")
    assert (await accept(world, ada, "ada", NOW)).body == "not_bookable"
    assert await states(world) == ["offered"]
    assert await world.claims(world.city.charge_points[0]) == [("offer", NOON, ONE)]


async def test_one_who_answers_twice_books_once_and_two_workers_offer_once(world: World) -> None:
    use = await a_use(world)
    ada = await waits(world, "ada")
    await waits(world, "ben", now=NOW + minutes(1))
    now = NOW + minutes(2)
    await cancelled(world, use, now)
    assert sum(await asyncio.gather(*(ask(world, now) for _ in range(3)))) == 1
    assert await states(world) == ["offered", "waiting"]
    answers = await asyncio.gather(*(accept(world, ada, "ada", now) for _ in range(3)))
    assert Counter(each.status for each in answers) == {200: 1, 409: 2}
    assert len(await world.rows("SELECT 1 FROM bookings WHERE city = :city AND state = 'held'")) == 1


async def test_nobody_waits_twice_for_the_same_time_nor_for_more_than_she_may(world: World) -> None:
    for hour in range(5):
        await a_use(world, hour, hour + 1)
    await waits(world, "ada")
    assert (await join(world, "ada")).body == "already_waiting"
    assert (await join(world, "ada", 8, 9)).body == "still_available"
    both = await asyncio.gather(*(join(world, "ada", hour, hour + 1) for hour in (1, 2, 3)))
    assert Counter(each.body if each.status == 409 else "waits" for each in both) == {
        "waits": 2,
        "too_many_waitlist_entries": 1,
    }


async def test_an_entry_ends_as_its_time_begins_and_its_claim_with_it(world: World) -> None:
    use = await a_use(world)
    await waits(world, "ada")
    await waits(world, "ben", now=NOW + minutes(1))
    near = NOON - minutes(12)
    await cancelled(world, use, near)
    await ask(world, near)
    await ask(world, NOON)
    assert await states(world) == ["ended", "ended"]
    assert await world.claims(world.city.charge_points[0]) == []


async def test_a_block_that_is_lifted_is_offered_and_a_shorter_wish_need_not_wait_for_a_longer_one(
    world: World,
) -> None:
    point = world.city.charge_points[0]
    operator = a_call(world.actor("op", Role.OPERATOR))
    block = BlockId(new_id())
    offered = open_for_business(world, NOW)
    await offered.blocks.block(operator, BlockResource(block, point.id, Period(NOON, NOON + hours(2))))
    use = await a_use(world, 2, 3)
    await waits(world, "ada", 0, 3)
    await waits(world, "ben", 0, 1, now=NOW + minutes(1))
    await offered.blocks.lift(operator, LiftBlock(block, point.id))
    assert await world.rows("SELECT kind FROM outbox WHERE city = :city AND kind LIKE 'res%'") == [
        ("resource.block_lifted",)
    ]
    await offered.waitlist.freed(world.city.city, block)
    await ask(world, NOW + minutes(2))
    assert await states(world) == ["waiting", "offered"]
    assert use.is_live


async def test_work_is_asked_first_in_the_time_of_its_pool_and_its_manager_sees_who_waits(world: World) -> None:
    """Kim's pool has its car for itself, and offers it for seven minutes. Ada cannot wait for it; Ben, who works elsewhere, does not see it."""
    car = world.city.cars[1]
    order = an_order(car, holder="zoe", payer=Payer.COST_CENTRE)
    use = await world.place(a_booking(State.CONFIRMED, car, order=order), car)
    kim = world.actor("kim", Role.DRIVER, pools=(TOWN_HALL,))
    request = ClassRequest(None, TOWN_HALL, msgspec.Raw(msgspec.json.encode(VehicleWanted())))
    hers = replace(
        order,
        holder_id=kim.id,
        booking_id=BookingId(new_id()),
        resource_id=None,
        request=request,
        options=msgspec.Raw(b'{"cost_centre":"5100"}'),
    )
    await world.licensed(kim)
    offered = open_for_business(world, NOW).waitlist
    joined = await offered.join(a_call(kim, key="k"), JoinWaitlist(WaitlistEntryId(new_id()), Service.FLEET, hers))
    assert joined.status == 200, joined.body
    await world.at(NOW).cancel(a_call(world.actor("op", Role.OPERATOR)), CancelBooking(use.id))
    await world.rows("UPDATE pools SET offer_min = 7 WHERE city = :city AND id = :id RETURNING 1", id=TOWN_HALL)
    assert await ask(world) == 1
    manager = world.actor("max", Role.FLEET_MANAGER, pools=(TOWN_HALL,))
    (seen,) = await offered.in_pools(manager, InPools(10))
    assert (seen.entry.holder_id, seen.entry.state, seen.resource) == (kim.id, "offered", car.name)
    assert seen.entry.offer is not None
    assert seen.entry.offer.term == Term(NOW, NOW + minutes(7))
    assert await offered.in_pools(world.actor("eve", Role.FLEET_MANAGER, pools=("harbour",)), InPools(10)) == ()
    answer = await open_for_business(world, NOW).waitlist.accept(
        a_call(kim, key="a"), Accept(seen.entry.id, BookingId(new_id()))
    )
    assert msgspec.json.decode(answer.body)["grant"]["booking"]["state"] == "confirmed"


async def test_a_plug_is_offered_only_with_its_power_and_an_offer_draws_on_it_until_it_is_over(world: World) -> None:
    first, second = world.city.charge_points
    uses = []
    for point in (first, second):
        order = an_order(point, holder="zoe", period=Period(NOON, ONE))
        booking = replace(a_booking(State.CONFIRMED, point, order=order), id=BookingId(new_id()))
        uses.append(await world.place(booking, point))
    waiting = [await waits(world, "ada")]
    wish = an_order(second, holder="ben", period=Period(NOON, ONE))
    command = JoinWaitlist(WaitlistEntryId(new_id()), Service.CHARGING, replace(wish, booking_id=BookingId(new_id())))
    app, later = open_for_business(world, NOW), NOW + minutes(4)
    assert (await app.waitlist.join(a_call(world.actor("ben"), key="ben"), command)).status == 200
    await grouped(world, 22_000)  # for an hour enough for one who says nothing of energy, and not for two
    for use in uses:
        await cancelled(world, use, later)
    assert await ask(world, later) == 1
    assert await states(world) == ["offered", "waiting"]
    grace = replace(an_order(second, holder="grace", period=Period(NOON, ONE)), booking_id=BookingId(new_id()))
    refused = await open_for_business(world, later).charging.reserve(
        a_call(world.actor("grace")), ReserveChargePoint(grace, ChargingOptions())
    )
    assert (refused.status, refused.body) == (409, "not_enough_power")
    await open_for_business(world, later).waitlist.decline(a_call(world.actor("ada"), key="no"), waiting[0])
    assert await ask(world, later + minutes(1)) == 1
    assert await states(world) == ["declined", "offered"]
    assert (await accept(world, command.id, "ben", later + minutes(2))).status == 200
