"""Bookings draw on one grid connection, also those that come at once."""

from collections import Counter
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from domain.booking.bookings import BookingId
from domain.charging.orders import PowerStep
from domain.charging.power.groups import GridLimit, Member, PowerGroup, PowerGroupId, PowerType
from domain.charging.power.setting import GroupSet, LimitId, SignalLimit
from domain.charging.power.sharing import PowerPlan
from domain.charging.reservations import ChargingOptions, ReserveChargePoint
from domain.identity import Role
from domain.periods import Period
from infra.bootstrap import Outside, application
from infra.ids import new_id
from services.application import Application
from services.calls import Answer
from services.charging.power import GroupStands
from tests.adapters.database.lives import World
from tests.adapters.database.test_booking_races import at_once
from tests.examples import NOON, a_call, an_order, hours

pytestmark = pytest.mark.database
DEPOT = PowerGroupId("depot")
SOON = NOON - hours(3)


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
    assert isinstance(plan, PowerPlan)
    first, three_hours = world.city.charge_points[0].id, 3 * 3600
    assert [(each.evse_id, each.steps[:2]) for each in plan.allocations] == [
        (first, (PowerStep(0, 0), PowerStep(three_hours, 22_000)))
    ]
