"""Bookings draw on one grid connection, also those that come at once."""

import asyncio
import threading
from collections import Counter
from datetime import datetime
from decimal import Decimal

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.booking.looking import equals, standing
from adapters.database.booking.search import SqlFinder
from adapters.database.charging.power_steering import SqlSteering, due_groups
from adapters.database.charging.stations import SqlStations
from domain.booking.bookings import BookingId
from domain.booking.classes import ClassRequest
from domain.booking.resources import ResourceId
from domain.charging.orders import (
    Answered,
    OrderAnswer,
    OrderAnswered,
    OrderId,
    PowerStep,
    Profile,
    ProfilePurpose,
    SetProfile,
    StationOrder,
)
from domain.charging.power.facts import PowerFacts, PowerNow
from domain.charging.power.groups import GridLimit, Member, PowerGroup, PowerGroupId, PowerType
from domain.charging.power.setting import GroupSet, LimitId, SignalLimit
from domain.charging.power.steering import Steering, steer
from domain.charging.reports import Booted
from domain.charging.reservations import ChargingOptions, ReserveChargePoint
from domain.charging.stations import ChargingStationId, StationAt
from domain.identity import Role
from domain.periods import Period
from infra.bootstrap import Outside, application
from infra.charging.power import power_groups
from infra.ids import new_id
from services.application import Application
from services.calls import Answer
from services.charging.power import GroupStands
from services.search.asking import ChargePointFilter, Wanted
from tests.adapters.database.booking.test_races import at_once
from tests.adapters.database.lives import World
from tests.examples import NOON, a_call, an_order, hours, minutes

pytestmark = pytest.mark.database
DEPOT = PowerGroupId("depot")
A_PROFILE = Profile(2001, 0, ProfilePurpose.DEFAULT, NOON, None, (PowerStep(0, 0),))
SOON = NOON - hours(3)


class Clock(Struct):
    now: datetime

    def __call__(self) -> datetime:
        return self.now


def offered(world: World) -> Application:
    return application(world.database.app, Outside(lambda: SOON, new_id, lambda secret: secret))


async def grouped(world: World, nominal_w: int) -> None:
    members = tuple(Member(point.id, 22_000, PowerType.AC_3_PHASE) for point in world.city.charge_points)
    wanted = GroupSet(PowerGroup(DEPOT, nominal_w, members), "Betriebshof")
    done = await offered(world).power_groups.set(a_call(world.actor("olga", Role.OPERATOR)), wanted)
    assert isinstance(done, GroupStands)


async def booked(world: World, number: int, who: str, kwh: str) -> Answer:
    options = ChargingOptions(energy_kwh=Decimal(kwh))
    order = an_order(world.city.charge_points[number], holder=who, period=Period(NOON, NOON + hours(1)))
    order = replace(order, booking_id=BookingId(new_id()), options=msgspec.Raw(msgspec.json.encode(options)))
    return await offered(world).charging.reserve(a_call(world.actor(who), key=who), ReserveChargePoint(order, options))


@pytest.mark.parametrize("round_", range(4))
async def test_of_two_who_want_the_last_of_the_power_at_once_one_gets_it(world: World, round_: int) -> None:
    await grouped(world, 22_000)
    answers = await at_once(lambda: booked(world, 0, "ada", "20"), lambda: booked(world, 1, "grace", "20"))
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 1}
    ((claims,),) = await world.rows("SELECT count(*) FROM claims WHERE city = :city")
    assert claims == 1


async def test_energy_that_was_said_counts_and_none_that_was_only_held_and_lapsed(world: World) -> None:
    await grouped(world, 22_000)
    assert (await booked(world, 0, "ada", "12")).status == 200
    assert (await booked(world, 1, "grace", "11")).status == 409
    async with world.database.app.transactions.city(world.city.city) as connection:
        lapsed = "UPDATE bookings SET hold_expires_at = :now WHERE city = :city"
        await connection.execute(text(lapsed), {"city": world.city.city, "now": SOON})
    assert (await booked(world, 1, "zoe", "22")).status == 200
    states = await world.rows("SELECT state FROM bookings WHERE city = :city ORDER BY made_at, id")
    assert sorted(states) == [
        ("expired",),
        ("held",),
    ]  # whoever lapsed confirms nothing any more: it is promised to another


async def test_a_limit_that_is_told_counts_for_bookings_and_in_the_plan_until_it_is_lifted(world: World) -> None:
    await grouped(world, 44_000)
    power, operator = offered(world).power_groups, world.actor("olga", Role.OPERATOR)
    command = SignalLimit(LimitId(new_id()), DEPOT, GridLimit(Period(NOON, NOON + hours(1)), 0), "BS|NETZ")
    assert (await power.signal(a_call(operator, "signal", key="s"), command)).status == 200

    assert (await booked(world, 0, "ada", "20")).status == 409
    assert await power.lift(a_call(operator, "lift"), DEPOT, command.id) is None
    assert (await booked(world, 0, "grace", "20")).status == 200
    plan = await power.plan(world.city.city, DEPOT)
    assert isinstance(plan, Steering)
    first, three_hours = world.city.charge_points[0].id, 3 * 3600
    assert [(each.evse_id, each.steps[:2]) for each in plan.plan.allocations] == [
        (first, (PowerStep(0, 0), PowerStep(three_hours, 22_000)))
    ]


async def test_whatever_changes_what_a_group_may_draw_has_it_looked_at_and_a_point_that_leaves_is_let_go(
    world: World,
) -> None:
    city, station = world.city.city, ChargingStationId(new_id())
    await standing_at(world, station)
    clock = Clock(SOON)
    steering = SqlSteering(world.database.app.transactions, clock, new_id, lambda: None)

    async def due() -> bool:
        clock.now += minutes(0.5)
        return (city, DEPOT) in await due_groups(world.database.relay.statements, clock.now, 100_000)

    await grouped(world, 44_000)
    assert await due()
    assert not await steering.steer(city, DEPOT)  # nobody is there to be told
    assert not await due()
    power = power_groups(world.database.app.transactions, clock, new_id)
    operator = world.actor("olga", Role.OPERATOR)
    command = SignalLimit(LimitId(new_id()), DEPOT, GridLimit(Period(NOON, NOON + hours(1)), 0), "BS|NETZ")
    assert (await power.signal(a_call(operator, "signal", key="s"), command)).status == 200
    assert await due()
    await steering.steer(city, DEPOT)
    assert await power.lift(a_call(operator, "lift"), DEPOT, command.id) is None
    assert await due()
    await steering.steer(city, DEPOT)
    await SqlStations(world.database.app, new_id).booted(StationAt(city, station), Booted("v", "m"), clock.now)
    news = "SELECT subject_id FROM outbox WHERE city = :city AND kind = 'charging.station_booted'"
    assert await world.rows(news) == [(station,)]
    assert not await due()
    await steering.station_booted(city, station)
    assert await due()

    await steering.steer(city, DEPOT)
    told = StationOrder(OrderId(new_id()), station, SetProfile(1, A_PROFILE), clock.now, clock.now)
    await steering.order_answered(city, OrderAnswered(told, OrderAnswer(Answered.REJECTED)))
    assert await due()
    nobody = GroupSet(PowerGroup(DEPOT, 44_000, ()), "Betriebshof")
    assert isinstance(await power.set(a_call(operator), nobody), GroupStands)
    orders = await world.rows("SELECT kind, wanted ->> 'evse' FROM station_orders WHERE city = :city ORDER BY 2, id")
    assert orders == [("clear_profile", "1")] * 2 + [("clear_profile", "2")] * 2


async def test_what_changes_while_a_group_is_planned_has_it_looked_at_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever plans read what was there before."""
    city, clock, reads, goes_on = world.city.city, Clock(SOON), threading.Event(), threading.Event()
    await standing_at(world, ChargingStationId(new_id()))
    await grouped(world, 44_000)
    steering = SqlSteering(world.database.app.transactions, clock, new_id, lambda: None)

    def slowly(facts: PowerFacts, there: PowerNow, now: datetime) -> Steering:
        reads.set()
        assert goes_on.wait(30)
        return steer(facts, there, now)

    monkeypatch.setattr("services.charging.steering.steer", slowly)
    planning = asyncio.create_task(steering.steer(city, DEPOT))
    assert await asyncio.to_thread(reads.wait, 30)
    ((station,),) = await world.rows("SELECT id FROM charging_stations WHERE city = :city")
    waking = asyncio.create_task(steering.station_booted(city, station))
    await asyncio.wait([waking], timeout=0.3)
    goes_on.set()
    await asyncio.gather(planning, waking)
    assert (city, DEPOT) in await due_groups(world.database.relay.statements, clock.now, 100_000)


async def standing_at(world: World, station: ChargingStationId) -> None:
    """A station that nobody holds, with both points."""
    first, second = world.city.charge_points
    sql = """INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest)
      SELECT r.city, :id, r.station_id, 'CP-1', 'basic', 'd' FROM resources r WHERE r.city = :city AND r.id = :first RETURNING 1"""
    await world.rows(sql, id=station, first=first.id)
    sql = "INSERT INTO evses (city, charging_station_id, number, resource_id) VALUES (:city, :id, 1, :first), (:city, :id, 2, :second) RETURNING 1"
    await world.rows(sql, id=station, first=first.id, second=second.id)


async def behind(world: World, number: int, group: str, watts: int) -> None:
    """One of the points stands behind a connection of its own."""
    sql = """INSERT INTO power_groups (city, id, name, nominal_w, policy, default_need_wh, set_at)
      VALUES (:city, :id, 'x', :watts, 'by_deadline', 10000, now()) RETURNING 1"""
    await world.rows(sql, id=group, watts=watts)
    sql = """UPDATE charge_points SET power_group = :id, group_max_w = 11000, power_type = 'AC_3_PHASE', safe_w = 0
      WHERE city = :city AND id = :point RETURNING 1"""
    await world.rows(sql, id=group, point=world.city.charge_points[number].id)


async def by_class(world: World, hour: int) -> Answer:
    request = ClassRequest(world.city.station.id, None, msgspec.Raw(b"{}"))
    start = NOON + hours(hour)
    order = an_order(world.city.charge_points[0], period=Period(start, start + hours(1)))
    order = replace(order, booking_id=BookingId(new_id()), resource_id=None, request=request)
    command = ReserveChargePoint(order, ChargingOptions())
    return await offered(world).charging.reserve(a_call(world.actor(), key=str(hour)), command)


async def test_who_asks_for_any_point_gets_one_behind_another_connection_where_one_is_full(world: World) -> None:
    full, free = (point.id for point in world.city.charge_points)
    await behind(world, 0, "full", 5000)
    await behind(world, 1, "free", 11_000)
    for hour in range(0, 10, 2):
        assert (await by_class(world, hour)).status == 200
    rows = "SELECT DISTINCT resource_id, promised_wh FROM bookings WHERE city = :city"
    assert await world.rows(rows) == [(free, 10_000)]
    await world.rows("UPDATE power_groups SET nominal_w = 5000 WHERE city = :city RETURNING 1")
    assert (await by_class(world, 20)).body == "not_enough_power"
    assert full != free


async def test_nobody_is_moved_behind_a_connection_that_did_not_promise_her_energy(world: World) -> None:
    await behind(world, 0, "full", 5000)
    await by_class(world, 0)
    ((booking_id,),) = await world.rows("SELECT id FROM bookings WHERE city = :city")
    async with world.database.app.transactions.city(world.city.city) as connection:
        (found,) = await standing(connection, world.city.city, [booking_id])
        assert list(await equals(connection, world.city.city, found)) == [world.city.charge_points[1].id]
        await connection.execute(
            text("UPDATE charge_points SET power_group = NULL WHERE city = :city"), {"city": world.city.city}
        )
        assert len(await equals(connection, world.city.city, found)) == 2


async def test_what_has_no_power_left_is_not_found_until_somebody_leaves(world: World) -> None:
    await grouped(world, 22_000)
    city, points = world.city.city, [point.id for point in world.city.charge_points]
    finder, other = SqlFinder(world.database.app.statements), ResourceId(new_id())
    asked = Wanted(city, world.actor("grace"), Period(NOON, NOON + hours(1)), ChargePointFilter())

    async def found(wanted: Wanted = asked) -> set[object]:
        free = await finder.free(wanted, SOON)
        assert free is not None
        assert free.next is None
        return {each.id for each in free.items}

    assert await found() == set(points)
    assert (await booked(world, 0, "ada", "17")).status == 200
    assert await found() == {points[1]}
    async with world.database.app.transactions.city(city) as connection:
        more = "UPDATE bookings SET promised_wh = 19000, options = '{\"energy_kwh\": 19}' WHERE city = :city"
        await connection.execute(text(more), {"city": city})
    assert await found() == set()
    for table in ("resources", "charge_points"):
        another = f"""INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object('id', CAST(:id AS uuid), 'name', 'the other',
            'power_group', NULL, 'code', NULL))).* FROM {table} t WHERE t.city = :city AND t.id = :like RETURNING city"""
        named = {"id": other, "like": points[1]}
        await world.rows(another, **named)
    assert await found(replace(asked, limit=1)) == {other}
    points.append(other)
    later = replace(asked, period=Period(NOON + hours(2), NOON + hours(3)))
    assert await found(later) == set(points)
