"""What the clock does to bookings, with nobody asking: as often as it likes, and only where it is due."""

from datetime import datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from adapters.database.housekeeping import Housekeeping
from domain.booking.approval import Approval, ApprovalState
from domain.booking.bookings import BookingId, Readings, State
from domain.booking.changing import ExtendBooking
from domain.booking.life import FinishBooking
from domain.identity import SYSTEM
from domain.payments.payments import PaymentId, PaymentState, Purpose
from infra.ids import new_id
from tests.adapters.database.lives import World
from tests.examples import NOON, a_booking, a_call, a_payment, hours, minutes

pytestmark = pytest.mark.database


async def test_a_lapsed_hold_expires_and_frees_its_time(world: World) -> None:
    booking = await world.booked(State.HELD)
    assert booking.hold_expires_at is not None
    await world.at(booking.hold_expires_at - minutes(1)).expire(world.city.city, booking.id)
    assert await world.state(booking) == ("held", 1)

    for _ in range(2):
        await world.at(booking.hold_expires_at).expire(world.city.city, booking.id)

    assert await world.state(booking) == ("expired", 2)
    assert await world.claims(world.city.charge_points[0]) == []
    assert await world.happened(booking) == (["booking.expired"], ["booking.expired"])
    assert await world.rows("SELECT actor_id FROM audit") == [(SYSTEM,)]
    assert await world.rows("SELECT count(*) FROM callers") == [(0,)]


async def test_what_nobody_approved_in_time_expires_and_says_so(world: World) -> None:
    car, due = world.city.cars[1], NOON - hours(40)
    approval = Approval(ApprovalState.PENDING, due)
    waiting = replace(a_booking(State.HELD, car), id=BookingId(new_id()), approval=approval, hold_expires_at=due)
    await world.place(waiting, car)

    await world.at(due).expire(world.city.city, waiting.id)

    assert await world.rows("SELECT state, reason_code, approval->>'state' FROM bookings") == [
        ("expired", "approval_missed", "missed")
    ]
    assert await world.claims(car) == []


async def test_several_holds_expire_at_once_whatever_became_of_some(world: World) -> None:
    first, second = world.city.charge_points
    lapsed, given_back = await world.booked(State.HELD, first), await world.booked(State.CANCELLED, second)

    await world.at(NOON).expire_holds(world.city.city, [given_back.id, new_id(), lapsed.id])

    assert await world.state(lapsed) == ("expired", 2)
    assert await world.state(given_back) == ("cancelled", 3)


async def test_a_booking_nobody_came_for_is_closed_at_its_end(world: World) -> None:
    booking = await world.booked(State.CONFIRMED)
    await world.at(NOON + minutes(59)).close_unused(world.city.city, booking.id)
    assert await world.state(booking) == ("confirmed", 2)

    await world.at(NOON + hours(1)).close_unused(world.city.city, booking.id)

    assert await world.rows("SELECT state, reason_code, fee->>'amount' FROM bookings") == [
        ("no_show", "not_started", "240")
    ]
    assert await world.claims(world.city.charge_points[0]) == []
    assert await world.happened(booking) == (["booking.not_used"], ["booking.not_used"])


async def test_where_the_terms_name_a_grace_the_rest_of_the_time_is_free_for_others(world: World) -> None:
    booking = a_booking(State.CONFIRMED, world.city.charge_points[0])
    terms = replace(booking.terms, no_show_from=NOON + minutes(15))
    await world.place(replace(booking, id=BookingId(new_id()), terms=terms))
    house = Housekeeping(world.database.relay.statements)

    async def due_here(now: datetime) -> list[BookingId]:
        return [booking_id for city, booking_id in await house.unused_bookings(now, 10_000) if city == world.city.city]

    assert await due_here(NOON + minutes(14)) == []
    (missed,) = await due_here(NOON + minutes(15))
    await world.at(NOON + minutes(15)).close_unused(world.city.city, missed)

    assert await world.rows("SELECT state, fee->>'amount' FROM bookings") == [("no_show", "240")]
    assert await world.claims(world.city.charge_points[0]) == []
    assert await due_here(NOON + hours(2)) == []


async def test_a_booking_whose_saved_card_was_refused_is_cancelled_by_the_clock(world: World) -> None:
    point = world.city.charge_points[0]
    booking = replace(a_booking(State.CONFIRMED, point), id=BookingId(new_id()))
    refused = a_payment(booking, PaymentState.FAILED, id=PaymentId(new_id()), purpose=Purpose.LATER_HOLD)
    await world.place(booking, point, refused)

    await world.at(NOON - hours(3)).cancel_unsecured(world.city.city, booking.id)
    assert await world.state(booking) == ("confirmed", 2)
    await world.at(NOON - hours(2)).cancel_unsecured(world.city.city, booking.id)

    assert await world.rows("SELECT state, reason_code, fee->>'amount' FROM bookings") == [
        ("cancelled", "payment_failed", "0")
    ]
    assert await world.claims(point) == []


async def test_what_the_sweeps_find_is_overdue_or_waits_too_long_and_nothing_else(world: World) -> None:
    point, other = world.city.charge_points
    used, waiting = await world.booked(State.IN_USE, point), a_booking(State.CONFIRMED, other)
    waiting = replace(waiting, id=BookingId(new_id()), hold_expires_at=None)
    await world.place(waiting, other, a_payment(waiting, id=PaymentId(new_id())))
    asked_at = NOON - hours(3)
    await world.at(asked_at).extend(a_call(world.actor()), ExtendBooking(waiting.id, NOON + hours(2)))
    house, city = Housekeeping(world.database.relay.statements), world.city.city

    async def overdue(at: datetime) -> list[UUID]:
        return [found for where, found in await house.overdue_uses(at, 1000) if where == city]

    async def unpaid(at: datetime) -> list[UUID]:
        return [found for where, found in await house.lapsed_extensions(at, 1000) if where == city]

    end = used.end
    assert (await overdue(end - minutes(2)), await overdue(end - minutes(1))) == ([], [used.id])
    await world.at(end).keep_overdue(city, used.id)
    assert (await overdue(end + minutes(13)), await overdue(end + minutes(14))) == ([], [used.id])
    assert (await unpaid(asked_at + minutes(9)), await unpaid(asked_at + minutes(10))) == ([], [waiting.id])
    await world.at(asked_at + minutes(10)).lapse_extension(city, waiting.id)
    assert await unpaid(NOON) == []
    await world.at(end + hours(1)).finish(a_call(world.actor()), FinishBooking(used.id, Readings()))
    assert await overdue(end + hours(9)) == []


async def test_who_has_not_answered_is_reminded_once_and_then_the_operators_are_asked(world: World) -> None:
    car, due, started = world.city.cars[1], NOON - hours(1), NOON - hours(9)
    steps = Approval(ApprovalState.PENDING, due, remind_at=started + hours(2), escalate_at=started + hours(4))
    waiting = replace(a_booking(State.HELD, car), id=BookingId(new_id()), approval=steps, hold_expires_at=due)
    await world.place(waiting, car)
    house = Housekeeping(world.database.relay.statements)
    for at, found in ((1, False), (2, True), (3, False), (4, True), (5, False)):
        due_now = await house.to_ask_again(started + hours(at), 100)
        assert ((world.city.city, waiting.id) in due_now) is found
        for _ in range(2):
            await world.at(started + hours(at)).ask_again(world.city.city, waiting.id)
    told = ["booking.approval_escalated", "booking.approval_reminded"]
    assert await world.happened(waiting) == (told, told)
