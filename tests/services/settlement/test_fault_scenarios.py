"""What goes wrong between a city and its payment provider, scenario by scenario, and how it ends all the same.

Each ends with the city's copy of the provider's books agreeing with the provider's balance, and every movement told of
once. What goes wrong at the bank (the same file twice, a missing number) is told in tests/services/reconciliation.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
import stripe
from msgspec.structs import replace

from adapters.database.ledger.journal import SqlLedgers
from adapters.payments.sandbox.deliveries import signature
from domain.booking.bookings import Booking, State
from domain.money import Money
from domain.payments.payments import Capture, Kind, Payment, PaymentId, Purpose
from infra.ids import new_id
from services.calls import Unavailable
from services.ledger.posting import Fact, post
from services.payments.inbox import NotReceived
from services.payments.ports import ProviderRefused
from tests.adapters.payments.sandbox.debits import RETURNED, debited
from tests.adapters.payments.sandbox.running import eventually
from tests.examples import euros, person_id
from tests.services.payments.faults import Crash, Fault, FaultyGateway, Fuse
from tests.services.payments.world import VISA, code
from tests.services.settlement.treasury import LIMIT, Treasury

pytestmark = pytest.mark.database
CONFIRM = "/v1/payment_intents/*/confirm"
NEW_INTENT = "/v1/payment_intents"


async def agreed(town: Treasury) -> None:
    """Our copy sums to the provider's balance, and every movement in it was told of once."""
    town.world.gateway = town.gateway
    await town.gather()
    balance = await town.provider.balance(town.city)
    ((net, known),) = await town.rows(
        "SELECT coalesce(sum(net), 0)::bigint, count(*) FROM provider_transactions WHERE city = :city"
    )
    assert net == sum(fund.amount for fund in (*balance.available, *balance.pending))
    assert await town.rows(
        "SELECT count(*), count(DISTINCT subject_id) FROM outbox"
        " WHERE city = :city AND kind = 'settlement.transaction_seen'"
    ) == [(known, known)]


async def messages(town: Treasury, *kinds: str) -> list[tuple[str, bytes, str]]:
    """The provider's messages, once those kinds have come."""
    received = town.sandbox.shop.received
    for kind in kinds:
        await eventually(lambda kind=kind: any(kind.encode() in body for _, body, _ in received), kind)  # type: ignore[misc]
    return list(received)


async def receive(town: Treasury, body: bytes, header: str) -> Any:
    return await town.world.payments.receive(body, header, town.sandbox.accounts[0].id)


async def intents(town: Treasury) -> list[stripe.PaymentIntent]:
    return list((await town.sandbox.city.v1.payment_intents.list_async()).data)


async def by_and_by(town: Treasury) -> None:
    """What the worker does over the next hours."""
    for _ in range(4):
        town.world.clock.pass_by(hours=1)
        await town.world.work()


async def test_01_a_webhook_before_the_answer(town: Treasury) -> None:
    booking = await town.world.booking()
    await town.sandbox.fault("POST", CONFIRM, "timeout_after", times=3)
    with pytest.raises(Unavailable):
        await town.world.pay(booking, VISA, key="k")
    await messages(town, "amount_capturable_updated")
    await town.deliver()
    await town.work()
    assert await town.world.state(booking) is State.CONFIRMED
    before = await town.world.payment(booking)
    assert (await town.world.pay(booking, VISA, key="k")).status == 200
    assert (await town.world.payment(booking)).state == before.state == "authorised"
    await agreed(town)


async def test_02_the_same_message_twice_at_once(town: Treasury) -> None:
    booking = await town.paid()
    sent = await messages(town, "payment_intent.succeeded")
    await asyncio.gather(*(receive(town, body, header) for _, body, header in sent * 2))
    ((kept, different),) = await town.rows(
        "SELECT count(*), count(DISTINCT event_id) FROM provider_events WHERE city = :city"
    )
    assert kept == different
    await town.work()
    assert await town.world.money(booking) == [("booking", "captured", 480, 480, 0)]
    await agreed(town)


async def test_03_two_messages_of_one_fact(town: Treasury) -> None:
    await town.paid()
    sent = await messages(town, "charge.captured", "payment_intent.succeeded")
    for _, body, header in sent:
        await receive(town, body, header)
    await town.work()
    await town.gather()
    assert await town.moved() == [("charge", 480, 32)]
    await agreed(town)


async def test_04_messages_out_of_order(town: Treasury) -> None:
    booking = await town.world.booking()
    await town.world.pay(booking, VISA)
    await town.world.end(booking, State.CANCELLED, euros("0"))
    await town.world.payments.settle(town.city, booking.id)
    sent = await messages(town, "payment_intent.canceled", "amount_capturable_updated")
    for _, body, header in reversed(sent):
        await receive(town, body, header)
        await town.work()
    assert await town.world.money(booking) == [("booking", "released", 480, 0, 0)]
    await agreed(town)


async def test_05_a_timeout_after_success(town: Treasury) -> None:
    booking = await town.world.booking()
    await town.sandbox.fault("POST", NEW_INTENT, "timeout_after", times=3)
    with pytest.raises(Unavailable):
        await town.world.pay(booking, VISA, key="k")
    await town.world.pay(booking, VISA, key="k")
    assert [intent.amount_capturable for intent in await intents(town)] == [480]
    await agreed(town)


async def test_06_an_error_that_the_provider_repeats_under_its_key(town: Treasury) -> None:
    booking = await town.world.booking()
    await town.sandbox.fault("POST", NEW_INTENT, "error_500_after")
    for _ in range(2):
        with suppress(Unavailable):
            await town.world.pay(booking, VISA)
    await by_and_by(town)
    assert [intent.amount_capturable for intent in await intents(town)] == [480]
    assert await town.world.state(booking) is State.CONFIRMED
    await agreed(town)


@pytest.mark.parametrize("number", [7, 8], ids=["07_before_the_call", "08_after_the_call"])
async def test_07_08_a_crash_around_the_call(town: Treasury, number: int) -> None:
    """The charge of what a hold did not cover, made in the holder's absence."""
    booking = await town.world.booking()
    await town.world.pay(booking, VISA)
    await town.world.end(booking, State.COMPLETED, euros("7.00"))
    wanted = "before open" if number == 7 else "after open"
    fuse = Fuse()
    fuse._blows = lambda _point: Fault.CRASH if fuse.passed[-1] == wanted else None
    town.world.gateway = FaultyGateway(town.gateway, fuse)
    with pytest.raises(Crash):
        await town.world.payments.settle(town.city, booking.id)
    fuse.mended = True
    await by_and_by(town)
    assert await town.world.money(booking) == [
        ("booking", "captured", 480, 480, 0),
        ("remainder", "captured", 220, 220, 0),
    ]
    assert sorted(intent.amount_received for intent in await intents(town)) == [220, 480]
    await agreed(town)


async def test_09_a_key_with_other_parameters(town: Treasury) -> None:
    booking, at = await town.world.booking(), town.world.clock()
    payment = Payment(
        PaymentId(new_id()), booking.id, person_id("ada"), Kind.PAYMENT, Purpose.BOOKING, Capture.MANUAL,
        euros("4.80"), at, at,
    )  # fmt: skip
    customer = await town.gateway.customer(town.city, payment.holder_id)
    await town.gateway.open(town.city, payment, customer)
    with pytest.raises(ProviderRefused, match="idempotency_error"):
        await town.gateway.open(town.city, replace(payment, amount=euros("4.81")), customer)
    assert [intent.amount for intent in await intents(town)] == [480]
    await town.world.pay(booking, None, key="k")
    assert code(await town.world.pay(booking, VISA, key="k")) == "key_reused"
    await agreed(town)


async def test_10_a_capture_after_the_hold_ran_out(town: Treasury) -> None:
    booking = await town.world.booking()
    await town.world.pay(booking, VISA)
    await town.pass_by(days=8)
    await town.world.end(booking, State.COMPLETED, euros("4.80"))
    await town.world.payments.settle(town.city, booking.id)
    await by_and_by(town)
    assert await town.world.money(booking) == [
        ("booking", "released", 480, 0, 0),
        ("remainder", "captured", 480, 480, 0),
    ]
    await agreed(town)


async def test_11_a_hold_is_captured_once_and_never_beyond_it(town: Treasury) -> None:
    booking = await town.paid(euros("7.00"))
    held, rest = await town.world.payment(booking, 0), await town.world.payment(booking, 1)
    assert (held.captured, rest.captured) == (480, 220)
    with pytest.raises(ProviderRefused):
        await town.gateway.capture(town.city, replace(held, id=PaymentId(new_id())), 100)
    assert await town.moved() == []
    await agreed(town)
    assert [amount for _, amount, _ in await town.moved()] == [220, 480]


async def test_12_two_people_give_back_more_than_was_taken(town: Treasury) -> None:
    booking = await town.paid()
    answers = await asyncio.gather(*(town.propose(booking, LIMIT, by=who) for who in ("fatima", "gustav")))
    assert sorted(answer.status for answer in answers) == [200, 409]
    await town.work()
    payment = await town.world.payment(booking)
    with pytest.raises(ProviderRefused):  # the second line
        await town.gateway.give_back(town.city, payment, LIMIT)
    assert await town.given_back() == [("paid", LIMIT, None)]
    await agreed(town)


async def test_13_a_refund_that_fails_days_later(town: Treasury) -> None:
    booking = await town.paid(method="pm_card_refundFail")
    await town.propose(booking, LIMIT)
    await town.work()
    await town.pass_by(days=3)
    await messages(town, "refund.failed")
    await town.deliver()
    kinds = await town.work()
    assert "refund.failed" in kinds
    assert (await town.world.payment(booking)).came_back == LIMIT
    await agreed(town)
    assert ("refund_failure", LIMIT, 0) in await town.moved()


async def test_14_a_refund_while_the_holder_disputes(town: Treasury) -> None:
    booking = await town.paid(method="pm_card_createDispute")
    await town.gather()
    assert code(await town.propose(booking, 100)) == "disputed"
    with pytest.raises(ProviderRefused):  # the second line
        await town.gateway.give_back(town.city, await town.world.payment(booking), 100)
    await agreed(town)


async def test_14_a_refund_that_was_approved_before_the_dispute(town: Treasury) -> None:
    booking = await town.paid()
    await town.propose(booking, 100)
    ((charge,),) = [[c.id for c in (await town.sandbox.city.v1.charges.list_async()).data]]
    await town.sandbox.by_hand("disputes", charge=charge)
    await town.gather()
    await town.work()
    assert await town.given_back() == [("failed", 100, "disputed")]
    await agreed(town)


async def test_15_16_a_dispute_after_the_payout_and_the_debit_that_follows(town: Treasury) -> None:
    booking = await town.paid()
    first = await town.paid_out("reconciled", "paid")
    ((charge,),) = [[c.id for c in (await town.sandbox.city.v1.charges.list_async()).data]]
    await town.sandbox.by_hand("disputes", charge=charge)
    await agreed(town)
    second = await town.paid_out("reconciled", "paid")
    await agreed(town)
    payouts = await town.rows(
        "SELECT payout_id, amount, state, (SELECT sum(net)::bigint FROM provider_transactions t WHERE t.city = o.city"
        " AND t.payout_id = o.payout_id AND t.kind <> 'payout') FROM payouts o WHERE city = :city ORDER BY amount DESC"
    )
    assert payouts == [(first, 448, "paid", 448), (second, -2480, "paid", -2480)]
    assert await town.given_back() == []
    assert await town.world.money(booking) == [("booking", "captured", 480, 480, 0)]


async def test_17_a_payout_that_fails_after_it_was_paid(town: Treasury) -> None:
    await town.paid()
    payout = await town.paid_out("reconciled", "paid")
    await town.sandbox.by_hand(f"payouts/{payout}", step="failed")
    sent = await messages(town, "payout.paid", "payout.failed")
    for _, body, header in reversed(sent):
        await receive(town, body, header)
    await town.work()
    assert await town.rows("SELECT state, failure FROM payouts WHERE city = :city") == [("failed", "account_closed")]
    await agreed(town)
    assert ("payout_failure", 448, 0) in await town.moved()


async def test_18_a_payout_by_hand_cannot_be_itemised(town: Treasury) -> None:
    await town.paid()
    await town.sandbox.advance(3 * 24 * 3600 - 60)
    await town.gather()
    await town.sandbox.advance(120)
    await town.sandbox.city.v1.payouts.create_async({"amount": 100, "currency": "eur"})
    await agreed(town)
    assert await town.rows(
        "SELECT itemised_at, is_reconciled FROM payouts WHERE city = :city AND NOT is_automatic"
    ) == [(None, False)]


async def test_19_another_currency(town: Treasury) -> None:
    """What was paid in francs is in the books as francs and as the euros that came of it, with the rate; each balances by
    itself, and meets the other on one account. What a city does not take is refused before."""
    booking = await town.world.booking(currency="CHF")
    await town.world.pay(booking, VISA)
    await town.world.end(booking, State.COMPLETED, Money(400, "CHF"))
    await town.world.payments.settle(town.city, booking.id)
    assert await town.world.money(booking) == [("booking", "captured", 480, 400, 0)]
    assert code(await town.propose(booking, 100)) == "currencies_differ"
    assert (await town.propose(booking, 100, currency="CHF")).status == 200
    await town.work()
    await town.gather()
    rows = await town.rows(
        "SELECT kind, amount, currency, presented_amount, presented_currency, exchange_rate, id"
        " FROM provider_transactions WHERE city = :city ORDER BY kind"
    )
    assert [row[:-1] for row in rows] == [
        ("charge", 380, "EUR", 400, "CHF", "0.95"),
        ("refund", -95, "EUR", -100, "CHF", "0.95"),
    ]
    ledgers = SqlLedgers(town.databases.app.statements, town.world.clock, new_id)
    for *_, movement in rows:
        await post(Fact.MOVEMENT, town.city, movement, ledgers=ledgers)
    assert await town.rows(
        "SELECT account, currency, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::int FROM ledger_legs"
        " WHERE city = :city GROUP BY 1, 2 ORDER BY 1, 2"
    ) == [
        ("currencies", "CHF", 300),
        ("currencies", "EUR", -285),
        ("provider", "EUR", 285 - 31),
        ("provider_fees", "EUR", 31),
        ("receivables", "CHF", -300),
    ]
    await agreed(town)


async def test_19_what_a_bank_takes_back_is_owed_in_the_currency_in_which_it_was_paid(town: Treasury) -> None:
    booking = await town.world.booking(currency="CHF")
    await town.world.pay(booking, "pm_card_createDispute")
    await town.world.end(booking, State.COMPLETED, Money(480, "CHF"))
    await town.world.payments.settle(town.city, booking.id)
    await town.gather()
    assert await town.rows("SELECT currency, amount, withdrawn FROM disputes WHERE city = :city") == [("CHF", 480, 480)]
    assert await town.rows(
        "SELECT amount, currency, presented_amount, presented_currency FROM provider_transactions"
        " WHERE city = :city AND kind = 'dispute'"
    ) == [(-456, "EUR", -480, "CHF")]
    await agreed(town)


async def test_20_a_message_from_the_future(town: Treasury) -> None:
    await town.paid()
    ((_, body, _), *_) = await messages(town, "payment_intent.succeeded")
    secret, now = town.sandbox.accounts[0].webhook_secret, int(town.world.clock().timestamp())
    for at, expected in ((now + 301, NotReceived.BAD_SIGNATURE), (now - 301, NotReceived.BAD_SIGNATURE), (now, None)):
        refusal = await receive(town, body, signature(secret, body, at))
        assert (refusal.reason if refusal else None) == expected
    await agreed(town)


async def test_21_the_secret_changes_and_the_bytes_do_not(town: Treasury) -> None:
    await town.paid()
    ((_, body, _), *_) = await messages(town, "payment_intent.succeeded")
    secret, now = town.sandbox.accounts[0].webhook_secret, int(town.world.clock().timestamp())
    newer = signature("whsec_newer", body, now)
    both = f"{newer},{signature(secret, body, now).partition(',')[2]}"
    assert (await receive(town, body, newer)).reason is NotReceived.BAD_SIGNATURE
    again = json.dumps(json.loads(body)).encode()
    assert (await receive(town, again, both)).reason is NotReceived.BAD_SIGNATURE
    assert await receive(town, body, both) is None
    await agreed(town)


async def test_22_a_message_of_another_version_is_a_hint_and_no_more(town: Treasury) -> None:
    """Whatever it claims of the payment, the provider is asked."""
    booking = await town.world.booking()
    await town.world.pay(booking, None)
    payment = await town.world.payment(booking)
    claim = await _claim(town, payment, api_version="2017-08-15")
    assert await receive(town, claim, _signed(town, claim)) is None
    await town.work()
    assert await town.world.money(booking) == [("booking", "requires_payment_method", 480, 0, 0)]
    await agreed(town)


async def test_23_play_money_where_real_money_is(town: Treasury) -> None:
    booking = await town.world.booking()
    await town.world.pay(booking, None)
    for said in ({"livemode": True}, {"account": "acct_other"}):
        claim = await _claim(town, await town.world.payment(booking), **said)
        assert (await receive(town, claim, _signed(town, claim))).reason is NotReceived.BAD_SIGNATURE
    assert await town.rows("SELECT id FROM provider_events WHERE city = :city") == []
    await agreed(town)


async def test_24_a_debit_that_is_returned_weeks_after_it_was_paid(town: Treasury) -> None:
    """The return is a dispute that is lost when it is first heard of: nobody can answer it."""
    booking = await _debited(town)
    assert await town.world.money(booking) == [("booking", "captured", 480, 480, 0)]
    await town.pass_by(days=1)
    await town.gather()
    kinds = await town.work()
    assert {"settlement.dispute_opened", "settlement.dispute_lost"} <= set(kinds)
    assert await town.rows("SELECT state, withdrawn, booking_id FROM disputes WHERE city = :city") == [
        ("lost", 480, booking.id)
    ]
    assert code(await town.answer(None)) == "dispute_decided"
    assert code(await town.propose(booking, 100)) == "disputed"
    await agreed(town)


async def _debited(town: Treasury) -> Booking:
    """Paid by a debit of the holder's bank account."""
    booking = await town.world.booking()
    await town.world.pay(booking, None)
    payment = await town.world.payment(booking)
    intent = await debited(town.sandbox, RETURNED, 480, metadata={"payment_id": str(payment.id)})
    await town.rows(
        "UPDATE payments SET intent_id = :intent, capture = 'automatic' WHERE city = :city AND id = :id RETURNING id",
        intent=intent.id,
        id=payment.id,
    )
    await town.world.payments.refresh(town.city, booking.id)
    await town.world.end(booking, State.COMPLETED, euros("4.80"))
    await town.world.payments.settle(town.city, booking.id)
    return booking


async def _claim(town: Treasury, payment: Payment, **said: Any) -> bytes:
    """A message that says the payment was taken."""
    thing = {
        "id": payment.intent_id,
        "object": "payment_intent",
        "status": "succeeded",
        "amount_received": 480,
        "metadata": {"payment_id": str(payment.id)},
    }
    event = {"id": f"evt_{new_id().hex}", "object": "event", "type": "payment_intent.succeeded", "livemode": False}
    at = int(town.world.clock().timestamp())
    return msgspec.json.encode(event | {"created": at, "data": {"object": thing}} | said)


def _signed(town: Treasury, body: bytes) -> str:
    return signature(town.sandbox.accounts[0].webhook_secret, body, int(town.world.clock().timestamp()))
