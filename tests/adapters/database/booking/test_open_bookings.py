"""How many bookings one person may have open at once, however fast they are asked for."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from domain.booking.bookings import BookingId, State
from domain.booking.resources import Service
from domain.charging.reservations import ChargingOptions, ReserveChargePoint
from domain.identity import Actor
from domain.periods import Period
from infra.ids import new_id
from services.calls import Answer
from tests.adapters.database.lives import World
from tests.adapters.database.offices import open_for_business, publish_terms
from tests.examples import NOON, a_call, an_order, hours, minutes

pytestmark = pytest.mark.database

EARLY = NOON - hours(30)


def hour(number: int) -> Period:
    return Period(NOON + hours(number), NOON + hours(number + 1))


def wish(world: World, actor: Actor, number: int) -> ReserveChargePoint:
    """The hour of that number, on the charge points in turn."""
    order = an_order(world.city.charge_points[number % 2], period=hour(number // 2))
    order = replace(order, booking_id=BookingId(new_id()), holder_id=actor.id)
    return ReserveChargePoint(order, ChargingOptions())


async def asked(world: World, actor: Actor, numbers: Sequence[int], now: datetime = EARLY) -> list[Answer]:
    """All of them at once."""
    reserve = open_for_business(world, now).charging.reserve
    calls = (reserve(a_call(actor, key=f"k{new_id()}"), wish(world, actor, number)) for number in numbers)
    return list(await asyncio.gather(*calls))


def counted(answers: Sequence[Answer]) -> Counter[str]:
    return Counter("booked" if answer.status == 200 else answer.body for answer in answers)


async def test_of_fifty_posts_at_once_no_more_succeed_than_the_terms_allow(world: World) -> None:
    await publish_terms(world, Service.CHARGING, max_open=5)
    answers = await asked(world, world.actor(), range(50))
    assert counted(answers) == {"booked": 5, "too_many_bookings": 45}
    assert await world.rows("SELECT count(*) FROM bookings WHERE city = :city") == [(5,)]
    assert await world.rows("SELECT count(*) FROM claims WHERE city = :city") == [(5,)]


async def test_without_the_second_count_more_succeed_than_the_terms_allow(world: World) -> None:
    """The control: everybody had read the same number of open bookings before anybody wrote one."""
    await publish_terms(world, Service.CHARGING, max_open=5)
    blind = """CREATE OR REPLACE FUNCTION open_bookings(of_city text, of_holder uuid, of_service text) RETURNS bigint
      LANGUAGE sql AS 'SELECT 0::bigint'"""
    async with world.database.owner.transactions.everywhere() as connection:
        (sighted,) = (await connection.execute(text("SELECT pg_get_functiondef('open_bookings'::regproc)"))).one()
        await connection.execute(text(blind))
    try:
        answers = await asked(world, world.actor(), range(50))
    finally:
        async with world.database.owner.transactions.everywhere() as connection:
            await connection.exec_driver_sql(sighted)
    assert counted(answers)["booked"] > 5


async def test_others_are_not_counted_with_her(world: World) -> None:
    await publish_terms(world, Service.CHARGING, max_open=1)
    ada, grace = await asked(world, world.actor(), [0]), await asked(world, world.actor("grace"), [1])
    assert counted([*ada, *grace]) == {"booked": 2}


@pytest.mark.parametrize("over", [State.CANCELLED, State.COMPLETED, State.EXPIRED, State.NO_SHOW])
async def test_what_is_over_is_not_open(world: World, over: State) -> None:
    await publish_terms(world, Service.CHARGING, max_open=1)
    await world.booked(over)
    assert counted(await asked(world, world.actor(), [0])) == {"booked": 1}


async def test_another_service_is_counted_by_itself(world: World) -> None:
    await publish_terms(world, Service.CHARGING, max_open=1)
    await world.booked(State.CONFIRMED, world.city.cars[0])
    assert counted(await asked(world, world.actor(), [0])) == {"booked": 1}


async def test_a_hold_of_hers_that_lapsed_makes_room_for_the_next(world: World) -> None:
    await publish_terms(world, Service.CHARGING, max_open=1)
    lapsed = await world.booked(State.HELD)
    assert lapsed.hold_expires_at is not None
    just_before, after = lapsed.hold_expires_at - minutes(1), lapsed.hold_expires_at
    assert counted(await asked(world, world.actor(), [9], just_before)) == {"too_many_bookings": 1}
    assert counted(await asked(world, world.actor(), [9], after)) == {"booked": 1}
    assert await world.state(lapsed) == ("expired", 2)


async def test_of_twenty_hours_at_once_a_week_gives_each_no_more_than_the_terms_allow(world: World) -> None:
    """From Monday's noon on; what is over counts, what was cancelled or is of another week does not."""
    await publish_terms(world, Service.CHARGING, max_week_s=6 * 3600)
    await world.booked(State.COMPLETED)
    await world.booked(State.CANCELLED)
    await world.booked(State.CONFIRMED, world.city.cars[0])
    sunday = an_order(world.city.charge_points[0], period=hour(-16))
    await world.booked(State.CONFIRMED, order=sunday)
    answers = await asked(world, world.actor(), range(2, 22))
    assert counted(answers) == {"booked": 5, "quota_used_up": 15}
    assert counted(await asked(world, world.actor("grace"), [23])) == {"booked": 1}
