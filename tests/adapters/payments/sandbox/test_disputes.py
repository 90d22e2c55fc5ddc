"""A cardholder goes to her bank: the money is gone until it is decided, and a fee with it."""

from typing import Any

import pytest
import stripe

from tests.adapters.payments.sandbox.running import Running, held, told

DAY = 24 * 3600


async def paid(sandbox: Running, method: str = "pm_card_visa") -> stripe.PaymentIntent:
    intent = await held(sandbox, method=method)
    return await sandbox.city.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 1970})


async def disputed(sandbox: Running, method: str = "pm_card_createDispute") -> stripe.Dispute:
    intent = await paid(sandbox, method)
    (dispute,) = (await sandbox.city.v1.disputes.list_async({"payment_intent": intent.id})).data
    return dispute


def moved(dispute: stripe.Dispute) -> list[tuple[str, int, int]]:
    return [(each.reporting_category, each.amount, each.fee) for each in dispute.balance_transactions]


async def dispute_events(sandbox: Running) -> list[str]:
    prefix = "charge.dispute."
    return [kind.removeprefix(prefix) for kind in await sandbox.event_types() if kind.startswith(prefix)]


async def test_a_disputed_charge_is_taken_back_with_a_fee(sandbox: Running) -> None:
    dispute = await disputed(sandbox)
    assert (dispute.amount, dispute.reason, dispute.status) == (1970, "fraudulent", "needs_response")
    assert not dispute.is_charge_refundable
    assert moved(dispute) == [("dispute", -1970, 2000)]
    assert dispute.evidence_details.due_by == dispute.created + 9 * DAY
    assert (await sandbox.city.v1.charges.retrieve_async(str(dispute.charge))).disputed
    assert await dispute_events(sandbox) == ["created", "funds_withdrawn"]


async def test_evidence_that_wins_brings_the_money_back_and_not_the_fee(sandbox: Running) -> None:
    dispute = await disputed(sandbox)
    answered = await sandbox.city.v1.disputes.update_async(
        dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    won = await sandbox.city.v1.disputes.retrieve_async(dispute.id)
    assert won.status == "won"
    assert moved(won) == [("dispute", -1970, 2000), ("dispute_reversal", 1970, 0)]
    assert await dispute_events(sandbox) == ["created", "funds_withdrawn", "updated", "closed", "funds_reinstated"]


async def test_evidence_that_loses_brings_nothing_back(sandbox: Running) -> None:
    dispute = await disputed(sandbox, "pm_card_createDisputeProductNotReceived")
    await sandbox.city.v1.disputes.update_async(dispute.id, {"evidence": {"uncategorized_text": "losing_evidence"}})
    lost = await sandbox.city.v1.disputes.retrieve_async(dispute.id)
    assert (lost.status, lost.reason) == ("lost", "product_not_received")
    assert moved(lost) == [("dispute", -1970, 2000)]


async def test_who_does_not_answer_in_time_has_lost(sandbox: Running) -> None:
    dispute = await disputed(sandbox)
    await sandbox.advance(9 * DAY)
    late = await sandbox.city.v1.disputes.retrieve_async(dispute.id)
    assert (late.status, late.evidence_details.past_due) == ("lost", True)
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.city.v1.disputes.update_async(dispute.id, {"evidence": {"uncategorized_text": "late"}})


async def test_evidence_may_be_staged_first(sandbox: Running) -> None:
    dispute = await disputed(sandbox)
    staged = await sandbox.city.v1.disputes.update_async(
        dispute.id, {"evidence": {"service_date": "2026-11-22"}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    handed_in = await sandbox.city.v1.disputes.update_async(dispute.id, {})
    assert (handed_in.status, handed_in.evidence.service_date) == ("under_review", "2026-11-22")


async def test_who_gives_in_has_lost_at_once(sandbox: Running) -> None:
    dispute = await disputed(sandbox)
    closed = await sandbox.city.v1.disputes.close_async(dispute.id)
    assert closed.status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.city.v1.disputes.close_async(dispute.id)


async def test_an_inquiry_takes_nothing_until_it_becomes_a_dispute(sandbox: Running) -> None:
    dispute = await disputed(sandbox, "pm_card_createDisputeInquiry")
    assert (dispute.status, dispute.is_charge_refundable, moved(dispute)) == ("warning_needs_response", True, [])
    await sandbox.by_hand(f"disputes/{dispute.id}", outcome="escalated")
    grown = await sandbox.city.v1.disputes.retrieve_async(dispute.id)
    assert (grown.status, grown.is_charge_refundable) == ("needs_response", False)
    assert moved(grown) == [("dispute", -1970, 2000)]


async def test_an_inquiry_that_is_answered_or_refunded_closes_quietly(sandbox: Running) -> None:
    dispute = await disputed(sandbox, "pm_card_createDisputeInquiry")
    await sandbox.city.v1.refunds.create_async({"charge": str(dispute.charge)})
    await sandbox.by_hand(f"disputes/{dispute.id}", outcome="won")
    closed = await sandbox.city.v1.disputes.retrieve_async(dispute.id)
    assert (closed.status, moved(closed)) == ("warning_closed", [])


async def test_money_that_the_bank_took_is_not_refunded_as_well(sandbox: Running) -> None:
    dispute = await disputed(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.refunds.create_async({"charge": str(dispute.charge), "amount": 100})
    assert told(refusal.value).code == "charge_disputed"
    await sandbox.by_hand(f"disputes/{dispute.id}", outcome="won")
    refund = await sandbox.city.v1.refunds.create_async({"charge": str(dispute.charge), "amount": 100})
    assert refund.status == "succeeded"


async def test_any_charge_can_be_disputed_by_hand_and_only_for_what_is_left_of_it(sandbox: Running) -> None:
    intent = await paid(sandbox)
    await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 470})
    body = {"charge": str(intent.latest_charge), "amount": 1501}
    refused = await sandbox.http.post(f"{sandbox.url}/sandbox/disputes", json=body)
    assert refused.status_code == 400
    made = await sandbox.by_hand("disputes", charge=str(intent.latest_charge), reason="duplicate")
    dispute = await sandbox.city.v1.disputes.retrieve_async(made["id"])
    assert (dispute.amount, dispute.reason) == (1500, "duplicate")
    balance: Any = await sandbox.city.v1.balance.retrieve_async()
    assert sum(fund.amount for fund in (*balance.available, *balance.pending)) == 1970 - 55 - 470 - 1500 - 2000


async def test_a_dispute_is_decided_once(sandbox: Running) -> None:
    dispute = await disputed(sandbox)
    await sandbox.by_hand(f"disputes/{dispute.id}", outcome="won")
    for outcome in ("lost", "won", "escalated"):
        again = await sandbox.http.post(f"{sandbox.url}/sandbox/disputes/{dispute.id}", json={"outcome": outcome})
        assert again.status_code == 400
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.neighbour.v1.disputes.retrieve_async(dispute.id)
