"""A holder pays, with Stripe's SDK on the sandbox."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.booking.bookings import State
from tests.adapters.payments.sandbox.running import Running, eventually
from tests.database import Databases
from tests.services.payments.world import ASKS, DECLINES, VISA, World, code, shown, stripe_world

pytestmark = [pytest.mark.database, pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")]


@pytest.fixture
async def place(database: Databases, tmp_path: Path) -> AsyncIterator[tuple[World, Running]]:
    async with stripe_world(database, tmp_path / "stripe") as found:
        yield found


async def test_a_card_that_says_yes_confirms_the_booking_at_once(place: tuple[World, Running]) -> None:
    world, sandbox = place
    booking = await world.booking()
    paid = shown(await world.pay(booking, VISA))
    assert (paid.kind, paid.state, paid.amount, paid.expires_at) == (
        "payment",
        "authorised",
        booking.quote.due_now,
        None,
    )
    assert await world.state(booking) is State.CONFIRMED
    assert [p["held"] for p in (await sandbox.overview())["payments"]] == [booking.quote.due_now.amount]


async def test_an_authentication_is_learnt_of_by_webhook(place: tuple[World, Running]) -> None:
    world, sandbox = place
    booking = await world.booking()
    asked = shown(await world.pay(booking, ASKS))
    assert asked.state == "requires_action"
    assert asked.next_action is not None
    await sandbox.http.post(asked.next_action["url"], data={"outcome": "succeed"})
    await eventually(
        lambda: any(b"amount_capturable_updated" in body for _, body, _ in sandbox.shop.received), "no webhook came"
    )
    for _path, body, signature in sandbox.shop.received:
        assert await world.payments.receive(body, signature, "acct_city") is None
    kinds = await world.drain()
    assert "booking.confirmed" in kinds
    assert await world.state(booking) is State.CONFIRMED


async def test_a_declined_card_leaves_the_hold_and_the_next_card_pays(place: tuple[World, Running]) -> None:
    world, _ = place
    booking = await world.booking()
    assert code(await world.pay(booking, DECLINES)) == "payment_declined"
    assert await world.state(booking) is State.HELD
    assert shown(await world.pay(booking, VISA)).state == "authorised"
    assert await world.money(booking) == [("booking", "authorised", booking.quote.due_now.amount, 0, 0)]
