"""What becomes of the money for more time, and for less; books and provider in memory."""

from datetime import timedelta

import pytest

from domain.booking.bookings import Booking, State
from domain.booking.resources import Service
from tests.examples import euros
from tests.fakes.gateway import FakeGateway
from tests.fakes.payment_books import MemoryBooks
from tests.services.payments.faults import Fault, FaultyGateway, Fuse
from tests.services.payments.world import ASKS, DECLINES, VISA, World, code, memory_world, shown

HOUR = timedelta(hours=1)
HELD = ("booking", "authorised", 480, 0, 0)


def provider(world: World) -> FakeGateway:
    assert isinstance(world.gateway, FakeGateway)
    return world.gateway


async def paid(world: World, method: str = VISA, days: int = 1) -> Booking:
    """Two hours tomorrow, or later, for 4.80, held on a card."""
    booking = await world.booking(starts_in=timedelta(days=days))
    await world.pay(booking, method)
    if method == ASKS:
        provider(world).authenticated(await world.payment(booking))
        world.clock.pass_by(minutes=1)
    await world.work()
    assert await world.money(booking) == [HELD]
    return booking


async def stands(world: World, booking: Booking) -> tuple[timedelta, int, bool]:
    """How much longer it is than it was, what it takes, and whether more time waits."""
    now = await world.office.booking(booking.id)
    return now.end - booking.end, now.quote.due_now.amount, now.waiting is not None


async def test_the_card_that_is_known_is_asked_and_the_booking_is_longer_at_once() -> None:
    world = memory_world()
    booking = await paid(world)
    await world.extend(booking, HOUR)
    assert await stands(world, booking) == (HOUR, 720, False)
    assert await world.money(booking) == [HELD, ("extension", "authorised", 240, 0, 0)]
    assert await world.work() == ["booking.extension_asked", "payment.authorised", "booking.extended"]


async def test_a_card_that_wants_its_holder_leaves_it_to_her() -> None:
    world = memory_world()
    booking = await paid(world, ASKS)
    await world.extend(booking, HOUR)
    assert await stands(world, booking) == (timedelta(), 480, True)
    refused = ("extension", "failed", 240, 0, 0)
    assert await world.money(booking) == [HELD, refused]

    asked = shown(await world.pay(booking, ASKS))
    waiting = (await world.office.booking(booking.id)).waiting
    assert waiting is not None
    assert (asked.state, asked.amount, asked.expires_at) == ("requires_action", euros("2.40"), waiting.expires_at)
    assert shown(await world.pay(booking)).id == asked.id
    provider(world).authenticated(await world.payment(booking))
    await world.payments.refresh(world.city, booking.id)
    assert await stands(world, booking) == (HOUR, 720, False)
    assert await world.money(booking) == [HELD, refused, ("extension_in_person", "authorised", 240, 0, 0)]
    assert shown(await world.pay(booking)).amount == euros("4.80")


async def test_a_declined_card_leaves_the_extension_and_the_next_card_pays() -> None:
    world = memory_world()
    booking = await paid(world, ASKS)
    await world.extend(booking, HOUR)
    assert code(await world.pay(booking, DECLINES)) == "payment_declined"
    assert await stands(world, booking) == (timedelta(), 480, True)
    assert shown(await world.pay(booking, VISA)).state == "authorised"
    assert await stands(world, booking) == (HOUR, 720, False)


async def test_nobody_pays_for_more_once_its_time_is_over() -> None:
    world = memory_world()
    booking = await paid(world, ASKS)
    await world.extend(booking, HOUR)
    world.clock.pass_by(minutes=10)
    assert code(await world.pay(booking, VISA)) == "wrong_state"
    assert await world.lapse(booking) is None
    assert await stands(world, booking) == (timedelta(), 480, False)


async def late(world: World) -> Booking:
    """The holder comes back from her bank when the ten minutes are over; nobody has noticed yet."""
    booking = await paid(world, ASKS)
    await world.extend(booking, HOUR)
    await world.pay(booking, ASKS)
    world.clock.pass_by(minutes=10)
    provider(world).authenticated(await world.payment(booking))
    return booking


async def test_a_success_after_the_ten_minutes_takes_the_time_again_if_it_is_free() -> None:
    world = memory_world()
    booking = await late(world)
    await world.lapse(booking)
    assert await stands(world, booking) == (HOUR, 720, False)
    assert (await world.money(booking))[-1] == ("extension_in_person", "authorised", 240, 0, 0)
    assert [kind for kind in await world.work() if kind.startswith("booking.")] == [
        "booking.extension_asked",
        "booking.extension_lapsed",
        "booking.extended",
    ]


async def test_a_success_after_the_ten_minutes_goes_back_if_the_time_is_taken() -> None:
    world = memory_world()
    booking = await late(world)
    assert isinstance(world.books, MemoryBooks)
    world.books.taken.add(booking.id)
    await world.lapse(booking)
    assert await stands(world, booking) == (timedelta(), 480, False)
    assert (await world.money(booking))[-1] == ("extension_in_person", "released", 240, 0, 0)
    assert [kind for kind in await world.work() if kind.startswith("booking.")] == [
        "booking.extension_asked",
        "booking.extension_lapsed",
        "booking.extension_lost",
    ]
    assert await world.state(booking) is State.CONFIRMED


async def test_a_payment_that_is_not_finished_in_time_is_withdrawn() -> None:
    world = memory_world()
    booking = await paid(world, ASKS)
    await world.extend(booking, HOUR)
    await world.pay(booking, ASKS)
    world.clock.pass_by(minutes=10)
    await world.lapse(booking)
    assert await stands(world, booking) == (timedelta(), 480, False)
    assert (await world.money(booking))[-1] == ("extension_in_person", "released", 240, 0, 0)
    assert provider(world).intents[(await world.payment(booking)).id].state.value == "released"


async def test_what_was_asked_for_before_does_not_pay_for_what_is_asked_for_now() -> None:
    world = memory_world()
    booking = await paid(world, ASKS)
    await world.extend(booking, HOUR)
    await world.pay(booking, ASKS)
    first = await world.payment(booking)
    await world.shorten(booking, timedelta())
    assert (await world.payment(booking)).state.value == "released"
    await world.extend(booking, 2 * HOUR)
    assert await stands(world, booking) == (timedelta(), 480, True)
    assert shown(await world.pay(booking, VISA)).amount == euros("4.80")
    assert await stands(world, booking) == (2 * HOUR, 960, False)
    assert (await world.office.payments(booking.id))[2] == await world.books.find(world.city, first.id)


async def test_a_provider_that_is_down_leaves_it_waiting_and_the_completer_asks_again() -> None:
    world = memory_world()
    booking = await paid(world)
    real = provider(world)
    world.gateway = FaultyGateway(real, Fuse(lambda _point: Fault.TIMEOUT))
    await world.extend(booking, HOUR)
    assert await stands(world, booking) == (timedelta(), 480, True)
    world.gateway = real
    world.clock.pass_by(minutes=2)
    await world.work()
    assert await stands(world, booking) == (HOUR, 720, False)


async def test_what_is_given_back_is_not_held_any_longer_than_it_has_to_be() -> None:
    world = memory_world()
    booking = await paid(world, days=2)
    await world.extend(booking, HOUR)
    await world.shorten(booking, timedelta())
    assert await stands(world, booking) == (timedelta(), 480, False)
    assert await world.money(booking) == [HELD, ("extension", "released", 240, 0, 0)]


@pytest.mark.parametrize(
    ("owed", "taken"),
    [
        ("7.20", [480, 240]),
        ("6.00", [480, 120]),
        ("4.80", [480, 0]),
        ("3.00", [300, 0]),
        ("0.00", [0, 0]),
        ("8.00", [480, 240, 80]),
    ],
)
async def test_of_several_holds_so_much_is_taken_as_is_owed(owed: str, taken: list[int]) -> None:
    world = memory_world()
    booking = await paid(world)
    await world.extend(booking, HOUR)
    await world.end(booking, State.COMPLETED, euros(owed))
    await world.work()
    assert [captured for *_, captured, _ in await world.money(booking)] == taken
    assert not {state for _, state, *_ in await world.money(booking)} & {"authorised", "requires_action"}


async def test_on_a_saved_card_more_time_is_held_with_the_rest() -> None:
    world = memory_world()
    booking = await world.booking(Service.FLEET, starts_in=timedelta(days=10), lasts=timedelta(hours=4))
    await world.pay(booking, VISA)
    await world.extend(booking, HOUR)
    assert await stands(world, booking) == (HOUR, 2500, False)
    world.clock.pass_by(days=9, minutes=1)
    await world.work()
    assert await world.money(booking) == [("booking", "saved", 2000, 0, 0), ("later_hold", "authorised", 2500, 0, 0)]
    await world.extend(await world.office.booking(booking.id), HOUR)
    assert (await world.money(booking))[-1] == ("extension", "authorised", 500, 0, 0)


async def test_a_booking_that_ends_while_more_time_waits_keeps_nothing_of_it() -> None:
    world = memory_world()
    booking = await paid(world, ASKS)
    await world.extend(booking, HOUR)
    await world.pay(booking, ASKS)
    await world.end(booking, State.COMPLETED, euros("4.80"))
    await world.work()
    assert await world.money(booking) == [
        ("booking", "captured", 480, 480, 0),
        ("extension", "failed", 240, 0, 0),
        ("extension_in_person", "released", 240, 0, 0),
    ]
