"""A vehicle breaks down, and in one step all who have it booked are seen to."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.booking.changes import write_change
from adapters.database.fleet.breakdowns import SqlBreakdownBooks
from adapters.database.fleet.vehicles import SqlVehicleBooks
from adapters.database.sheets import Sheet
from domain.booking.blocks import Block, BlockId, BlockResource, LiftBlock
from domain.booking.bookings import Booking, BookingId, Payer, Readings, State
from domain.booking.classes import ClassRequest
from domain.booking.events import BookingReassigned
from domain.booking.life import CancelBooking, FinishBooking, StartBooking
from domain.booking.moving import reassign
from domain.booking.resources import Resource, Service
from domain.booking.waiting import JoinWaitlist, WaitlistEntryId
from domain.fleet.breakdown import Fate, OtherTime, OtherVehicle, ReportBreakdown
from domain.fleet.keeping import NotKept
from domain.fleet.reservations import VehicleWanted
from domain.identity import Actor, Role
from domain.periods import Period
from domain.refusals import Refusal
from infra.ids import new_id
from services.calls import Answer, Call
from services.fleet.breakdowns import Breaking, BrokenDown
from services.waitlist import Waitlist
from tests.adapters.database.fleet.test_locks import one_behind_the_other
from tests.adapters.database.lives import World, view_of
from tests.adapters.database.offices import add_car, open_for_business
from tests.examples import NOON, a_booking, a_call, an_order, euros, hours

pytestmark = pytest.mark.database

EARLY, LATE = NOON - hours(1), NOON + hours(9)


def booking_of(
    world: World, car: Resource, start: float, *, seats: int | None = None, state: State = State.CONFIRMED
) -> Booking:
    """For an hour, so many hours after noon: of this very car, or of any with so many seats at the station."""
    order = an_order(car, holder="grace", period=Period(NOON + hours(start), NOON + hours(start + 1)))
    booking = replace(a_booking(state, car, order=order), id=BookingId(new_id()))
    if seats is None:
        return booking
    wanted = msgspec.Raw(msgspec.json.encode(VehicleWanted(seats=seats)))
    request = ClassRequest(world.city.station.id, None, wanted)
    return replace(booking, request=request, final_at=booking.start - hours(0.5))


async def broken(
    world: World,
    car: Resource,
    at: datetime = EARLY,
    *,
    by: Actor | None = None,
    key: str = "",
    until: datetime | None = LATE,
    looking: bool = False,
) -> Breaking | None:
    """What became of it; nothing where the key was answered before."""
    told: list[Any] = [None]

    def keep(outcome: Any) -> Answer:
        told.append(outcome)
        return Answer(200, "", "")

    actor = by or world.actor("olga", Role.OPERATOR)
    call: Call[Any] = Call(world.city.city, actor, "reportBreakdown", key, "", "request-1", "", keep)
    command = ReportBreakdown(BlockId(new_id()), car.id, until, "Kupplung")
    await open_for_business(world, at).breakdowns.report(call, command, looking)
    found: Breaking | None = told[-1]
    return found


async def car_of(world: World, booking: Booking) -> object:
    return (await world.rows("SELECT resource_id FROM bookings WHERE city = :city AND id = :id", id=booking.id))[0][0]


async def taken(world: World, car: Resource) -> list[tuple[str, float, float]]:
    """What is claimed of it, in hours from noon."""
    return [
        (kind, (since - NOON) / hours(1), (until - NOON) / hours(1)) for kind, since, until in await world.claims(car)
    ]


async def waiting(world: World) -> list[tuple[str, str]]:
    names = {world.actor(name).id: name for name in ("ada", "ben")}
    rows = await world.rows("SELECT holder_id, state FROM waitlist_entries WHERE city = :city ORDER BY joined_at, id")
    return [(names[holder], state) for holder, state in rows]


async def test_everybody_is_seen_to_in_one_step_as_the_preview_said(world: World) -> None:
    car, small, seven = world.city.cars[0], await add_car(world, "small", seats=2), await add_car(world, "7", seats=7)
    in_use = await world.place(booking_of(world, car, -1, state=State.IN_USE), car)
    named = await world.place(booking_of(world, car, 1), car)
    by_class = await world.place(booking_of(world, car, 2, seats=6), car)
    in_its_place = await world.place(booking_of(world, seven, 2, seats=1), seven)
    alone = await world.place(booking_of(world, car, 4, seats=7), car)
    await world.place(booking_of(world, seven, 4), seven)

    preview = await broken(world, car, looking=True)
    assert await taken(world, small) == []
    assert (await world.happened(named), await world.happened(alone)) == (([], []), ([], []))
    found = await broken(world, car, key="once")
    assert await broken(world, car, key="once") is None

    assert isinstance(preview, BrokenDown)
    assert isinstance(found, BrokenDown)
    assert [(each.fate, each.given, each.other_vehicles) for each in preview.bookings] == [
        (each.fate, each.given, each.other_vehicles) for each in found.bookings
    ]
    fates = {each.booking.id: (each.fate, each.given.name if each.given else None) for each in found.bookings}
    assert fates == {
        in_use.id: (Fate.IN_USE, None),
        named.id: (Fate.REBOOKED, "small"),
        by_class.id: (Fate.REBOOKED, "7"),
        alone.id: (Fate.OFFERED, None),
    }
    assert await car_of(world, in_its_place) == small.id
    offered = found.bookings[-1]
    assert offered.other_vehicles == (), "none has seven seats"
    assert offered.other_time == OtherTime(seven.id, "7", Period(NOON + hours(5), NOON + hours(6)))
    assert (await world.happened(named))[0] == ["booking.reassigned"]
    assert (await world.happened(by_class))[0] == ["booking.moved"]
    assert (await world.happened(alone))[0] == ["booking.stranded"]
    assert await taken(world, car) == [
        ("booking", -1, 0),
        ("maintenance", 0, 1),
        ("maintenance", 1, 2),
        ("maintenance", 2, 3),
        ("maintenance", 3, 4),
        ("booking", 4, 5),
        ("maintenance", 5, 9),
    ]


async def test_whoever_has_priority_is_seen_to_first_and_told_of_in_order_of_the_starts(world: World) -> None:
    car, other = world.city.cars[0], await add_car(world, "other", buffer_after_s=3600)
    early, late = [await world.place(booking_of(world, car, start), car) for start in (1, 2)]
    first = "UPDATE bookings SET priority = 1 WHERE city = :city AND id = :id RETURNING 1"
    await world.rows(first, id=late.id)

    found = await broken(world, car)

    assert isinstance(found, BrokenDown)
    fates = [(each.booking.id, each.fate) for each in found.bookings]
    assert fates == [(early.id, Fate.OFFERED), (late.id, Fate.REBOOKED)]
    assert await car_of(world, late) == other.id


async def test_whoever_is_left_without_costs_nothing_and_her_time_falls_to_the_workshop(world: World) -> None:
    car, van = world.city.cars[0], await add_car(world, "van", vehicle_class="van")
    first = await world.place(booking_of(world, car, 0), car)
    second = await world.place(booking_of(world, car, 2), car)
    grace, olga = world.actor("grace"), world.actor("olga", Role.OPERATOR)
    await world.licensed(grace)
    found = await broken(world, car, until=None)
    assert isinstance(found, BrokenDown)
    assert [each.other_vehicles for each in found.bookings] == [(OtherVehicle(van.id, "van", "van"),)] * 2

    start = StartBooking(first.id, Readings())
    assert (await world.at(NOON).start(a_call(grace), start)).body == "out_of_service"
    view = view_of(await world.at(NOON).cancel(a_call(grace), CancelBooking(first.id)))
    assert (view.state, view.fee) == (State.CANCELLED, euros("0.00"))
    assert ("maintenance", 0, 1) in await taken(world, car)

    lift = LiftBlock(found.block.id, car.id)
    await open_for_business(world, NOON + hours(1.5)).blocks.lift(a_call(olga, key=""), lift)
    assert await taken(world, car) == [("booking", 2, 3)]
    assert view_of(await world.at(NOON + hours(2)).start(a_call(grace), StartBooking(second.id, Readings())))


async def test_what_is_reported_again_is_one_breakdown_and_who_was_left_without_is_seen_to_again(world: World) -> None:
    car = world.city.cars[0]
    booking = await world.place(booking_of(world, car, 2), car)
    first = await broken(world, car, until=NOON + hours(5))
    assert {kind for kind, _, _ in await taken(world, car)} == {"booking", "maintenance"}
    other = await add_car(world, "other")

    again = await broken(world, car, NOON)

    assert isinstance(first, BrokenDown)
    assert isinstance(again, BrokenDown)
    assert [each.bookings[0].fate for each in (first, again)] == [Fate.OFFERED, Fate.REBOOKED]
    assert await car_of(world, booking) == other.id
    lift = LiftBlock(again.block.id, car.id)
    await open_for_business(world, NOON).blocks.lift(a_call(world.actor("olga", Role.OPERATOR), key=""), lift)
    assert await taken(world, car) == []


async def offered_to_ada(world: World, car: Resource) -> Waitlist:
    """Somebody gave it back, and Ben waits behind her."""
    use = await world.place(booking_of(world, car, 0), car)
    waitlist = open_for_business(world, EARLY).waitlist
    for who in (world.actor("ada"), world.actor("ben")):
        await world.licensed(who)
        order = replace(an_order(car, period=use.period), holder_id=who.id, booking_id=BookingId(new_id()))
        wish = JoinWaitlist(WaitlistEntryId(new_id()), Service.FLEET, order)
        answer = await waitlist.join(a_call(who, key="join"), wish)
        assert answer.status == 200, answer.body
    await world.at(EARLY).cancel(a_call(world.actor("grace")), CancelBooking(use.id))
    assert await waitlist.ask(world.city.city) == 1
    assert await waiting(world) == [("ada", "offered"), ("ben", "waiting")]
    return waitlist


async def told_of_taking_back(world: World) -> int:
    return len(await world.rows("SELECT id FROM outbox WHERE city = :city AND kind = 'waitlist.taken_back'"))


async def test_whoever_was_offered_it_waits_again_where_she_did_and_nobody_else_loses_by_her(world: World) -> None:
    car = world.city.cars[0]
    offered = await offered_to_ada(world, car)

    found = await broken(world, car)

    assert isinstance(found, BrokenDown)
    assert {kind for kind, _, _ in await taken(world, car)} == {"maintenance"}
    assert await waiting(world) == [("ada", "waiting"), ("ben", "waiting")]
    assert await told_of_taking_back(world) == 1
    olga = a_call(world.actor("olga", Role.OPERATOR), key="")
    await open_for_business(world, EARLY).blocks.lift(olga, LiftBlock(found.block.id, car.id))
    assert await offered.ask(world.city.city) == 1
    assert await waiting(world) == [("ada", "offered"), ("ben", "waiting")]
    assert await taken(world, car) == [("offer", 0, 1)]


async def test_what_retires_is_offered_to_nobody_any_more(world: World) -> None:
    car = world.city.cars[0]
    await offered_to_ada(world, car)
    async with world.database.app.transactions.city(world.city.city) as connection:
        sheet = Sheet(connection, world.city.city, world.actor("olga").id, "", EARLY, new_id)
        assert await SqlVehicleBooks(sheet).claim_for_good(car.id) == ()
    assert await waiting(world) == [("ada", "waiting"), ("ben", "waiting")]
    assert await told_of_taking_back(world) == 1
    assert {kind for kind, _, _ in await taken(world, car)} == {"maintenance"}


async def test_what_somebody_else_blocked_stays_so_when_the_breakdown_is_over(world: World) -> None:
    car, olga = world.city.cars[0], a_call(world.actor("olga", Role.OPERATOR), key="")
    blocks, inspection = open_for_business(world, EARLY).blocks, BlockId(new_id())
    await blocks.block(olga, BlockResource(inspection, car.id, Period(EARLY, NOON + hours(1))))
    first = await broken(world, car, until=NOON)
    again = await broken(world, car, until=NOON + hours(2))
    assert isinstance(first, BrokenDown)
    assert isinstance(again, BrokenDown)
    assert await world.rows("SELECT id FROM blocks WHERE city = :city AND lifted_at IS NOT NULL") == [(first.block.id,)]
    await blocks.lift(olga, LiftBlock(again.block.id, car.id))
    assert await taken(world, car) == [("maintenance", -1, 1)]


async def test_who_brings_it_back_while_it_is_reported_leaves_no_gap(world: World) -> None:
    car = world.city.cars[0]
    in_use = await world.place(booking_of(world, car, 0, state=State.IN_USE), car)
    call = a_call(world.actor("olga", Role.OPERATOR))
    at = NOON + hours(0.5)

    async def reported(connection: Any) -> None:
        block = Block(BlockId(new_id()), car.id, at, NOON + hours(9), None, call.actor.id, at)
        assert await SqlBreakdownBooks(connection, call, new_id, at).block(block) == [in_use.id]

    async def back() -> Answer:
        return await world.at(at).finish(a_call(world.actor("grace")), FinishBooking(in_use.id, Readings()))

    await one_behind_the_other(world, reported, back)

    found = await taken(world, car)
    assert [until for _, _, until in found][:-1] == [since for _, since, _ in found][1:]
    assert (found[0][1], found[-1][2]) == (0.5, 9)


async def test_whoever_gets_it_while_it_is_reported_is_seen_to_as_well(world: World) -> None:
    car, other = world.city.cars[0], await add_car(world, "other")
    booking = await world.place(replace(booking_of(world, other, 3), payer=Payer.COST_CENTRE), other)

    async def given(connection: Any) -> None:
        event = reassign(booking, car.id, booking.period, EARLY)
        assert isinstance(event, BookingReassigned)
        assert await write_change(connection, world.city.city, event)

    async def reported() -> Breaking | None:
        return await broken(world, car)

    found = await one_behind_the_other(world, given, reported)

    assert isinstance(found, BrokenDown)
    assert [(each.booking.id, each.fate) for each in found.bookings] == [(booking.id, Fate.REBOOKED)]
    assert {kind for kind, _, _ in await taken(world, car)} == {"maintenance"}


async def test_only_whoever_runs_its_pool_says_so_and_only_of_what_is_in_service(world: World) -> None:
    _, pool_car = world.city.cars
    stranger = world.actor("mary", Role.FLEET_MANAGER, pools=("harbour",))
    assert await broken(world, pool_car, by=stranger) == Refusal(NotKept.UNKNOWN_VEHICLE)
    assert await taken(world, pool_car) == []
    async with world.database.app.transactions.city(world.city.city) as connection:
        retired = text("UPDATE vehicles SET life = 'retired' WHERE city = :city AND id = :id")
        await connection.execute(retired, {"city": world.city.city, "id": pool_car.id})
    found = await broken(world, pool_car)
    assert isinstance(found, Refusal)
    assert found.reason.value == "vehicle_state"
