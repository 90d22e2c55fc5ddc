"""Money that goes back: never more than was taken, and Stripe keeps its fee."""

from typing import Any

import pytest
import stripe

from tests.adapters.payments.sandbox.running import Running, held


async def paid(sandbox: Running, captured: int = 2470) -> stripe.PaymentIntent:
    intent = await held(sandbox)
    return await sandbox.city.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": captured})


async def test_a_refund_goes_out_whole_and_the_fee_stays(sandbox: Running) -> None:
    intent = await paid(sandbox)
    refund = await sandbox.city.v1.refunds.create_async(
        {
            "payment_intent": intent.id,
            "amount": 500,
            "reason": "requested_by_customer",
            "expand": ["balance_transaction"],
        }
    )
    transaction = refund.balance_transaction
    assert isinstance(transaction, stripe.BalanceTransaction)
    assert (transaction.amount, transaction.fee, transaction.net, transaction.type) == (-500, 0, -500, "refund")
    balance: Any = await sandbox.city.v1.balance.retrieve_async()
    assert [funds.amount for funds in (*balance.available, *balance.pending)] == [0, 2470 - 62 - 500]
    assert (await sandbox.event_types())[-3:] == ["refund.created", "charge.refunded", "refund.updated"]
    (payment,) = (await sandbox.overview())["payments"]
    assert {key: payment[key] for key in ("held", "captured", "released", "refunded", "fees")} == {
        "held": 0,
        "captured": 2470,
        "released": 530,
        "refunded": 500,
        "fees": 62,
    }


async def test_no_more_than_was_captured_can_be_refunded(sandbox: Running) -> None:
    intent = await paid(sandbox)
    await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 2000})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 471})
    assert (refusal.value.code, refusal.value.param) == ("amount_too_large", "amount")
    rest = await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id})
    assert rest.amount == 470
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 1})
    assert refusal.value.code == "charge_already_refunded"


async def test_a_hold_is_not_refunded_but_released(sandbox: Running) -> None:
    intent = await held(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id})
    assert refusal.value.code == "charge_not_refundable"


async def test_a_payment_that_never_succeeded_has_nothing_to_refund(sandbox: Running) -> None:
    intent = await sandbox.city.v1.payment_intents.create_async({"amount": 1000, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id})


async def test_refunds_are_found_by_their_payment(sandbox: Running) -> None:
    first, second = await paid(sandbox, 3000), await paid(sandbox, 3000)
    refund = await sandbox.city.v1.refunds.create_async(
        {"payment_intent": first.id, "amount": 100, "metadata": {"operation": "o1"}}
    )
    await sandbox.city.v1.refunds.create_async({"charge": str(second.latest_charge), "amount": 200})
    listed = await sandbox.city.v1.refunds.list_async({"payment_intent": first.id})
    assert [(each.id, each.metadata) for each in listed.data] == [(refund.id, refund.metadata)]


async def test_the_balance_becomes_available_after_three_days(sandbox: Running) -> None:
    await paid(sandbox)
    await sandbox.advance(3 * 24 * 3600)
    balance: Any = await sandbox.city.v1.balance.retrieve_async()
    assert [funds.amount for funds in (*balance.available, *balance.pending)] == [2408, 0]
    (transaction,) = (await sandbox.city.v1.balance_transactions.list_async({"type": "charge"})).data
    assert transaction.status == "available"


async def test_a_refund_may_come_back_days_later(sandbox: Running) -> None:
    intent = await held(sandbox, method="pm_card_refundFail")
    await sandbox.city.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 2470})
    refund = await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    assert refund.status == "succeeded"
    await sandbox.advance(2 * 24 * 3600)
    failed = await sandbox.city.v1.refunds.retrieve_async(refund.id, {"expand": ["failure_balance_transaction"]})
    back = failed.failure_balance_transaction
    assert isinstance(back, stripe.BalanceTransaction)
    assert (failed.status, back.type, back.net) == ("failed", "refund_failure", 500)
    assert (await sandbox.event_types())[-2:] == ["refund.failed", "charge.refund.updated"]
    charge = await sandbox.city.v1.charges.retrieve_async(str(intent.latest_charge))
    assert charge.amount_refunded == 530
    assert (await sandbox.overview())["payments"][0]["refunded"] == 0


async def test_a_refund_may_be_pending_for_some_days(sandbox: Running) -> None:
    intent = await held(sandbox, method="pm_card_pendingRefund")
    await sandbox.city.v1.payment_intents.capture_async(intent.id)
    refund = await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    await sandbox.advance(2 * 24 * 3600)
    assert (await sandbox.city.v1.refunds.retrieve_async(refund.id)).status == "succeeded"


async def test_any_refund_can_be_made_to_fail_by_hand_once(sandbox: Running) -> None:
    intent = await paid(sandbox)
    refund = await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    assert (await sandbox.by_hand(f"refunds/{refund.id}/fail"))["status"] == "failed"
    again = await sandbox.http.post(f"{sandbox.url}/sandbox/refunds/{refund.id}/fail", json={})
    assert again.status_code == 400
