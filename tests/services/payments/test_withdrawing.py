"""What a withdrawal gives back, at Stripe to the cent."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.database.booking.bookings import SqlBookings
from domain.booking.bookings import BookingId, Readings, ReasonCode, State
from domain.booking.life import StartBooking
from domain.booking.resources import Service
from infra.ids import new_id
from services.booking import Bookings
from tests.database import Databases
from tests.examples import euros
from tests.services.payments.world import VISA, World

pytestmark = pytest.mark.database

EARLY = """UPDATE bookings SET terms = jsonb_set(terms::jsonb, '{withdrawal,early_start}', 'true')::json
  WHERE city = :city AND id = :id RETURNING id"""


def lives(database: Databases, world: World) -> Bookings:
    return SqlBookings(database.app, world.clock, new_id, lambda: None).bound()


async def a_paid_lease(database: Databases, world: World, *, early: bool) -> BookingId:
    """Ninety days for 87 euros, the first month of 29 euros taken, from an hour on."""
    lease = await world.booking(Service.BIKE_LEASING, starts_in=timedelta(hours=1), lasts=timedelta(days=90))
    if early:
        await database.rows(world.city, EARLY, id=lease.id)
    await world.pay(lease, VISA)
    await world.work()
    assert await world.money(lease) == [("booking", "captured", 2900, 2900, 0)]
    return lease.id


@pytest.mark.parametrize(("early", "value"), [(True, "8.70"), (False, "0.00")])
async def test_a_lease_in_use_is_paid_back_less_what_was_used_by_express_wish(
    database: Databases, world: World, early: bool, value: str
) -> None:
    lease_id = await a_paid_lease(database, world, early=early)
    world.clock.pass_by(hours=1)
    bookings = lives(database, world)
    await bookings.start(
        replace(world.call("start", "start"), route="startBooking"), StartBooking(lease_id, Readings())
    )
    world.clock.pass_by(days=9)
    declared_at = world.clock()
    world.clock.pass_by(hours=7)

    first, again = [await bookings.withdraw(world.city, lease_id, declared_at) for _ in range(2)]
    kinds = await world.work()

    lease = await world.office.booking(lease_id)
    assert (first, again) == (True, True)
    assert kinds.count("booking.withdrawn") == 1
    assert (lease.state, lease.reason_code, lease.fee) == (State.CANCELLED, ReasonCode.WITHDRAWN, euros(value))
    assert await world.money(lease) == [
        ("booking", "captured" if early else "refunded", 2900, 2900, 2900 - euros(value).amount)
    ]
    assert (
        await database.rows(world.city, "SELECT kind FROM claims WHERE city = :city AND booking_id = :id", id=lease_id)
        == []
    )


async def test_before_it_began_everything_goes_back(database: Databases, world: World) -> None:
    lease_id = await a_paid_lease(database, world, early=True)

    assert await lives(database, world).withdraw(world.city, lease_id, world.clock())
    await world.work()

    assert await world.money(await world.office.booking(lease_id)) == [("booking", "refunded", 2900, 2900, 2900)]


async def test_too_late_is_refused_and_nothing_moves(database: Databases, world: World) -> None:
    lease_id = await a_paid_lease(database, world, early=True)
    world.clock.pass_by(days=20)

    assert not await lives(database, world).withdraw(world.city, lease_id, world.clock())
    assert not await lives(database, world).withdraw(world.city, BookingId(new_id()), world.clock())
    assert await world.money(await world.office.booking(lease_id)) == [("booking", "captured", 2900, 2900, 0)]
