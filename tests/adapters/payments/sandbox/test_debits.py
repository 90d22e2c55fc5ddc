"""SEPA debits: nobody knows for days whether the bank pays, and it may want its money back."""

from typing import Any

import pytest
import stripe

from tests.adapters.payments.sandbox.debits import (
    ACCEPTED,
    FAILS_LATER,
    PAYS,
    RETURNED,
    bank_account,
    debited,
)
from tests.adapters.payments.sandbox.running import Running, told

MINUTES = 3 * 60


async def charge_of(sandbox: Running, intent: stripe.PaymentIntent) -> stripe.Charge:
    return await sandbox.city.v1.charges.retrieve_async(str(intent.latest_charge))


async def saved_account(sandbox: Running, iban: str = PAYS) -> tuple[str, str]:
    """A customer whose account may be debited in her absence."""
    customer = await sandbox.city.v1.customers.create_async()
    setup = await sandbox.city.v1.setup_intents.create_async(
        {
            "customer": customer.id,
            "payment_method": await bank_account(sandbox, iban),
            "allowed_payment_method_types": ["sepa_debit"],
            "confirm": True,
            "mandate_data": ACCEPTED,
        }
    )
    assert (setup.status, setup.mandate is None) == ("succeeded", False)
    return customer.id, str(setup.payment_method)


async def test_a_debit_is_processing_until_the_bank_has_paid(sandbox: Running) -> None:
    intent = await debited(sandbox)
    assert (intent.status, intent.amount_received) == ("processing", 0)
    assert (await charge_of(sandbox, intent)).status == "pending"
    await sandbox.advance(MINUTES)
    done = await sandbox.city.v1.payment_intents.retrieve_async(intent.id)
    assert (done.status, done.amount_received) == ("succeeded", 1970)
    assert await sandbox.event_types() == [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    (moved,) = (await sandbox.city.v1.balance_transactions.list_async()).data
    assert (moved.type, moved.reporting_category, moved.amount, moved.fee) == ("payment", "charge", 1970, 35)


async def test_a_debit_that_the_bank_does_not_pay_takes_its_money_back(sandbox: Running) -> None:
    intent = await debited(sandbox, FAILS_LATER)
    await sandbox.advance(MINUTES)
    failed = await sandbox.city.v1.payment_intents.retrieve_async(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error is not None
    charge = await charge_of(sandbox, intent)
    assert (charge.status, charge.failure_code) == ("failed", "insufficient_funds")
    listed = await sandbox.city.v1.balance_transactions.list_async()
    assert [(each.reporting_category, each.amount) for each in listed.data] == [
        ("charge_failure", -1970),
        ("charge", 1970),
    ]
    assert listed.data[0].id == charge.failure_balance_transaction


async def test_a_returned_debit_is_a_lost_dispute_and_ends_its_mandate(sandbox: Running) -> None:
    intent = await debited(sandbox, RETURNED)
    await sandbox.advance(1)
    (dispute,) = (await sandbox.city.v1.disputes.list_async({"payment_intent": intent.id})).data
    assert (dispute.status, dispute.reason, dispute.evidence_details.due_by) == ("lost", "debit_not_authorized", None)
    assert [each.amount for each in dispute.balance_transactions] == [-1970]
    details: Any = (await charge_of(sandbox, intent)).payment_method_details
    mandate = await sandbox.city.v1.mandates.retrieve_async(details.sepa_debit.mandate)
    assert mandate.status == "inactive"
    assert (await sandbox.event_types())[-4:] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
        "mandate.updated",
    ]


async def test_any_debit_can_be_returned_weeks_later(sandbox: Running) -> None:
    intent = await debited(sandbox, PAYS)
    await sandbox.advance(42 * 24 * 3600)
    made = await sandbox.by_hand("disputes", charge=str(intent.latest_charge), reason="debit_not_authorized")
    assert made["status"] == "lost"


async def test_a_saved_account_is_debited_in_its_owners_absence(sandbox: Running) -> None:
    customer, method = await saved_account(sandbox)
    intent = await sandbox.city.v1.payment_intents.create_async(
        {
            "amount": 1970,
            "currency": "eur",
            "customer": customer,
            "payment_method": method,
            "allowed_payment_method_types": ["card", "sepa_debit"],
            "confirm": True,
            "off_session": True,
        }
    )
    assert intent.status == "processing"
    listed = await sandbox.city.v1.customers.payment_methods.list_async(customer, {"type": "sepa_debit"})
    assert [each.id for each in listed.data] == [method]


async def test_without_a_mandate_that_is_active_nothing_is_debited(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.payment_intents.create_async(
            {
                "amount": 1970,
                "currency": "eur",
                "payment_method": await bank_account(sandbox),
                "allowed_payment_method_types": ["sepa_debit"],
                "confirm": True,
            }
        )
    assert refusal.value.param == "mandate_data"
    customer, method = await saved_account(sandbox, RETURNED)
    absent: Any = {"customer": customer, "method": method, "off_session": True, "mandate_data": {}}
    await debited(sandbox, **absent)
    await sandbox.advance(1)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await debited(sandbox, **absent)
    assert told(refusal.value).code == "payment_intent_mandate_invalid"


async def test_a_debit_cannot_be_held_and_not_be_taken_back_while_it_is_with_the_bank(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await debited(sandbox, capture_method="manual")
    assert refusal.value.param == "capture_method"
    intent = await debited(sandbox)
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.city.v1.payment_intents.cancel_async(intent.id)
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id})


async def test_a_debit_is_refunded_like_a_card(sandbox: Running) -> None:
    intent = await debited(sandbox, PAYS)
    await sandbox.advance(1)
    refund = await sandbox.city.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    moved = (await sandbox.city.v1.balance_transactions.list_async({"source": refund.id})).data[0]
    assert (moved.type, moved.reporting_category, moved.amount) == ("payment_refund", "refund", -500)


async def test_only_test_accounts_with_a_name_are_taken(sandbox: Running) -> None:
    for details, param in (
        ({"sepa_debit": {"iban": "DE02120300000000202051"}}, "sepa_debit[iban]"),
        ({"billing_details": {"name": "Ada"}}, "billing_details[email]"),
    ):
        wish: Any = {"type": "sepa_debit", "sepa_debit": {"iban": PAYS}, "billing_details": {}, **details}
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await sandbox.city.v1.payment_methods.create_async(wish)
        assert refusal.value.param == param


async def test_who_wants_cards_only_is_not_paid_by_debit(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await debited(sandbox, allowed_payment_method_types=["card"])
    assert refusal.value.param == "payment_method"
