"""Money goes to the city's bank: what a payout is made of, how it goes wrong, and what nobody can itemise."""

from typing import Any

import pytest
import stripe

from tests.adapters.payments.sandbox.running import Running, held, told

DAY = 24 * 3600


async def taken(sandbox: Running, amount: int = 2470) -> stripe.PaymentIntent:
    intent = await held(sandbox)
    return await sandbox.city.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": amount})


async def paid_out(sandbox: Running) -> stripe.Payout:
    """A payout of all there is, made now."""
    made = await sandbox.by_hand("payouts", account=sandbox.accounts[0].id)
    return await sandbox.city.v1.payouts.retrieve_async(made["id"])


async def itemised(sandbox: Running, payout: str) -> list[tuple[str, int]]:
    """What it is made of: type and net, oldest first."""
    listed = await sandbox.city.v1.balance_transactions.list_async({"payout": payout, "limit": 1})
    return [(each.type, each.net) async for each in listed.auto_paging_iter()][::-1]


async def funds(sandbox: Running) -> list[int]:
    """Available, and pending."""
    balance: Any = await sandbox.city.v1.balance.retrieve_async()
    return [fund.amount for fund in (*balance.available, *balance.pending)]


async def test_money_is_paid_out_the_midnight_after_it_is_available(sandbox: Running) -> None:
    intent = await taken(sandbox)
    await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    await sandbox.advance(2 * DAY)
    assert (await sandbox.city.v1.payouts.list_async()).data == []
    await sandbox.advance(2 * DAY)
    (payout,) = (await sandbox.city.v1.payouts.list_async()).data
    assert (payout.amount, payout.automatic, payout.currency) == (2470 - 62 - 500, True, "eur")
    assert payout.created % DAY == 0
    assert await funds(sandbox) == [0, 0]


async def test_a_payout_is_the_sum_of_what_it_is_made_of(sandbox: Running) -> None:
    intent = await taken(sandbox)
    await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    payout = await paid_out(sandbox)
    assert await itemised(sandbox, payout.id) == []
    await sandbox.by_hand(f"payouts/{payout.id}", step="reconciled")
    assert await itemised(sandbox, payout.id) == [("charge", 2408), ("refund", -500), ("payout", -1908)]
    again = await sandbox.city.v1.payouts.retrieve_async(payout.id)
    assert (payout.reconciliation_status, again.reconciliation_status) == ("in_progress", "completed")


async def test_a_payout_goes_its_way_by_the_clock_and_its_trace_comes_unannounced(sandbox: Running) -> None:
    await taken(sandbox)
    payout = await paid_out(sandbox)
    seen = []
    for pause in (0, 3600, 5 * 3600, 2 * DAY, DAY):
        await sandbox.advance(pause)
        now = await sandbox.city.v1.payouts.retrieve_async(payout.id)
        assert now.trace_id is not None
        seen.append((now.status, now.reconciliation_status, now.trace_id.status))
    assert seen == [
        ("pending", "in_progress", "pending"),
        ("pending", "completed", "pending"),
        ("in_transit", "completed", "pending"),
        ("paid", "completed", "pending"),
        ("paid", "completed", "supported"),
    ]
    assert [kind for kind in await sandbox.event_types() if kind.startswith("payout.")] == [
        "payout.created",
        "payout.reconciliation_completed",
        "payout.updated",
        "payout.paid",
    ]


async def test_a_payout_may_fail_after_it_was_paid_and_the_money_goes_out_with_the_next(sandbox: Running) -> None:
    await taken(sandbox)
    payout = await paid_out(sandbox)
    await sandbox.by_hand(f"payouts/{payout.id}", step="paid")
    await sandbox.by_hand(f"payouts/{payout.id}", step="failed", code="account_closed")
    failed = await sandbox.city.v1.payouts.retrieve_async(
        payout.id, {"expand": ["failure_balance_transaction", "balance_transaction"]}
    )
    back = failed.failure_balance_transaction
    assert isinstance(back, stripe.BalanceTransaction)
    assert (failed.status, failed.failure_code, back.type, back.net) == (
        "failed",
        "account_closed",
        "payout_failure",
        2408,
    )
    assert await funds(sandbox) == [0, 2408]
    again = await paid_out(sandbox)
    await sandbox.by_hand(f"payouts/{again.id}", step="reconciled")
    assert await itemised(sandbox, again.id) == [("payout_failure", 2408), ("payout", -2408)]
    assert [kind for kind in await sandbox.event_types() if kind.startswith("payout.f")] == ["payout.failed"]


async def test_what_is_owed_is_drawn_from_the_bank(sandbox: Running) -> None:
    intent = await taken(sandbox)
    await paid_out(sandbox)
    await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 2000})
    negative = await paid_out(sandbox)
    assert negative.amount == -2000
    await sandbox.by_hand(f"payouts/{negative.id}", step="reconciled")
    assert await itemised(sandbox, negative.id) == [("refund", -2000), ("payout", 2000)]


async def test_where_nothing_moved_there_is_no_payout(sandbox: Running) -> None:
    assert "id" not in await sandbox.by_hand("payouts", account=sandbox.accounts[0].id)
    await sandbox.advance(3 * DAY)
    assert (await sandbox.city.v1.payouts.list_async()).data == []


async def test_a_payout_by_hand_cannot_be_itemised_and_makes_the_next_one_smaller(sandbox: Running) -> None:
    await taken(sandbox)
    await sandbox.advance(3 * DAY)
    manual = await sandbox.city.v1.payouts.create_async({"amount": 1000, "currency": "eur"})
    assert (manual.automatic, manual.reconciliation_status) == (False, "not_applicable")
    with pytest.raises(stripe.InvalidRequestError, match="automatic payouts") as refusal:
        await sandbox.city.v1.balance_transactions.list_async({"payout": manual.id})
    assert refusal.value.param == "payout"
    next_one = await paid_out(sandbox)
    assert next_one.amount == 1408


async def test_no_more_than_is_available_is_paid_out_by_hand(sandbox: Running) -> None:
    await taken(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.payouts.create_async({"amount": 1, "currency": "eur"})
    assert told(refusal.value).code == "balance_insufficient"


async def test_movements_are_found_by_type_source_and_time(sandbox: Running) -> None:
    intent = await taken(sandbox)
    await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    moves = sandbox.city.v1.balance_transactions
    (charge,) = (await moves.list_async({"source": str(intent.latest_charge)})).data
    (refund,) = (await moves.list_async({"type": "refund", "expand": ["data.source"]})).data
    assert (charge.type, charge.fee, charge.fee_details[0].type) == ("charge", 62, "stripe_fee")
    whole: Any = refund.source
    assert (whole.object, whole.payment_intent) == ("refund", intent.id)
    assert (await moves.list_async({"created": {"gt": refund.created}})).data == []
    assert len((await moves.list_async({"created": {"gte": charge.created}})).data) == 2


async def test_payouts_are_found_by_status_and_each_city_has_its_own(sandbox: Running) -> None:
    await taken(sandbox)
    payout = await paid_out(sandbox)
    await sandbox.by_hand(f"payouts/{payout.id}", step="paid")
    listed = await sandbox.city.v1.payouts.list_async({"status": "paid"})
    assert [each.id for each in listed.data] == [payout.id]
    assert (await sandbox.city.v1.payouts.list_async({"status": "failed"})).data == []
    assert (await sandbox.neighbour.v1.payouts.list_async()).data == []
