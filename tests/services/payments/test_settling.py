"""What becomes of a booking's money, from the first card to the last cent; books and provider in memory."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.booking.bookings import ReasonCode, State
from domain.booking.resources import Service
from domain.money import Money
from services.calls import Unavailable
from tests.examples import euros
from tests.fakes.gateway import FakeGateway
from tests.fakes.payment_books import MemoryBooks
from tests.services.payments.faults import Fault, FaultyGateway, Fuse
from tests.services.payments.world import ASKS, DECLINES, FAILS_LATER, VISA, World, code, memory_world, shown

FAR, LONG = timedelta(days=10), timedelta(days=2)


def provider(world: World) -> FakeGateway:
    assert isinstance(world.gateway, FakeGateway)
    return world.gateway


def books(world: World) -> MemoryBooks:
    assert isinstance(world.books, MemoryBooks)
    return world.books


async def test_a_hold_is_captured_up_to_what_the_use_cost_and_the_rest_let_go() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, VISA)
    await world.end(booking, State.COMPLETED, euros("3.00"))
    await world.work()
    assert await world.money(booking) == [("booking", "captured", 480, 300, 0)]


async def test_what_a_hold_does_not_cover_is_charged_to_its_card_afterwards_and_once() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, VISA)
    await world.end(booking, State.COMPLETED, euros("7.20"))
    await world.work()
    await world.payments.settle(world.city, booking.id)
    assert await world.money(booking) == [
        ("booking", "captured", 480, 480, 0),
        ("remainder", "captured", 240, 240, 0),
    ]


@pytest.mark.parametrize(
    ("cost", "money"),
    [
        ("0.50", [("booking", "captured", 480, 50, 0)]),
        ("0.49", [("booking", "released", 480, 0, 0)]),
        ("5.30", [("booking", "captured", 480, 480, 0), ("remainder", "captured", 50, 50, 0)]),
        ("5.29", [("booking", "captured", 480, 480, 0)]),
    ],
)
async def test_no_card_is_asked_for_less_than_the_provider_takes(cost: str, money: list[tuple[object, ...]]) -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, VISA)
    await world.end(booking, State.COMPLETED, euros(cost))
    await world.work()
    await world.payments.settle(world.city, booking.id)
    assert await world.money(booking) == money


async def test_a_free_cancellation_lets_the_hold_go() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, VISA)
    await world.end(booking, State.CANCELLED, euros("0.00"))
    assert await world.work() == ["payment.authorised", "booking.confirmed", "booking.cancelled", "payment.released"]
    assert await world.money(booking) == [("booking", "released", 480, 0, 0)]


async def test_the_fee_of_a_cancellation_is_captured_to_the_cent() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, VISA)
    await world.end(booking, State.CANCELLED, euros("2.40"))
    await world.work()
    assert await world.money(booking) == [("booking", "captured", 480, 240, 0)]


async def test_the_fee_of_whoever_did_not_come_is_captured_to_the_cent() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, VISA)
    await world.end(booking, State.NO_SHOW, euros("3.60"))
    await world.work()
    assert await world.money(booking) == [("booking", "captured", 480, 360, 0)]


async def test_of_a_first_month_that_was_paid_what_is_not_owed_goes_back() -> None:
    world = memory_world()
    booking = await world.booking(Service.BIKE_LEASING, lasts=timedelta(days=90))
    paid = shown(await world.pay(booking, VISA))
    assert (paid.state, paid.amount) == ("captured", euros("29.00"))
    assert await world.state(booking) is State.CONFIRMED
    await world.end(booking, State.CANCELLED, euros("9.00"))
    await world.work()
    assert await world.money(booking) == [("booking", "captured", 2900, 2900, 2000)]


async def test_a_first_month_that_is_not_owed_at_all_goes_back_whole() -> None:
    world = memory_world()
    booking = await world.booking(Service.BIKE_LEASING, lasts=timedelta(days=90))
    await world.pay(booking, VISA)
    await world.end(booking, State.CANCELLED, euros("0.00"))
    await world.work()
    assert await world.money(booking) == [("booking", "refunded", 2900, 2900, 2900)]


async def test_what_somebody_gave_back_out_of_goodwill_is_not_asked_for_again() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, VISA)
    await world.end(booking, State.COMPLETED, euros("4.80"))
    await world.work()
    payment = await world.payment(booking)
    await provider(world).give_back(world.city, replace(payment, refunds=99), 100)
    await world.payments.complete(world.city, payment.id)
    intent = provider(world).intents[payment.id]
    assert (intent.captured, intent.refunded) == (480, 100)
    assert len(await world.money(booking)) == 1


async def test_for_a_use_far_ahead_the_card_is_saved_and_held_a_day_before() -> None:
    world = memory_world()
    booking = await world.booking(Service.FLEET, starts_in=FAR, lasts=LONG)
    saved = shown(await world.pay(booking, VISA))
    assert (saved.kind, saved.state, saved.amount) == ("setup", "saved", euros("90.00"))
    assert await world.state(booking) is State.CONFIRMED
    await world.work()
    world.clock.pass_by(days=8, hours=23)
    await world.work()
    assert await world.money(booking) == [("booking", "saved", 9000, 0, 0)]
    world.clock.pass_by(hours=1, minutes=1)
    await world.work()
    assert await world.money(booking) == [("booking", "saved", 9000, 0, 0), ("later_hold", "authorised", 9000, 0, 0)]


async def test_a_hold_that_is_refused_a_day_before_leaves_time_to_pay_in_person() -> None:
    world = memory_world()
    booking = await world.booking(Service.FLEET, starts_in=FAR, lasts=LONG)
    await world.pay(booking, FAILS_LATER)
    world.clock.pass_by(days=9, minutes=1)
    assert (await world.work())[-1] == "payment.failed"
    assert await world.state(booking) is State.CONFIRMED
    again = shown(await world.pay(booking))
    assert (again.kind, again.state, again.expires_at) == (
        "payment",
        "requires_payment_method",
        booking.start - timedelta(hours=2),
    )
    assert shown(await world.pay(booking, VISA)).id == again.id
    world.clock.pass_by(hours=23)
    await world.work()
    assert await world.state(booking) is State.CONFIRMED
    assert await world.money(booking) == [
        ("booking", "saved", 9000, 0, 0),
        ("later_hold", "failed", 9000, 0, 0),
        ("booking", "authorised", 9000, 0, 0),
    ]


async def test_a_booking_that_is_not_paid_two_hours_before_its_start_goes_free_of_charge() -> None:
    world = memory_world()
    booking = await world.booking(Service.FLEET, starts_in=FAR, lasts=LONG)
    await world.pay(booking, FAILS_LATER)
    world.clock.pass_by(days=9, minutes=1)
    await world.work()
    begun = shown(await world.pay(booking, ASKS))
    assert begun.state == "requires_action"
    world.clock.pass_by(hours=21, minutes=58)
    await world.work()
    assert await world.state(booking) is State.CONFIRMED
    world.clock.pass_by(minutes=2)
    assert code(await world.pay(booking, DECLINES)) == "too_late_to_pay"
    await world.work()
    cancelled = await world.office.booking(booking.id)
    assert (cancelled.state, cancelled.reason_code, cancelled.fee) == (
        State.CANCELLED,
        ReasonCode.PAYMENT_FAILED,
        Money(0, "EUR"),
    )
    assert await world.money(booking) == [
        ("booking", "saved", 9000, 0, 0),
        ("later_hold", "failed", 9000, 0, 0),
        ("booking", "released", 9000, 0, 0),
    ]


async def test_a_saved_card_pays_the_fee_of_a_cancellation_before_any_hold() -> None:
    world = memory_world()
    booking = await world.booking(Service.FLEET, starts_in=FAR, lasts=LONG)
    await world.pay(booking, VISA)
    await world.end(booking, State.CANCELLED, euros("45.00"))
    await world.work()
    assert await world.money(booking) == [("booking", "saved", 9000, 0, 0), ("remainder", "captured", 4500, 4500, 0)]


async def test_a_hold_that_ended_during_the_use_is_taken_again() -> None:
    world = memory_world()
    booking = await world.booking(Service.FLEET, starts_in=timedelta(hours=1), lasts=timedelta(days=5))
    await world.pay(booking, VISA)
    held = await world.payment(booking)
    assert held.capture_before is not None
    world.clock.pass_by(days=4, hours=19)
    provider(world).expired(held)
    await world.payments.complete(world.city, held.id)
    await world.work()
    assert [(purpose, state) for purpose, state, *_ in await world.money(booking)] == [
        ("booking", "released"),
        ("later_hold", "authorised"),
    ]


async def test_the_end_of_a_hold_is_noticed_without_any_message() -> None:
    world = memory_world()
    booking = await world.booking(Service.FLEET, starts_in=timedelta(hours=1), lasts=timedelta(days=5))
    await world.pay(booking, VISA)
    provider(world).expired(await world.payment(booking))
    world.clock.pass_by(days=7, minutes=2)
    await world.work()
    assert [state for _, state, *_ in await world.money(booking)] == ["released"]


async def test_of_a_use_whose_hold_ended_before_it_all_is_charged_to_the_card() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, VISA)
    provider(world).expired(await world.payment(booking))
    await world.end(booking, State.COMPLETED, euros("4.80"))
    await world.work()
    assert await world.money(booking) == [("booking", "released", 480, 0, 0), ("remainder", "captured", 480, 480, 0)]


async def test_a_remainder_that_is_refused_is_not_tried_again() -> None:
    world = memory_world()
    booking = await world.booking(Service.FLEET, starts_in=FAR, lasts=LONG)
    await world.pay(booking, FAILS_LATER)
    await world.end(booking, State.CANCELLED, euros("45.00"))
    assert (await world.work())[-1] == "payment.failed"
    for _ in range(3):
        world.clock.pass_by(days=1)
        await world.work()
    assert await world.money(booking) == [("booking", "saved", 9000, 0, 0), ("remainder", "failed", 4500, 0, 0)]


async def test_a_success_after_expiry_takes_the_time_again_if_it_is_free() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, ASKS)
    world.clock.pass_by(minutes=16)
    await world.end(booking, State.EXPIRED, euros("0.00"))
    provider(world).authenticated(await world.payment(booking))
    await world.work()
    regained = await world.office.booking(booking.id)
    assert (regained.state, regained.reason_code, regained.fee) == (State.CONFIRMED, None, None)
    assert await world.money(booking) == [("booking", "authorised", 480, 0, 0)]


async def test_a_success_after_expiry_goes_back_if_the_time_is_taken() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, ASKS)
    world.clock.pass_by(minutes=16)
    await world.end(booking, State.EXPIRED, euros("0.00"))
    books(world).taken.add(booking.id)
    provider(world).authenticated(await world.payment(booking))
    assert (await world.work())[-1] == "payment.released"
    assert await world.state(booking) is State.EXPIRED
    assert await world.money(booking) == [("booking", "released", 480, 0, 0)]


async def test_what_nobody_paid_by_expiry_is_withdrawn() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking)
    world.clock.pass_by(minutes=16)
    await world.end(booking, State.EXPIRED, euros("0.00"))
    await world.work()
    assert await world.money(booking) == [("booking", "released", 480, 0, 0)]


async def test_an_authentication_is_noticed_without_any_message() -> None:
    world = memory_world()
    booking = await world.booking()
    await world.pay(booking, ASKS)
    provider(world).authenticated(await world.payment(booking))
    world.clock.pass_by(minutes=1)
    await world.work()
    assert await world.state(booking) is State.CONFIRMED


async def test_a_payment_whose_key_is_forgotten_is_found_and_not_made_again() -> None:
    world = memory_world()
    booking = await world.booking(starts_in=FAR, hold_lasts=timedelta(days=2))
    real = provider(world)
    world.gateway = FaultyGateway(real, Fuse(lambda point: Fault.TIMEOUT if point == 4 else None))
    with pytest.raises(Unavailable):
        await world.pay(booking, VISA)
    assert len(real.made) == 1
    world.clock.pass_by(hours=25)
    real.forget_keys()
    assert shown(await world.pay(booking, VISA)).state == "saved"
    assert len(real.made) == 1
