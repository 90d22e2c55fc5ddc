"""Two do different things to one booking in the same instant: the database lets one of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.bookings import BookingId, Readings, State
from domain.booking.life import CancelBooking, ConfirmBooking, FinishBooking, StartBooking
from domain.payments.payments import PaymentId
from infra.ids import new_id
from tests.adapters.database.lives import World, view_of
from tests.examples import NOON, a_booking, a_call, a_payment, minutes

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
