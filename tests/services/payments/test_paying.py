"""A holder pays, with real books and Stripe's SDK on the sandbox."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from domain.booking.bookings import State
from domain.booking.resources import Service
from services.calls import Answer
from tests.adapters.payments.sandbox.running import Running, eventually
from tests.database import Databases
from tests.examples import euros
from tests.services.payments.world import ASKS, DECLINES, VISA, World, code, shown

pytestmark = pytest.mark.database

# Wherever something of a payment is kept.
KEPT = ("answers", "payments", "payers", "provider_events", "outbox", "audit", "bookings")


async def at_stripe(sandbox: Running, world: World) -> list[Any]:
    """The city's payments as Stripe has them, oldest first."""
    found = (await sandbox.overview())["payments"]
    return [each for each in reversed(found) if each["metadata"].get("city") == world.city]


async def webhooks(sandbox: Running, world: World, kind: str) -> list[tuple[bytes, str]]:
    """The messages that Stripe sent about the city's payments, once one of that kind has come."""
    mine = world.city.encode()

    def come() -> bool:
        return any(mine in body and kind.encode() in body for _, body, _ in sandbox.shop.received)

    await eventually(come, f"no {kind} came")
    return [(body, signature) for _, body, signature in sandbox.shop.received if mine in body]


async def test_a_card_that_says_yes_confirms_the_booking_at_once(world: World, sandbox: Running) -> None:
    booking = await world.booking()
    paid = shown(await world.pay(booking, VISA))
    assert (paid.kind, paid.state, paid.amount, paid.expires_at) == ("payment", "authorised", euros("4.80"), None)
    assert await world.state(booking) is State.CONFIRMED
    assert [p["held"] for p in await at_stripe(sandbox, world)] == [480]


async def test_a_declined_card_leaves_the_hold_and_the_next_card_pays(world: World) -> None:
    booking = await world.booking()
    assert code(await world.pay(booking, DECLINES)) == "payment_declined"
    assert await world.state(booking) is State.HELD
    assert shown(await world.pay(booking, VISA)).state == "authorised"
    assert await world.money(booking) == [("booking", "authorised", 480, 0, 0)]


async def test_a_card_that_nobody_knows_is_told_to_be_none(world: World) -> None:
    booking = await world.booking()
    assert code(await world.pay(booking, "pm_nobody_knows")) == "unknown_payment_method"


async def test_an_authentication_is_learnt_of_by_webhook(world: World, sandbox: Running) -> None:
    booking = await world.booking()
    asked = shown(await world.pay(booking, ASKS))
    assert asked.state == "requires_action"
    assert asked.next_action is not None
    await sandbox.http.post(asked.next_action["url"], data={"outcome": "succeed"})
    for body, signature in await webhooks(sandbox, world, "payment_intent.amount_capturable_updated"):
        assert await world.payments.receive(body, signature, "acct_city") is None
    assert "booking.confirmed" in await world.work()
    assert await world.state(booking) is State.CONFIRMED


async def test_messages_twice_and_in_any_order_confirm_once(world: World, sandbox: Running) -> None:
    booking = await world.booking()
    asked = shown(await world.pay(booking, ASKS))
    assert asked.next_action is not None
    await sandbox.http.post(asked.next_action["url"], data={"outcome": "succeed"})
    messages = await webhooks(sandbox, world, "payment_intent.amount_capturable_updated")
    for body, signature in [*reversed(messages), *messages]:
        assert await world.payments.receive(body, signature, None) is None
    kinds = await world.work()
    assert [kind for kind in kinds if kind.startswith(("booking.", "payment."))] == [
        "payment.authorised",
        "booking.confirmed",
    ]


async def test_a_message_that_comes_before_the_answer_finds_its_payment(world: World, sandbox: Running) -> None:
    """The answer to the confirmation is lost; the message about it is all that we hear."""
    booking = await world.booking()
    await world.pay(booking)
    await sandbox.fault("POST", "/v1/payment_intents/*/confirm", "timeout_after", times=3)
    with pytest.raises(Exception, match="does not answer"):
        await world.pay(booking, VISA)
    for body, signature in await webhooks(sandbox, world, "payment_intent.amount_capturable_updated"):
        await world.payments.receive(body, signature, "acct_city")
    await world.work()
    assert await world.state(booking) is State.CONFIRMED
    assert [p["held"] for p in await at_stripe(sandbox, world)] == [480]


async def test_the_same_message_at_the_same_time_is_kept_once(
    world: World, sandbox: Running, database: Databases
) -> None:
    booking = await world.booking()
    await world.pay(booking, VISA)
    messages = await webhooks(sandbox, world, "payment_intent.amount_capturable_updated")
    await asyncio.gather(*(world.payments.receive(*message, "acct_city") for message in messages * 4))
    rows = await database.rows(
        world.city,
        "SELECT e.type, e.applied_at IS NULL, (SELECT count(*) FROM outbox o WHERE o.city = e.city AND o.subject_id = e.id)"
        " FROM provider_events e WHERE e.city = :city ORDER BY e.type",
    )
    known = {type_: (waits, entries) for type_, waits, entries in rows}
    assert len(rows) == len(known)
    assert known["payment_intent.amount_capturable_updated"] == (True, 1)
    assert known["payment_intent.created"] == (False, 0)


async def test_the_same_key_is_answered_the_same_to_the_byte_and_shows_the_secret_again(
    world: World, sandbox: Running
) -> None:
    booking = await world.booking()
    first = await world.pay(booking, ASKS, key="k")
    again = await world.pay(booking, ASKS, key="k")
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.status, again.media_type, again.body) == (first.status, first.media_type, first.body)
    secret = shown(first).client_secret
    assert secret is not None
    assert secret in first.body
    await sandbox.http.post(str((shown(first).next_action or {})["url"]), data={"outcome": "succeed"})
    await world.pay(booking)
    assert (await world.pay(booking, ASKS, key="k")).body == first.body


async def test_another_try_shows_the_same_payment_as_it_stands_now(world: World) -> None:
    booking = await world.booking()
    asked = shown(await world.pay(booking, ASKS))
    assert shown(await world.pay(booking)) == asked
    assert asked.next_action is not None


async def test_the_same_key_with_another_card_is_refused(world: World) -> None:
    booking = await world.booking()
    await world.pay(booking, ASKS, key="k")
    assert code(await world.pay(booking, VISA, key="k")) == "key_reused"


async def test_a_decline_is_final_for_its_key(world: World) -> None:
    booking = await world.booking()
    first = await world.pay(booking, DECLINES, key="k")
    await world.pay(booking, VISA)
    assert (await world.pay(booking, DECLINES, key="k")).body == first.body


async def test_the_secret_is_kept_nowhere(world: World, sandbox: Running, database: Databases) -> None:
    booking = await world.booking()
    asked = shown(await world.pay(booking, ASKS))
    for body, signature in await webhooks(sandbox, world, "payment_intent.requires_action"):
        await world.payments.receive(body, signature, "acct_city")
    await world.work()
    assert asked.client_secret is not None
    for table in KEPT:
        rows = await database.rows(world.city, f"SELECT {table}::text FROM {table} WHERE city = :city")
        assert not [row for row in rows if asked.client_secret in row[0]], table


async def test_many_tries_at_once_are_one_payment(world: World, sandbox: Running) -> None:
    booking = await world.booking()
    answers = await asyncio.gather(*(world.pay(booking, VISA) for _ in range(6)))
    assert {shown(answer).id for answer in answers} == {shown(answers[0]).id}
    assert await world.money(booking) == [("booking", "authorised", 480, 0, 0)]
    assert [(p["held"], len(p["charges"])) for p in await at_stripe(sandbox, world)] == [(480, 1)]


async def test_one_key_many_times_at_once_is_one_answer(world: World) -> None:
    booking = await world.booking()
    answers: Sequence[Answer] = await asyncio.gather(*(world.pay(booking, ASKS, key="k") for _ in range(6)))
    assert len({answer.body for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1


async def test_nobody_pays_for_somebody_else(world: World) -> None:
    booking = await world.booking()
    assert code(await world.pay(booking, VISA, holder="ben")) == "unknown_booking"


async def test_a_city_without_an_account_takes_no_money(world: World) -> None:
    booking = await world.booking()
    world.accounts = type(world.accounts)(())
    assert code(await world.pay(booking, VISA)) == "payments_not_available"
    assert await world.money(booking) == []


async def test_who_paid_stands_in_the_audit_trail(world: World, database: Databases) -> None:
    booking = await world.booking()
    await world.pay(booking, DECLINES)
    await world.pay(booking, VISA)
    rows = await database.rows(
        world.city,
        "SELECT a.action, a.actor_id = b.holder_id, c.address FROM audit a JOIN bookings b ON b.city = a.city"
        " AND b.id = a.subject_id LEFT JOIN callers c ON c.city = a.city AND c.audit_id = a.id"
        " WHERE a.city = :city ORDER BY a.at, a.id",
    )
    assert rows == [
        ("refused:payment_declined", True, "192.0.2.1"),
        ("payment.authorised", True, "192.0.2.1"),
        ("booking.confirmed", True, "192.0.2.1"),
        ("payment.begun", True, "192.0.2.1"),
    ]


async def test_a_success_after_expiry_claims_the_time_again(
    world: World, sandbox: Running, database: Databases
) -> None:
    booking = await world.booking(Service.FLEET)
    asked = shown(await world.pay(booking, ASKS))
    await world.end(booking, State.EXPIRED, euros("0.00"))
    assert await database.rows(world.city, "SELECT 1 FROM claims WHERE city = :city") == []
    await sandbox.http.post(str((asked.next_action or {})["url"]), data={"outcome": "succeed"})
    await world.work()
    assert await world.state(booking) is State.CONFIRMED
    claimed = await database.rows(
        world.city, "SELECT booking_id, claimed_from, claimed_until FROM claims WHERE city = :city"
    )
    assert claimed == [(booking.id, booking.start, booking.end)]


async def test_a_success_after_expiry_gives_the_money_back_if_the_time_is_taken(world: World, sandbox: Running) -> None:
    booking = await world.booking(Service.FLEET)
    asked = shown(await world.pay(booking, ASKS))
    await world.end(booking, State.EXPIRED, euros("0.00"))
    other = await world.booking(Service.FLEET)
    await sandbox.http.post(str((asked.next_action or {})["url"]), data={"outcome": "succeed"})
    assert "payment.released" in await world.work()
    assert (await world.state(booking), await world.state(other)) == (State.EXPIRED, State.HELD)
    assert [(p["held"], p["released"]) for p in await at_stripe(sandbox, world)] == [(0, 1000)]
