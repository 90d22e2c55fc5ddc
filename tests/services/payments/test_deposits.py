"""The deposit beside the price: held on the card that is known, let go, or taken in part, and never twice."""

from datetime import timedelta

import msgspec

from domain.booking.bookings import State
from domain.booking.deposits import no_deposit
from domain.booking.events import NotPossible
from domain.booking.resources import Service
from domain.booking.terms import DepositAsked
from domain.refusals import Refusal
from tests.examples import euros
from tests.services.payments.faults import Fault, FaultyGateway, Fuse
from tests.services.payments.test_settling import provider
from tests.services.payments.world import ASKS, FAILS_LATER, VISA, code, memory_world, shown

ASKED = DepositAsked(euros("150.00"), 2 * 86400)
PRICE = ("booking", "captured", 480, 480, 0)


async def test_a_deposit_is_held_a_day_before_the_start_and_let_go_two_days_after_the_end() -> None:
    world = memory_world()
    booking = await world.booking(starts_in=timedelta(days=3), deposit=ASKED)
    await world.pay(booking, VISA)
    await world.work()
    ahead = await world.money(booking)
    world.clock.pass_by(days=2, minutes=1)
    await world.work()
    before = await world.money(booking)
    world.clock.pass_by(days=1)
    await world.end(booking, State.COMPLETED, euros("4.80"))
    await world.work()
    world.clock.pass_by(days=1, hours=23)
    await world.work()
    kept = await world.money(booking)
    world.clock.pass_by(hours=2)
    await world.work()

    assert ahead == [("booking", "authorised", 480, 0, 0)]
    assert before == [*ahead, ("deposit", "authorised", 15000, 0, 0)]
    assert kept == [PRICE, ("deposit", "authorised", 15000, 0, 0)]
    assert await world.money(booking) == [PRICE, ("deposit", "released", 15000, 0, 0)]


async def test_a_part_is_taken_for_damage_once_and_the_rest_goes_back() -> None:
    world = memory_world()
    booking = await world.booking(deposit=ASKED)
    await world.pay(booking, VISA)
    await world.work()
    early = await world.claim_deposit(booking, 9000)
    await world.end(booking, State.COMPLETED, euros("4.80"))
    await world.work()
    too_much = await world.claim_deposit(booking, 15001)
    first = await world.claim_deposit(booking, 9000, key="one")
    again = await world.claim_deposit(booking, 9000, key="one")
    await world.work()
    second = await world.claim_deposit(booking, 100)

    assert [code(early), code(too_much), code(second)] == ["wrong_state", "more_than_deposit", "deposit_claimed"]
    assert (first.body, first.status, again.replayed) == (again.body, 200, True)
    assert msgspec.json.decode(first.body)["fee"] == {"amount": 9480, "currency": "EUR"}
    assert await world.money(booking) == [PRICE, ("deposit", "captured", 15000, 9000, 0)]


async def test_what_was_let_go_is_not_claimed_and_no_card_is_charged_for_it() -> None:
    world = memory_world()
    booking = await world.booking(deposit=ASKED)
    await world.pay(booking, VISA)
    await world.work()
    await world.end(booking, State.COMPLETED, euros("4.80"))
    await world.work()
    world.clock.pass_by(days=2, minutes=1)
    await world.work()

    assert code(await world.claim_deposit(booking, 9000)) == "deposit_gone"
    await world.work()
    assert await world.money(booking) == [PRICE, ("deposit", "released", 15000, 0, 0)]


async def test_a_price_above_its_hold_is_not_taken_of_the_deposit() -> None:
    world = memory_world()
    booking = await world.booking(deposit=ASKED)
    await world.pay(booking, VISA)
    await world.work()
    await world.end(booking, State.COMPLETED, euros("7.20"))
    await world.work()

    assert await world.money(booking) == [
        PRICE,
        ("deposit", "authorised", 15000, 0, 0),
        ("remainder", "captured", 240, 240, 0),
    ]


async def test_without_its_deposit_no_use_begins_and_its_holder_mends_that_herself() -> None:
    world = memory_world()
    booking = await world.booking(deposit=ASKED)
    await world.pay(booking, ASKS)
    provider(world).authenticated(await world.payment(booking))
    await world.payments.refresh(world.city, booking.id)
    await world.work()

    async def why() -> Refusal[NotPossible] | None:
        return no_deposit(
            await world.office.booking(booking.id), await world.office.payments(booking.id), world.clock()
        )

    assert await world.state(booking) is State.CONFIRMED
    assert await world.money(booking) == [("booking", "authorised", 480, 0, 0), ("deposit", "failed", 15000, 0, 0)]
    assert await why() == Refusal(NotPossible.DEPOSIT_REQUIRED)
    due = shown(await world.pay(booking))
    assert (due.amount, due.state, due.expires_at) == (euros("150.00"), "requires_payment_method", booking.end)
    assert await why() == Refusal(NotPossible.DEPOSIT_REQUIRED)
    assert shown(await world.pay(booking, VISA)).id == due.id
    await world.work()
    assert await why() is None
    assert (await world.money(booking))[-1] == ("deposit_in_person", "authorised", 15000, 0, 0)
    assert shown(await world.pay(booking)).amount == euros("4.80"), "nothing is left to be held"


async def test_whoever_pays_again_has_the_deposit_asked_for_at_once_where_the_provider_was_down() -> None:
    world = memory_world()
    booking = await world.booking(deposit=ASKED)
    await world.pay(booking, VISA)
    real = provider(world)
    world.gateway = FaultyGateway(real, Fuse(lambda _point: Fault.TIMEOUT))
    await world.work()
    world.gateway = real
    await world.work()
    waits = (await world.money(booking))[-1]
    await world.pay(booking)
    await world.work()

    assert waits == ("deposit", "requires_payment_method", 15000, 0, 0)
    assert (await world.money(booking))[-1] == ("deposit", "authorised", 15000, 0, 0)


async def test_a_deposit_that_lapses_during_a_long_use_is_held_anew() -> None:
    world = memory_world()
    booking = await world.booking(Service.FLEET, starts_in=timedelta(hours=1), lasts=timedelta(days=5), deposit=ASKED)
    await world.pay(booking, VISA)
    await world.work()
    held = await world.payment(booking)
    world.clock.pass_by(days=4, hours=19)
    provider(world).expired(held)
    await world.payments.complete(world.city, held.id)
    await world.work()

    assert [(purpose, state) for purpose, state, *_ in await world.money(booking)] == [
        ("booking", "authorised"),
        ("deposit", "released"),
        ("deposit", "authorised"),
    ]


async def test_more_time_is_held_by_itself_and_not_taken_for_covered_by_the_deposit() -> None:
    world = memory_world()
    booking = await world.booking(deposit=ASKED)
    await world.pay(booking, VISA)
    await world.work()
    assert await world.extend(booking, timedelta(hours=1)) is None
    await world.work()

    assert sorted(await world.money(booking)) == [
        ("booking", "authorised", 480, 0, 0),
        ("deposit", "authorised", 15000, 0, 0),
        ("extension", "authorised", 240, 0, 0),
    ]


async def test_a_booking_whose_price_is_not_held_any_more_asks_for_no_deposit() -> None:
    world = memory_world()
    booking = await world.booking(Service.FLEET, starts_in=timedelta(days=10), lasts=timedelta(days=2), deposit=ASKED)
    await world.pay(booking, FAILS_LATER)
    world.clock.pass_by(days=9, minutes=1)
    await world.work()

    assert await world.money(booking) == [("booking", "saved", 9000, 0, 0), ("later_hold", "failed", 9000, 0, 0)]
    assert shown(await world.pay(booking)).amount == euros("90.00")
