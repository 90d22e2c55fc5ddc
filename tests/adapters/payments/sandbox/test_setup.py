"""Cards that are saved for payments in the cardholder's absence."""

from typing import Any

import pytest
import stripe

from tests.adapters.payments.sandbox.running import Running, saved_card, told


async def setup(sandbox: Running, method: str, **more: Any) -> stripe.SetupIntent:
    customer = await sandbox.city.v1.customers.create_async()
    parameters: Any = {
        "customer": customer.id,
        "payment_method": method,
        "allowed_payment_method_types": ["card"],
        "confirm": True,
        **more,
    }
    return await sandbox.city.v1.setup_intents.create_async(parameters)


async def test_a_successful_setup_leaves_the_card_with_the_customer(sandbox: Running) -> None:
    intent = await setup(sandbox, "pm_card_visa", metadata={"booking": "b1"})
    assert (intent.status, intent.usage) == ("succeeded", "off_session")
    cards = await sandbox.city.v1.payment_methods.list_async({"customer": str(intent.customer)})
    assert [card.id for card in cards.data] == [intent.payment_method]
    assert await sandbox.event_types() == [
        "customer.created",
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]


async def test_a_setup_waits_for_the_cardholder_where_the_bank_wants_her(sandbox: Running) -> None:
    intent = await setup(sandbox, "pm_card_authenticationRequiredOnSetup")
    assert intent.status == "requires_action"
    assert (await sandbox.authenticate(intent))["status"] == "succeeded"
    assert (await sandbox.event_types())[2:] == [
        "setup_intent.requires_action",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]


async def test_a_refused_setup_saves_nothing(sandbox: Running) -> None:
    intent = await setup(sandbox, "pm_card_authenticationRequired")
    assert (await sandbox.authenticate(intent, "fail"))["status"] == "requires_payment_method"
    failed = await sandbox.city.v1.setup_intents.retrieve_async(intent.id)
    assert failed.last_setup_error is not None
    assert failed.last_setup_error.code == "setup_intent_authentication_failure"
    assert (await sandbox.city.v1.payment_methods.list_async({"customer": str(intent.customer)})).data == []


async def test_a_card_that_declines_cannot_be_saved(sandbox: Running) -> None:
    with pytest.raises(stripe.CardError) as declined:
        await setup(sandbox, "pm_card_chargeDeclined")
    error = told(declined.value)
    assert (error.code, error.setup_intent.status) == ("card_declined", "requires_payment_method")
    assert (await sandbox.event_types())[-1] == "setup_intent.setup_failed"


async def test_a_card_may_be_saved_and_fail_only_when_it_is_charged(sandbox: Running) -> None:
    customer, method = await saved_card(sandbox, "pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        await sandbox.city.v1.payment_intents.create_async(
            {
                "amount": 1000,
                "currency": "eur",
                "customer": customer,
                "payment_method": method,
                "allowed_payment_method_types": ["card"],
                "off_session": True,
                "confirm": True,
            }
        )


async def test_a_setup_can_be_canceled_until_it_succeeds(sandbox: Running) -> None:
    waiting = await setup(sandbox, "pm_card_authenticationRequired")
    canceled = await sandbox.city.v1.setup_intents.cancel_async(waiting.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason, canceled.next_action) == ("canceled", "abandoned", None)
    done = await setup(sandbox, "pm_card_visa")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.setup_intents.cancel_async(done.id)
    assert refusal.value.code == "setup_intent_unexpected_state"
