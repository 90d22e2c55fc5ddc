"""Two do different things to one booking in the same instant: the database lets one of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, Payer, Readings, State
from domain.booking.changing import ExtendBooking, ShortenBooking
from domain.booking.life import CancelBooking, ConfirmBooking, FinishBooking, StartBooking
from domain.charging.reservations import ChargingOptions, ReserveChargePoint
from domain.payments.payments import PaymentId
from domain.periods import Period
from infra.bootstrap import Outside, application
from infra.ids import new_id
from tests.adapters.database.lives import World, view_of
from tests.examples import NOON, a_booking, a_call, a_payment, an_order, hours, minutes

pytestmark = pytest.mark.database


async def at_once(*calls: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Start them together and wait for all; the first exception is raised."""
    gate = asyncio.Barrier(len(calls))

    async def run(call: Callable[[], Awaitable[Any]]) -> Any:
        await gate.wait()
        return await call()

    return await asyncio.gather(*(run(call) for call in calls))


@pytest.mark.parametrize("round_", range(6))
async def test_of_cancel_and_start_exactly_one_wins(world: World, round_: int) -> None:
    booking = await world.booked(State.CONFIRMED)
    books, ada = world.at(NOON), world.actor()

    answers = await at_once(
        lambda: books.cancel(a_call(ada, "cancel", key="c"), CancelBooking(booking.id)),
        lambda: books.start(a_call(ada, "start", key="s"), StartBooking(booking.id, Readings())),
    )

    assert Counter(answer.status for answer in answers) == {200: 1, 409: 1}
    assert await world.state(booking) in {("cancelled", 3), ("in_use", 3)}
    assert len((await world.happened(booking))[0]) == 1


@pytest.mark.parametrize("round_", range(6))
async def test_of_expiry_and_confirmation_exactly_one_wins(world: World, round_: int) -> None:
    point = world.city.charge_points[0]
    booking = replace(a_booking(State.HELD, point), id=BookingId(new_id()))
    await world.place(booking, point, a_payment(booking, id=PaymentId(new_id())))
    assert booking.hold_expires_at is not None
    books = world.at(booking.hold_expires_at)

    await at_once(
        lambda: books.confirm(a_call(world.actor(), key="c"), ConfirmBooking(booking.id)),
        lambda: books.expire(world.city.city, booking.id),
    )

    (told, _), claims = await world.happened(booking), await world.claims(point)
    assert (told, len(claims)) in ((["booking.confirmed"], 1), (["booking.expired"], 0))


async def waiting_for_more(world: World) -> Booking:
    """An hour more was asked for, three hours before the start; 2.40 are held, and 2.40 are missing."""
    point = world.city.charge_points[0]
    booking = replace(a_booking(State.CONFIRMED, point), id=BookingId(new_id()))
    await world.place(booking, point, a_payment(booking, id=PaymentId(new_id())))
    await world.at(NOON - hours(3)).extend(a_call(world.actor()), ExtendBooking(booking.id, NOON + hours(2)))
    return booking


@pytest.mark.parametrize("round_", range(6))
async def test_of_a_lapse_and_a_cancellation_nothing_stays_claimed(world: World, round_: int) -> None:
    booking = await waiting_for_more(world)
    books = world.at(NOON - hours(2))

    await at_once(
        lambda: books.lapse_extension(world.city.city, booking.id),
        lambda: books.cancel(a_call(world.actor(), key="c"), CancelBooking(booking.id)),
    )

    assert (await world.state(booking))[0] == "cancelled"
    assert await world.claims(world.city.charge_points[0]) == []


@pytest.mark.parametrize("round_", range(6))
async def test_of_shorter_and_longer_the_claims_fit_whoever_comes_last(world: World, round_: int) -> None:
    car = world.city.cars[1]
    order = an_order(car, payer=Payer.COST_CENTRE, period=Period(NOON, NOON + hours(2)))
    booking = await world.booked(State.CONFIRMED, car, order=order)
    books, ada = world.at(NOON - hours(3)), world.actor()

    answers = await at_once(
        lambda: books.shorten(a_call(ada, "shorten", key="s"), ShortenBooking(booking.id, NOON + hours(1))),
        lambda: books.extend(a_call(ada, "extend", key="e"), ExtendBooking(booking.id, NOON + hours(3))),
        lambda: books.extend(a_call(ada, "extend", key="f"), ExtendBooking(booking.id, NOON + hours(4))),
    )

    ((end,),) = await world.rows("SELECT ends FROM bookings WHERE city = :city AND id = :id", id=booking.id)
    claims = [(start, until) for _, start, until in await world.claims(car)]
    assert (claims[0][0], claims[-1][1]) == (NOON, end + minutes(15))
    assert all(before[1] == after[0] for before, after in pairwise(claims))
    assert {answer.status for answer in answers} <= {200, 409}
    assert (await world.state(booking))[1] == 2 + sum(answer.status == 200 for answer in answers)


async def test_whoever_meets_more_time_that_nobody_paid_for_releases_it(world: World) -> None:
    booking, car = await waiting_for_more(world), world.city.charge_points[0]
    behind = await world.booked(
        State.CONFIRMED, car, order=an_order(car, holder="g", period=Period(NOON - hours(1), NOON))
    )
    late = NOON - hours(3) + minutes(10)
    wish = an_order(car, holder="grace", period=Period(NOON + hours(1), NOON + hours(2)))
    outside = Outside(lambda: late, new_id, lambda secret: secret)
    desk = application(world.database.app, outside).charging
    command = ReserveChargePoint(replace(wish, booking_id=BookingId(new_id())), ChargingOptions())

    booked = await desk.reserve(a_call(world.actor("grace"), key="k"), command)

    assert booked.status == 200, booked.body
    assert (await world.state(booking), await world.state(behind)) == (("confirmed", 4), ("confirmed", 2))
    assert len(await world.claims(car)) == 3


async def test_many_finish_at_once_and_it_is_finished_once(world: World) -> None:
    booking = await world.booked(State.IN_USE)
    books, ada = world.at(NOON + minutes(30)), world.actor()
    command = FinishBooking(booking.id, Readings())

    answers = await at_once(
        *(lambda n=n: books.finish(a_call(ada, "finish", key=f"k{n % 3}"), command) for n in range(9))
    )

    assert [answer.status for answer in answers] == [200] * 9
    assert {view_of(answer).version for answer in answers} == {4}
    told, noted = await world.happened(booking)
    assert told == ["booking.finished"]
    assert Counter(noted) == {"booking.finished": 1, "booking.already_there": 2}
