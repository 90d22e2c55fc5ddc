"""A vehicle breaks down, and nobody knows for how long: who begins once it is expected back keeps it until more is known."""

from datetime import datetime

import pytest

from adapters.database.fleet.breakdowns import SqlBreakdowns, breakdowns_to_look_at
from domain.booking.blocks import LiftBlock
from domain.booking.bookings import Booking
from domain.booking.life import CancelBooking
from domain.fleet.breakdown import Fate
from domain.identity import Role
from infra.ids import new_id
from services.fleet.breakdowns import BrokenDown
from tests.adapters.database.fleet.test_breakdowns import EARLY, booking_of, broken, car_of, taken
from tests.adapters.database.lives import World, view_of
from tests.adapters.database.offices import add_car, expected_back_after, open_for_business
from tests.examples import a_call, euros, hours

pytestmark = pytest.mark.database


def looking(world: World, at: datetime) -> SqlBreakdowns:
    desk = world.at(at)
    return SqlBreakdowns(
        world.database.app.transactions, lambda: at, new_id, expire_holds=desk.expire_holds, written=lambda: None
    )


async def is_due(world: World, found: BrokenDown, at: datetime) -> bool:
    due = await breakdowns_to_look_at(world.database.relay.statements, at, 10_000)
    return (world.city.city, found.block.id) in due


async def test_who_begins_when_it_is_expected_back_keeps_it_and_is_looked_at_as_the_days_go_by(world: World) -> None:
    """Nobody knows how long it takes: it is expected back two weeks after it broke down, an hour before noon."""
    city, car, other = world.city.city, world.city.cars[0], await add_car(world, "other")
    soon = await world.place(booking_of(world, car, 24 * 14 - 2), car)
    next_one = await world.place(booking_of(world, car, 24 * 14 - 1), car)
    far = await world.place(booking_of(world, car, 24 * 15 - 1), car)
    await world.place(booking_of(world, other, 24 * 15 - 1), other)

    found = await broken(world, car, until=None)
    assert isinstance(found, BrokenDown)
    assert [(each.booking.id, each.fate) for each in found.bookings] == [
        (soon.id, Fate.REBOOKED),
        (next_one.id, Fate.KEPT),
        (far.id, Fate.KEPT),
    ]
    assert (await world.happened(next_one), await car_of(world, next_one)) == (([], []), car.id)

    tomorrow = EARLY + hours(24)
    assert [await is_due(world, found, at) for at in (tomorrow - hours(1), tomorrow + hours(1))] == [False, True]
    assert [await looking(world, tomorrow).look_again(city, found.block.id) for _ in range(2)] == [1, 0]
    assert not await is_due(world, found, tomorrow + hours(1))
    assert (await car_of(world, next_one), await car_of(world, far)) == (other.id, car.id)
    assert await world.happened(far) == ([], [])

    await expected_back_after(world, 16)
    assert await is_due(world, found, tomorrow)
    assert [await looking(world, tomorrow).look_again(city, found.block.id) for _ in range(2)] == [1, 0]
    assert (await world.happened(far))[0] == ["booking.stranded"]
    olga = a_call(world.actor("olga", Role.OPERATOR), key="")
    await open_for_business(world, tomorrow).blocks.lift(olga, LiftBlock(found.block.id, car.id))
    assert not await is_due(world, found, tomorrow + hours(48))


async def test_who_keeps_it_pays_for_giving_up_until_it_is_seen_to(world: World) -> None:
    car, grace = world.city.cars[0], world.actor("grace")
    far = [await world.place(booking_of(world, car, 24 * 20 + later), car) for later in (0, 2)]
    found = await broken(world, car, until=None)
    assert isinstance(found, BrokenDown)
    at = far[0].start - hours(2)

    async def fee(booking: Booking) -> str:
        view = view_of(await world.at(at).cancel(a_call(grace, key=""), CancelBooking(booking.id)))
        return str(view.fee)

    before = await fee(far[0])
    assert await looking(world, at).look_again(world.city.city, found.block.id) == 1
    after = await fee(far[1])
    assert (before == str(euros("0.00")), after == str(euros("0.00"))) == (False, True)


async def test_once_somebody_knows_how_long_it_takes_who_comes_after_has_it_again(world: World) -> None:
    car = world.city.cars[0]
    under, after = [await world.place(booking_of(world, car, start), car) for start in (3, 12)]
    first = await broken(world, car, until=None)
    assert isinstance(first, BrokenDown)
    assert [each.fate for each in first.bookings] == [Fate.OFFERED] * 2

    again = await broken(world, car, EARLY + hours(0.5))

    assert isinstance(again, BrokenDown)
    assert [each.booking.id for each in again.bookings] == [under.id]
    assert await world.rows("SELECT id FROM blocks WHERE city = :city AND lifted_at IS NOT NULL") == [(first.block.id,)]
    assert ("maintenance", 4, 9) in await taken(world, car)
    assert [kind for kind, since, _ in await taken(world, car) if since >= 9] == ["booking"]
    told = await world.rows("SELECT subject_id FROM outbox WHERE city = :city AND kind = 'resource.block_lifted'")
    assert told == [(first.block.id,)]
    assert await car_of(world, after) == car.id
