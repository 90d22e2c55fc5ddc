"""What no card paid in the holder's absence, she pays herself."""

from datetime import timedelta

import pytest

from domain.booking.bookings import State
from tests.examples import euros
from tests.services.payments.world import DECLINES, VISA, code, shown
from tests.services.settlement.debtors import case, close, unpaid
from tests.services.settlement.treasury import Treasury

pytestmark = pytest.mark.database


async def test_who_pays_her_debt_is_reminded_no_more(lent: Treasury) -> None:
    booking = await unpaid(lent)
    paid = shown(await lent.world.pay(booking, VISA))
    assert (paid.kind, paid.state, paid.amount) == ("payment", "captured", euros("45.00"))
    assert "dunning.closed" in await lent.work()
    assert await case(lent) == [("paid", 4500, 0, 0)]
    assert (await lent.world.money(booking))[-2:] == [
        ("remainder", "failed", 4500, 0, 0),
        ("debt", "captured", 4500, 4500, 0),
    ]
    assert code(await lent.world.pay(booking, VISA)) == "wrong_state"


async def test_another_card_may_be_tried_and_settling_leaves_her_the_time(lent: Treasury) -> None:
    booking = await unpaid(lent)
    assert code(await lent.world.pay(booking, DECLINES)) == "payment_declined"
    await lent.world.payments.settle(lent.city, booking.id)
    waiting = shown(await lent.world.pay(booking))
    assert (waiting.state, waiting.expires_at) == (
        "requires_payment_method",
        (await lent.world.payment(booking)).made_at + timedelta(days=1),
    )
    assert shown(await lent.world.pay(booking, VISA)).id == waiting.id
    assert await lent.world.state(booking) is State.CANCELLED


async def test_a_debt_that_nobody_pays_does_not_wait_at_the_provider_for_ever(lent: Treasury) -> None:
    booking = await unpaid(lent)
    first = shown(await lent.world.pay(booking))
    lent.world.clock.pass_by(days=1, minutes=1)
    await lent.world.payments.settle(lent.city, booking.id)
    assert (await lent.world.payment(booking)).state == "released"
    assert shown(await lent.world.pay(booking, VISA)).id != first.id
    await lent.work()
    assert await case(lent) == [("paid", 4500, 0, 0)]


async def test_while_she_pays_nothing_is_said_to_be_owed_twice(lent: Treasury) -> None:
    booking = await unpaid(lent)
    await lent.world.pay(booking)
    await lent.settlement.review(lent.city, booking.id)
    assert await case(lent) == [("open", 4500, 0, 0)]


async def test_while_she_pays_nobody_closes_her_case_by_word(lent: Treasury) -> None:
    booking = await unpaid(lent)
    await lent.world.pay(booking)
    assert code(await close(lent, booking)) == "money_under_way"
    assert await case(lent) == [("open", 4500, 0, 0)]
    lent.world.clock.pass_by(days=1, minutes=1)
    await lent.world.payments.settle(lent.city, booking.id)
    assert (await close(lent, booking)).status == 200
    assert await case(lent) == [("paid_otherwise", 4500, 0, 0)]


async def test_where_no_card_was_refused_nothing_is_to_be_paid_afterwards(lent: Treasury) -> None:
    booking = await lent.paid()
    assert code(await lent.world.pay(booking, VISA)) == "wrong_state"
