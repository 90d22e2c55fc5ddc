"""A booking by class gets its vehicle when it is time, by charge and preference, and the reasons stay with it."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from adapters.database.fleet.assigning import SqlAssigner
from adapters.database.housekeeping import Housekeeping
from adapters.mail.files import FileMailer
from domain.booking.bookings import Booking, BookingId, Readings, State
from domain.booking.classes import ClassRequest
from domain.booking.events import NotPossible
from domain.booking.holds import Order
from domain.booking.resources import Resource
from domain.fleet.assignment.priorities import PrioritySet, SetPriority
from domain.fleet.assignment.reasons import NotTaken, Reason, Why
from domain.fleet.assignment.settling import ReassignVehicle
from domain.fleet.reservations import FleetOptions, VehicleWanted
from domain.identity import Actor, Role
from domain.periods import Period
from domain.refusals import Refusal
from infra.bootstrap import Outside, Post, effects
from infra.ids import new_id
from services.calls import Answer, Call
from services.fleet.assigning import Assignment, NothingFits, Prioritising, Reassigning
from tests.adapters.database.lives import World
from tests.adapters.database.offices import add_car, open_for_business
from tests.adapters.database.rooms import while_room_is_made
from tests.examples import BERLIN, NOON, a_booking, an_order, hours, minutes

pytestmark = pytest.mark.database

TIME = NOON - minutes(30)


async def provisional(world: World, car: Resource, km: int = 30, **asked: Any) -> Booking:
    """Grace's booking of anything at the station, which became this car for now."""
    request = ClassRequest(world.city.station.id, None, msgspec.Raw(msgspec.json.encode(VehicleWanted(**asked))))
    order = replace(
        an_order(car, holder="grace"),
        booking_id=BookingId(new_id()),
        options=msgspec.Raw(msgspec.json.encode(FleetOptions(distance_km=km))),  # type: ignore[arg-type]  # as JSON says it
    )
    return await world.place(a_booking(State.CONFIRMED, car, order=order, request=request, final_at=TIME), car)


async def facts(world: World, car: Resource, **columns: Any) -> None:
    said = ", ".join(f"{name} = :{name}" for name in columns)
    async with world.database.app.transactions.city(world.city.city) as connection:
        await connection.execute(
            text(f"UPDATE vehicles SET {said} WHERE city = :city AND id = :id"),
            columns | {"city": world.city.city, "id": car.id},
        )


async def brought_back(world: World, car: Resource, soc: int | None) -> None:
    """Somebody brought it back two hours before noon, and read the charge or did not."""
    order = an_order(car, holder="linus", period=Period(NOON - hours(4), NOON - hours(2)))
    readings = Readings(soc=soc)
    done = a_booking(
        State.COMPLETED, car, order=replace(order, booking_id=BookingId(new_id())),
        started_at=NOON - hours(4), finished_at=NOON - hours(2), finish_readings=readings,
    )  # fmt: skip
    await world.place(done, car)


def assigner(world: World, now: Any = TIME) -> SqlAssigner:
    return SqlAssigner(world.database.app.transactions, lambda: now, new_id, world.at(now).expire_holds)


async def now_at(world: World, booking: Booking) -> object:
    ((car,),) = await world.rows("SELECT resource_id FROM bookings WHERE city = :city AND id = :id", id=booking.id)
    return car


async def told(world: World, booking: Booking) -> Assignment:
    manager = world.actor("mary", Role.FLEET_MANAGER)
    found = await assigner(world).find(replace(manager, roles=frozenset({Role.OPERATOR})), booking.id)
    assert isinstance(found, Assignment)
    return found


async def test_what_is_electric_takes_the_place_of_what_burns_when_it_is_time(world: World) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric", buffer_after_s=600)
    await facts(world, petrol, drive="combustion")
    booking = await provisional(world, petrol)

    await assigner(world, TIME - minutes(1)).settle(world.city.city, booking.id)
    assert await now_at(world, booking) == petrol.id

    await assigner(world).settle(world.city.city, booking.id)

    assert await now_at(world, booking) == electric.id
    assert await world.claims(electric) == [("booking", NOON, NOON + minutes(70))]
    assert await world.claims(petrol) == []
    assert await world.happened(booking) == (["booking.moved"], ["booking.moved"])
    found = await told(world, booking)
    assert (found.vehicle.id, found.at, found.final) == (electric.id, TIME, False)
    assert Reason(Why.CLEANEST_THAT_FITS) in found.explained.reasons
    others = {other.name: other.reason for other in found.explained.others}
    assert others[petrol.name] == Reason(Why.LESS_PREFERRED, wanted="electric", has="combustion")


@pytest.mark.parametrize(
    ("soc", "moves", "why"), [(90, True, Why.CHARGE_SUFFICES), (10, False, Why.NOTHING_CLEANER_FITS)]
)
async def test_the_charge_that_was_read_last_decides(world: World, soc: int, moves: bool, why: Why) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric")
    await facts(world, petrol, drive="combustion")
    await facts(world, electric, battery_kwh=58, consumption=18, charging_kw=2)
    await brought_back(world, electric, soc)
    booking = await provisional(world, petrol, km=150)

    await assigner(world).settle(world.city.city, booking.id)

    assert await now_at(world, booking) == (electric.id if moves else petrol.id)
    found = await told(world, booking)
    assert why in {reason.why for reason in found.explained.reasons}


async def test_a_charge_that_nobody_read_after_the_last_trip_is_not_known(world: World) -> None:
    electric = world.city.cars[0]
    await facts(world, electric, battery_kwh=58, consumption=18)
    await brought_back(world, electric, None)
    booking = await provisional(world, electric)

    await assigner(world).settle(world.city.city, booking.id)

    assert Reason(Why.CHARGE_UNKNOWN) in (await told(world, booking)).explained.reasons


async def test_what_is_taken_says_until_when(world: World) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric", buffer_after_s=600)
    await facts(world, petrol, drive="combustion")
    theirs = await world.booked(State.CONFIRMED, electric)
    booking = await provisional(world, petrol)

    await assigner(world).settle(world.city.city, booking.id)

    assert await now_at(world, booking) == petrol.id
    others = {other.name: other.reason for other in (await told(world, booking)).explained.others}
    assert others["electric"] == Reason(Why.TAKEN, until=NOON + minutes(70), booking_id=theirs.id)


async def test_two_that_are_settled_at_once_never_get_the_same_vehicle(world: World) -> None:
    first, second = world.city.cars[0], await add_car(world, "second petrol")
    for petrol in (first, second):
        await facts(world, petrol, drive="combustion")
    electric = await add_car(world, "electric")
    bookings = [await provisional(world, first), await provisional(world, second)]

    await asyncio.gather(*(assigner(world).settle(world.city.city, booking.id) for booking in bookings))

    cars = [await now_at(world, booking) for booking in bookings]
    assert electric.id in cars
    assert len(set(cars)) == 2


async def test_reasons_stand_as_long_as_the_vehicle_does_and_only_managers_hear_them(world: World) -> None:
    car, other = world.city.cars[0], await add_car(world, "other")
    booking = await provisional(world, car)
    before = await told(world, booking)
    assert (before.at, before.final) == (TIME, False)
    await assigner(world).settle(world.city.city, booking.id)
    await world.at(TIME).assign(world.city.city, booking.id)

    after = await told(world, booking)
    assert (after.explained, after.final) == (before.explained, True)
    for actor in (world.actor("grace"), world.actor("mary", Role.FLEET_MANAGER, pools=("harbour",))):
        assert await assigner(world).find(actor, booking.id) == Refusal(NotPossible.UNKNOWN_BOOKING)
    named = await world.booked(State.CONFIRMED, other)
    operator = world.actor("olga", Role.OPERATOR)
    assert await assigner(world).find(operator, named.id) == Refusal(NotPossible.WRONG_STATE)


async def test_what_was_settled_is_made_final_as_it_is(world: World) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric")
    await facts(world, petrol, drive="combustion")
    booking = await provisional(world, petrol)
    offered = open_for_business(world, TIME)

    await offered.assignments.settle(world.city.city, booking.id)
    await offered.bookings.assign(world.city.city, booking.id)

    assert await now_at(world, booking) == electric.id
    assert (await told(world, booking)).final


async def test_the_worker_settles_what_is_due(world: World, tmp_path: Path) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric")
    await facts(world, petrol, drive="combustion")
    booking = await provisional(world, petrol)
    outside = Outside(lambda: TIME, new_id, lambda secret: secret)
    work = effects(world.database.app, world.database.relay, outside, Post(FileMailer(tmp_path)))

    for _ in range(20):  # other cities on this database may have more that is due than one batch takes
        await work.assign()
        if (await told(world, booking)).final:
            break

    assert (await told(world, booking)).final
    assert await now_at(world, booking) == electric.id


# -- who has priority comes first


async def ranked(world: World, booking: Booking, priority: int, actor: Actor | None = None) -> Prioritising:
    told: list[Any] = []

    def keep(outcome: Any) -> Answer:
        told.append(outcome)
        return Answer(200, "", "")

    actor = actor or world.actor("olga", Role.OPERATOR)
    call: Call[Any] = Call(actor.city, actor, "setPriority", "", "", "request-1", "", keep)
    await assigner(world).prioritise(call, SetPriority(booking.id, priority, "Einsatz"))
    found: Prioritising = told[-1]
    return found


@pytest.mark.parametrize(("theirs", "moves"), [(0, True), (4, True), (5, False), (9, False)])
async def test_whoever_has_less_priority_leaves_the_better_vehicle_to_who_has_more(
    world: World, theirs: int, moves: bool
) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric", buffer_after_s=600)
    await facts(world, petrol, drive="combustion")
    first, later = await provisional(world, electric), await provisional(world, petrol)
    await ranked(world, first, theirs)
    await ranked(world, later, 5)

    await assigner(world).settle(world.city.city, later.id)

    places = [await now_at(world, booking) for booking in (later, first)]
    assert places == ([electric.id, petrol.id] if moves else [petrol.id, electric.id])
    found = await told(world, later)
    assert (found.priority, found.priority_reason, found.final) == (5, "Einsatz", False)
    assert Reason(Why.HAS_PRIORITY, has="5") in found.explained.reasons


@pytest.mark.parametrize(("drive", "is_final"), [("electric", False), (None, True)])
async def test_nobody_leaves_who_has_no_other_vehicle_or_whose_vehicle_is_final(
    world: World, drive: str | None, is_final: bool
) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric", buffer_after_s=600)
    await facts(world, petrol, drive="combustion")
    first, booking = await provisional(world, electric, drive=drive), await provisional(world, petrol)
    await ranked(world, booking, 9)
    if is_final:
        await given(world, world.actor("olga", Role.OPERATOR), chosen(first, electric))

    await assigner(world).settle(world.city.city, booking.id)

    assert [await now_at(world, each) for each in (first, booking)] == [electric.id, petrol.id]


async def test_a_hold_that_expired_does_not_keep_a_vehicle_from_who_has_priority(world: World) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric", buffer_after_s=600)
    await facts(world, petrol, drive="combustion")
    held, booking = await provisional(world, electric), await provisional(world, petrol)
    lapsed = "UPDATE bookings SET state = 'held', hold_expires_at = :at WHERE city = :city AND id = :id RETURNING id"
    await world.rows(lapsed, id=held.id, at=TIME - minutes(1))
    await ranked(world, booking, 5)

    await assigner(world).settle(world.city.city, booking.id)

    assert await now_at(world, booking) == electric.id
    assert await world.rows("SELECT state FROM bookings WHERE city = :city AND id = :id", id=held.id) == [("expired",)]


async def test_what_is_blocked_is_left_to_nobody(world: World) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric", buffer_after_s=600)
    await facts(world, petrol, drive="combustion")
    first, booking = await provisional(world, electric), await provisional(world, petrol)
    await ranked(world, booking, 5)
    async with world.database.app.transactions.city(world.city.city) as connection:
        blocked = """INSERT INTO blocks (city, id, resource_id, starts, ends, made_by, made_at)
          VALUES (:city, :id, :car, :starts, :ends, :by, :starts)"""
        facts_of_it = {"id": new_id(), "car": petrol.id, "starts": NOON, "ends": NOON + hours(1), "by": new_id()}
        await connection.execute(text(blocked), {"city": world.city.city} | facts_of_it)

    await assigner(world).settle(world.city.city, booking.id)

    assert [await now_at(world, each) for each in (first, booking)] == [electric.id, petrol.id]


async def test_who_gave_which_priority_stays_in_the_audit_trail_and_only_who_runs_the_pool_gives_it(
    world: World,
) -> None:
    booking, operator = await provisional(world, world.city.cars[0]), world.actor("olga", Role.OPERATOR)

    said = [await ranked(world, booking, priority) for priority in (3, 0)]

    assert said == [PrioritySet(booking.id, 3, "Einsatz"), PrioritySet(booking.id, 0, "Einsatz")]
    who = "SELECT action, actor_id, request_id FROM audit WHERE city = :city AND subject_id = :id ORDER BY action DESC"
    trail = [(f"booking.priority_set:{priority}", operator.id, "request-1") for priority in (3, 0)]
    assert await world.rows(who, id=booking.id) == trail
    assert (await world.happened(booking))[0] == []
    for actor in (world.actor("grace"), world.actor("mary", Role.FLEET_MANAGER, pools=("harbour",))):
        assert await ranked(world, booking, 9, actor) == Refusal(NotPossible.UNKNOWN_BOOKING)


async def test_no_priority_is_kept_that_is_none(world: World) -> None:
    booking = await provisional(world, world.city.cars[0])
    with pytest.raises(IntegrityError):
        await ranked(world, booking, 10)


async def test_the_worker_looks_at_who_has_priority_before_the_others_for_a_minute(world: World) -> None:
    low, high = await provisional(world, world.city.cars[0]), await provisional(world, await add_car(world, "other"))
    await ranked(world, high, 1)

    async def due(at: datetime) -> set[object]:
        found = await Housekeeping(world.database.relay.statements).provisional_bookings(at, 10_000)
        return {booking for city, booking in found if city == world.city.city}

    assert await due(TIME) == {high.id}
    assert await due(TIME + minutes(1)) == {low.id, high.id}


async def test_of_two_beyond_a_vehicles_papers_who_has_priority_gets_the_other_vehicle(world: World) -> None:
    car, other = [await add_car(world, name, vehicle_class="estate") for name in ("mine", "other")]
    await tidied_for(world, other, hours(1))
    early, late = [
        await world.booked(State.CONFIRMED, car, order=another(car, NOON + hours(start))) for start in (3, 4)
    ]
    await ranked(world, late, 1)
    await papers_end(world, car, NOON)

    await assigner(world, NOON - hours(30)).rebook_from(world.city.city, car.id)

    assert [await now_at(world, each) for each in (early, late)] == [car.id, other.id]


# -- staff decide otherwise, until the key is out


async def given(
    world: World, actor: Actor, command: ReassignVehicle, at: datetime = TIME, key: str = ""
) -> Reassigning:
    """What became of it; nothing where the key was answered before."""
    told: list[Any] = [None]

    def keep(outcome: Any) -> Answer:
        told.append(outcome)
        return Answer(200, "", "")

    call: Call[Any] = Call(actor.city, actor, "reassignVehicle", key, "", "request-1", "", keep)
    await assigner(world, at).reassign(call, command)
    found: Reassigning = told[-1]
    return found


def chosen(booking: Booking, car: Resource | None = None, note: str | None = None) -> ReassignVehicle:
    return ReassignVehicle(booking.id, car.id if car is not None else None, note)


async def test_whoever_runs_the_pool_gives_another_vehicle_for_good_and_the_holder_is_told(world: World) -> None:
    car, van = world.city.cars[0], await add_car(world, "van", seats=2, buffer_after_s=600)
    booking = await world.booked(State.CONFIRMED, car)
    operator = world.actor("olga", Role.OPERATOR)

    for _ in range(2):
        found = await given(world, operator, chosen(booking, van, "Der andere hat eine Delle"))

        assert isinstance(found, Assignment), found
        assert (found.vehicle.id, found.final, found.note) == (van.id, True, "Der andere hat eine Delle")
        assert found.explained.reasons[0] == Reason(Why.CHOSEN_BY_STAFF)
    assert await world.claims(van) == [("booking", NOON, NOON + minutes(70))]
    assert await world.claims(car) == []
    assert await world.happened(booking) == (["booking.reassigned"], ["booking.reassigned"])


async def test_the_vehicle_that_it_has_already_is_final_once_staff_choose_it(world: World) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric", seats=2)
    await facts(world, petrol, drive="combustion")
    booking = await provisional(world, petrol)

    for _ in range(2):
        found = await given(world, world.actor("olga", Role.OPERATOR), chosen(booking, petrol), TIME - hours(9))
        assert isinstance(found, Assignment), found
        assert (found.vehicle.id, found.final) == (petrol.id, True)
    await assigner(world).settle(world.city.city, booking.id)

    assert await world.claims(electric) == []
    assert await now_at(world, booking) == petrol.id
    assert await world.happened(booking) == (["booking.assigned"], ["booking.assigned"])


async def test_where_no_other_fits_each_says_why_and_who_asked_stays_in_the_audit_trail(world: World) -> None:
    car, small, operator = (
        world.city.cars[0],
        await add_car(world, "small", seats=2),
        world.actor("olga", Role.OPERATOR),
    )
    booking = await provisional(world, car, seats=4)
    found = await given(world, operator, chosen(booking))
    too_few = NotTaken(small.id, "small", Reason(Why.TOO_FEW_SEATS, wanted="4", has="2"))
    assert found == NothingFits((too_few,), BERLIN)

    await given(world, operator, chosen(booking, await add_car(world, "other")))
    who = "SELECT actor_id, request_id FROM audit WHERE city = :city AND subject_id = :id"
    assert await world.rows(who, id=booking.id) == [(operator.id, "request-1")]


async def test_what_speaks_against_the_chosen_one_stays_with_the_reasons(world: World) -> None:
    car, small = world.city.cars[0], await add_car(world, "small", seats=2)
    booking = await provisional(world, car, seats=4)

    found = await given(world, world.actor("olga", Role.OPERATOR), chosen(booking, small))

    assert isinstance(found, Assignment)
    assert found.explained.reasons == (
        Reason(Why.CHOSEN_BY_STAFF),
        Reason(Why.TOO_FEW_SEATS, wanted="4", has="2"),
    )
    await assigner(world).settle(world.city.city, booking.id)
    assert await now_at(world, booking) == small.id, "what staff chose is not chosen again"


async def test_without_a_name_it_is_the_best_of_the_others_once(world: World) -> None:
    mine, petrol = world.city.cars[0], await add_car(world, "petrol")
    electric = await add_car(world, "electric", seats=7)
    await facts(world, petrol, drive="combustion")
    booking = await world.booked(State.CONFIRMED, mine)
    olga = world.actor("olga", Role.OPERATOR)

    found = await given(world, olga, chosen(booking), key="once")

    assert isinstance(found, Assignment)
    assert found.vehicle.id == electric.id
    assert await given(world, olga, chosen(booking), key="once") is None
    assert await now_at(world, booking) == electric.id, "her own would be better, and is not another one"


async def test_no_vehicle_is_given_that_is_taken_away_or_not_of_the_pool_and_none_once_the_key_is_out(
    world: World,
) -> None:
    car, taken = world.city.cars[0], await add_car(world, "taken")
    away, of_a_pool = await add_car(world, "away", in_service=False), world.city.cars[1]
    await world.booked(State.CONFIRMED, taken, order=replace(an_order(taken), booking_id=BookingId(new_id())))
    booking = await provisional(world, car)
    operator = world.actor("olga", Role.OPERATOR)

    async def said(actor: Actor, booking: Booking, car: Resource | None) -> str:
        found = await given(world, actor, chosen(booking, car))
        assert isinstance(found, Refusal)
        return str(found.reason.value)

    assert await said(operator, booking, taken) == "resource_taken"
    assert await said(operator, booking, away) == "out_of_service"
    assert await said(operator, booking, of_a_pool) == "unknown_vehicle"
    assert await said(world.actor("grace"), booking, taken) == "unknown_booking"
    assert await now_at(world, booking) == car.id
    free = await add_car(world, "free")
    order = replace(an_order(free, period=Period(NOON + hours(5), NOON + hours(6))), booking_id=BookingId(new_id()))
    driving = await world.booked(State.IN_USE, free, order=order)
    assert await said(operator, driving, car) == "wrong_state"


# -- its papers end before


async def papers_end(world: World, car: Resource, at: datetime) -> None:
    async with world.database.app.transactions.city(world.city.city) as connection:
        short = text("UPDATE resources SET usable_until = :at WHERE city = :city AND id = :id")
        await connection.execute(short, {"city": world.city.city, "id": car.id, "at": at})


async def tidied_for(world: World, car: Resource, time: timedelta) -> None:
    """After each use, so that what follows each other elsewhere does not fit on it."""
    async with world.database.app.transactions.city(world.city.city) as connection:
        tidied = text("UPDATE resources SET buffer_after_s = :seconds WHERE city = :city AND id = :id")
        scope = {"city": world.city.city, "id": car.id}
        await connection.execute(tidied, scope | {"seconds": int(time.total_seconds())})


async def test_what_is_booked_beyond_a_vehicles_papers_gets_another_one_of_its_class(world: World) -> None:
    car, other = [await add_car(world, name, vehicle_class="estate") for name in ("mine", "other")]
    van = await add_car(world, "van", vehicle_class="van")
    named = await world.booked(State.CONFIRMED, car, order=another(car, NOON + hours(3)))
    by_class = await provisional(world, car, vehicle_class="van")
    before = await world.booked(State.CONFIRMED, car, order=another(car, NOON - hours(3)))
    await papers_end(world, car, NOON)

    for _ in range(2):
        await assigner(world, NOON - hours(30)).rebook_from(world.city.city, car.id)

    assert await now_at(world, named) == other.id
    assert await now_at(world, by_class) == van.id
    assert await now_at(world, before) == car.id
    assert await world.happened(named) == (["booking.reassigned"], ["booking.reassigned"])


async def test_whoever_makes_room_meanwhile_may_take_what_is_to_be_rebooked(world: World) -> None:
    car, other = [await add_car(world, name, vehicle_class="estate") for name in ("mine", "other")]
    booking = await provisional(world, car, vehicle_class="estate")
    await papers_end(world, car, NOON)
    rebooking = assigner(world, NOON - hours(30)).rebook_from(world.city.city, car.id)
    await while_room_is_made(world, booking, rebooking)
    assert await now_at(world, booking) == other.id


async def test_where_there_is_none_it_stays_and_costs_nothing(world: World) -> None:
    car = await add_car(world, "mine", vehicle_class="of its own")
    booking = await world.booked(State.CONFIRMED, car)
    await papers_end(world, car, NOON)

    await assigner(world, NOON - hours(30)).rebook_from(world.city.city, car.id)
    await world.at(booking.end).close_unused(world.city.city, booking.id)

    assert await now_at(world, booking) == car.id
    ended = "SELECT state, fee ->> 'amount' FROM bookings WHERE city = :city AND id = :id"
    assert await world.rows(ended, id=booking.id) == [("no_show", "0")]


def another(car: Resource, start: datetime) -> Order:
    order = an_order(car, holder="linus", period=Period(start, start + hours(1)))
    return replace(order, booking_id=BookingId(new_id()))
