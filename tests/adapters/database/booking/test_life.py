"""A booking's life in PostgreSQL: what is written, what is freed, and that it is answered once."""

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from domain.booking.bookings import BookingId, Payer, Readings, ReasonCode, State
from domain.booking.life import CancelBooking, ConfirmBooking, FinishBooking, StartBooking
from domain.booking.terms import DepositAsked
from domain.payments.payments import PaymentId, PaymentState
from domain.periods import Period
from infra.ids import new_id
from services.booking.views import BookingView
from services.calls import Answer
from tests.adapters.database.lives import World, view_of
from tests.examples import NOON, a_booking, a_call, a_payment, an_order, euros, hours, minutes

pytestmark = pytest.mark.database


async def test_a_cancelled_booking_frees_its_time_and_is_told_and_noted_once(world: World) -> None:
    booking = await world.booked(State.CONFIRMED)
    call = a_call(world.actor(), key="k1")
    answer = await world.at(NOON - hours(25)).cancel(call, CancelBooking(booking.id, "Plans changed"))

    view = view_of(answer)
    assert (view.state, view.reason_code, view.fee) == (State.CANCELLED, ReasonCode.BY_HOLDER, euros("0.00"))
    assert (view.version, view.actions, view.updated_at) == (3, (), NOON - hours(25))
    assert await world.claims(world.city.charge_points[0]) == []
    assert await world.happened(booking) == (["booking.cancelled"], ["booking.cancelled"])
    assert await world.rows("SELECT actor_id, at, request_id FROM audit WHERE city = :city") == [
        (world.actor().id, NOON - hours(25), "request-1")
    ]
    assert await world.rows("SELECT address FROM callers WHERE city = :city") == [("192.0.2.7",)]
    assert await world.rows("SELECT reason FROM bookings WHERE city = :city") == [("Plans changed",)]


async def test_the_first_answer_comes_again_under_its_key_and_nothing_happens_twice(world: World) -> None:
    booking = await world.booked(State.CONFIRMED)
    call, command = a_call(world.actor(), key="k1"), CancelBooking(booking.id)

    first = await world.at(NOON - hours(25)).cancel(call, command)
    again = await world.at(NOON - hours(1)).cancel(call, command)
    other = await world.at(NOON).cancel(replace(call, fingerprint="other"), command)

    assert again == replace(first, replayed=True)
    assert other == Answer(409, "text/plain", "key_reused")
    assert await world.happened(booking) == (["booking.cancelled"], ["booking.cancelled"])


async def test_cancelling_what_is_cancelled_is_answered_under_the_new_key_too(world: World) -> None:
    booking = await world.booked(State.CANCELLED)
    first = await world.at(NOON).cancel(a_call(world.actor(), key="k1"), CancelBooking(booking.id))
    again = await world.at(NOON).cancel(a_call(world.actor(), key="k1"), CancelBooking(booking.id))

    assert view_of(first).version == booking.version
    assert again == replace(first, replayed=True)
    assert await world.happened(booking) == ([], ["booking.already_there"])


async def test_a_refusal_is_given_once_and_for_all(world: World) -> None:
    booking = await world.booked(State.IN_USE)
    call = a_call(world.actor(), key="k1")
    refused = await world.at(NOON).cancel(call, CancelBooking(booking.id))
    await world.at(NOON).finish(a_call(world.actor()), FinishBooking(booking.id, Readings()))
    again = await world.at(NOON).cancel(call, CancelBooking(booking.id))

    assert refused == Answer(409, "text/plain", "wrong_state")
    assert again == replace(refused, replayed=True)
    assert (await world.happened(booking))[1] == ["booking.finished", "refused:wrong_state"]


async def test_what_the_caller_can_mend_is_not_the_last_word(world: World) -> None:
    booking = await world.booked(State.HELD)
    confirm, cancel = a_call(world.actor(), key="k1"), a_call(world.actor(), "cancel", key="k1")

    unpaid = await world.at(NOON - hours(30)).confirm(confirm, ConfirmBooking(booking.id))
    stale = await world.at(NOON - hours(30)).cancel(cancel, CancelBooking(booking.id, seen=7))
    cancelled = await world.at(NOON - hours(30)).cancel(cancel, CancelBooking(booking.id, seen=1))

    assert (unpaid.body, stale.body) == ("payment_required", "version_mismatch")
    assert view_of(cancelled).state is State.CANCELLED
    assert await world.happened(booking) == (["booking.cancelled"], ["booking.cancelled"])


async def test_a_hold_with_a_held_card_is_confirmed_and_keeps_its_claim(world: World) -> None:
    point = world.city.charge_points[0]
    booking = replace(a_booking(State.HELD, point), id=BookingId(new_id()))
    await world.place(booking, point, a_payment(booking, id=PaymentId(new_id())))

    view = view_of(await world.at(NOON - hours(47)).confirm(a_call(world.actor()), ConfirmBooking(booking.id)))

    assert (view.state, view.hold_expires_at, view.payment and view.payment.state) == (
        State.CONFIRMED,
        None,
        PaymentState.AUTHORISED,
    )
    assert await world.claims(point) == [("booking", NOON, NOON + hours(1))]
    assert await world.happened(booking) == (["booking.confirmed"], ["booking.confirmed"])


async def test_for_strangers_a_booking_does_not_exist(world: World) -> None:
    booking = await world.booked(State.CONFIRMED)
    grace, books = world.actor("grace"), world.at(NOON)
    refused = Answer(409, "text/plain", "unknown_booking")

    assert await books.confirm(a_call(grace), ConfirmBooking(booking.id)) == refused
    assert await books.cancel(a_call(grace), CancelBooking(booking.id)) == refused
    assert await books.start(a_call(grace), StartBooking(booking.id, Readings())) == refused
    assert await books.finish(a_call(grace), FinishBooking(booking.id, Readings())) == refused
    assert await world.state(booking) == ("confirmed", 2)


async def test_what_is_read_is_what_was_written(world: World) -> None:
    car = world.city.cars[1]
    order = an_order(car, payer=Payer.COST_CENTRE)
    booked = a_booking(State.CONFIRMED, car, order=order, options=msgspec.Raw(b'{"cost_centre":"5100"}'))
    booking = await world.place(replace(booked, id=BookingId(new_id())), car)
    books = world.at(NOON)
    await world.licensed(world.actor())

    started = view_of(
        await books.start(a_call(world.actor()), StartBooking(booking.id, Readings(odometer_km=1000, soc=80)))
    )
    readings = Readings(odometer_km=1030, soc=61, cleanliness="clean")
    ended = view_of(
        await world.at(NOON + minutes(40)).finish(a_call(world.actor()), FinishBooking(booking.id, readings))
    )
    found = await world.at(NOON + minutes(40)).find(world.actor(), booking.id)

    assert (started.state, started.started_at, started.actions) == (State.IN_USE, NOON, ("finish", "extend", "shorten"))
    assert (ended.state, ended.finished_at, ended.fee, ended.price) == (
        State.COMPLETED,
        NOON + minutes(40),
        euros("0.00"),
        euros("0.00"),
    )
    assert [(line.unit, str(line.quantity)) for line in ended.quote.lines] == [("h", "1"), ("km", "30")]
    assert found == ended
    assert await world.rows("SELECT start_readings->>'odometer_km', finish_readings->>'soc' FROM bookings") == [
        ("1000", "61")
    ]


async def test_a_code_of_another_car_does_not_start_this_one(world: World) -> None:
    car = world.city.cars[0]
    booking = await world.booked(State.CONFIRMED, car)
    async with world.database.app.transactions.city(world.city.city) as connection:
        await connection.execute(
            text("UPDATE resources SET code = 'BS-1' WHERE city = :city AND id = :id"),
            {"city": world.city.city, "id": car.id},
        )
    books, ada = world.at(NOON), world.actor()
    await world.licensed(ada)

    other = await books.start(a_call(ada), StartBooking(booking.id, Readings(), "BS-2"))
    right = await books.start(a_call(ada), StartBooking(booking.id, Readings(), "BS-1"))

    assert other == Answer(409, "text/plain", "code_does_not_fit")
    assert view_of(right).state is State.IN_USE


async def test_an_early_finish_frees_the_rest_but_for_the_turnaround(world: World) -> None:
    car = world.city.cars[1]
    booking = await world.booked(State.IN_USE, car)
    assert await world.claims(car) == [("booking", NOON, NOON + minutes(75))]

    at = NOON + minutes(20)
    await world.at(at).finish(a_call(world.actor()), FinishBooking(booking.id, Readings()))

    assert await world.claims(car) == [("buffer", at, at + minutes(15))]


async def test_a_late_finish_gives_way_to_the_next_claim(world: World) -> None:
    car = world.city.cars[1]
    booking = await world.booked(State.IN_USE, car)
    after = an_order(car, holder="grace", period=Period(NOON + minutes(75), NOON + hours(2)))
    following = await world.booked(State.CONFIRMED, car, order=after)

    await world.at(NOON + minutes(70)).finish(a_call(world.actor()), FinishBooking(booking.id, Readings()))

    assert await world.state(booking) == ("completed", 4)
    assert await world.claims(car) == [("booking", following.start, following.end + minutes(15))]


@pytest.mark.parametrize(("asked", "fee"), [(True, "0.00"), (False, "2.40")])
async def test_whoever_could_not_begin_as_no_deposit_was_asked_for_pays_nothing(
    world: World, asked: bool, fee: str
) -> None:
    deposit = DepositAsked(euros("150.00"), 0) if asked else None
    trips = []
    for point in world.city.charge_points[:2]:
        trip = replace(a_booking(State.CONFIRMED, point), id=BookingId(new_id()))
        trips.append(await world.place(replace(trip, terms=replace(trip.terms, deposit=deposit)), point))
    cancelled = view_of(await world.at(NOON).cancel(a_call(world.actor()), CancelBooking(trips[0].id)))
    await world.at(trips[1].end).close_unused(world.city.city, trips[1].id)
    unused = await world.at(trips[1].end).find(world.actor(), trips[1].id)
    assert isinstance(unused, BookingView)
    assert (cancelled.fee, unused.fee) == (euros(fee), euros(fee))
