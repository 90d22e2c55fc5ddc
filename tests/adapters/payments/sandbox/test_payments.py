"""A payment's life: held, taken, released, expired, declined, authenticated."""

from typing import Any

import pytest
import stripe

from tests.adapters.payments.sandbox.running import Running, held, saved_card, told

HOUR, DAY = 3600, 24 * 3600


async def test_a_hold_takes_nothing_until_it_is_captured(sandbox: Running) -> None:
    intent = await held(sandbox, metadata={"booking": "b1"})
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 3000, 0)
    charge = await sandbox.city.v1.charges.retrieve_async(str(intent.latest_charge))
    assert (charge.captured, charge.amount_captured, charge.balance_transaction) == (False, 0, None)
    assert charge.metadata.to_dict() == {"booking": "b1"}
    assert await sandbox.event_types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
    ]


async def test_a_capture_below_the_hold_books_the_captured_amount_and_releases_the_rest(sandbox: Running) -> None:
    intent = await held(sandbox)
    taken = await sandbox.city.v1.payment_intents.capture_async(
        intent.id, {"amount_to_capture": 2470, "expand": ["latest_charge.balance_transaction"]}
    )
    charge: Any = taken.latest_charge
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 2470, 0)
    assert (charge.amount_captured, charge.captured, charge.refunded) == (2470, True, False)
    transaction = charge.balance_transaction
    assert (transaction.amount, transaction.fee, transaction.net) == (2470, 62, 2408)
    assert (transaction.type, transaction.reporting_category, transaction.source) == ("charge", "charge", charge.id)
    assert [detail.to_dict() for detail in transaction.fee_details] == [
        {
            "amount": 62,
            "application": None,
            "currency": "eur",
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    assert (await sandbox.event_types())[-2:] == ["charge.captured", "payment_intent.succeeded"]


async def test_the_released_part_of_a_hold_shows_as_a_refund_that_moved_no_money(sandbox: Running) -> None:
    intent = await held(sandbox)
    await sandbox.city.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 2470})
    charge = await sandbox.city.v1.charges.retrieve_async(str(intent.latest_charge))
    refunds = await sandbox.city.v1.refunds.list_async({"payment_intent": intent.id})
    assert charge.amount_refunded == 530
    assert [(refund.amount, refund.balance_transaction) for refund in refunds.data] == [(530, None)]
    assert [each["released"] for each in (await sandbox.overview())["payments"]] == [530]
    assert [each["refunded"] for each in (await sandbox.overview())["payments"]] == [0]


async def test_no_more_than_the_hold_can_be_captured(sandbox: Running) -> None:
    intent = await held(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 3001})
    assert (refusal.value.code, refusal.value.param) == ("amount_too_large", "amount_to_capture")
    assert (await sandbox.city.v1.payment_intents.retrieve_async(intent.id)).status == "requires_capture"


async def test_a_hold_is_captured_once(sandbox: Running) -> None:
    intent = await held(sandbox)
    await sandbox.city.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 1000})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 1000})
    assert refusal.value.code == "payment_intent_unexpected_state"
    transactions = await sandbox.city.v1.balance_transactions.list_async()
    assert [transaction.amount for transaction in transactions.data] == [1000]


async def test_a_canceled_hold_is_released_whole(sandbox: Running) -> None:
    intent = await held(sandbox)
    ended = await sandbox.city.v1.payment_intents.cancel_async(
        intent.id, {"cancellation_reason": "requested_by_customer"}
    )
    assert (ended.status, ended.amount_capturable, ended.cancellation_reason) == (
        "canceled",
        0,
        "requested_by_customer",
    )
    assert (await sandbox.city.v1.balance_transactions.list_async()).data == []
    (payment,) = (await sandbox.overview())["payments"]
    assert (payment["held"], payment["released"], payment["captured"], payment["fees"]) == (0, 3000, 0, 0)


async def test_what_is_canceled_or_paid_cannot_be_canceled(sandbox: Running) -> None:
    canceled, paid = await held(sandbox), await held(sandbox)
    await sandbox.city.v1.payment_intents.cancel_async(canceled.id)
    await sandbox.city.v1.payment_intents.capture_async(paid.id)
    for intent in (canceled, paid):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await sandbox.city.v1.payment_intents.cancel_async(intent.id)
        assert refusal.value.code == "payment_intent_unexpected_state"


async def test_a_hold_that_nobody_captures_in_seven_days_expires(sandbox: Running) -> None:
    intent = await held(sandbox, expand=["latest_charge"])
    charge: Any = intent.latest_charge
    assert charge.payment_method_details.card.capture_before == charge.created + 7 * DAY
    await sandbox.advance(7 * DAY - HOUR)
    assert (await sandbox.city.v1.payment_intents.retrieve_async(intent.id)).status == "requires_capture"
    await sandbox.advance(HOUR)
    ended = await sandbox.city.v1.payment_intents.retrieve_async(intent.id)
    assert (ended.status, ended.cancellation_reason, ended.amount_capturable) == ("canceled", "automatic", 0)
    assert (await sandbox.event_types())[-2:] == ["charge.expired", "payment_intent.canceled"]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.payment_intents.capture_async(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"


async def test_a_visa_hold_in_the_cardholders_absence_lasts_four_days_and_eighteen_hours(sandbox: Running) -> None:
    customer, method = await saved_card(sandbox)
    intent = await held(sandbox, method=method, customer=customer, off_session=True, expand=["latest_charge"])
    charge: Any = intent.latest_charge
    assert charge.payment_method_details.card.capture_before == charge.created + 4 * DAY + 18 * HOUR


async def test_a_payment_without_manual_capture_is_taken_at_once(sandbox: Running) -> None:
    intent = await held(sandbox, capture_method="automatic_async")
    assert (intent.status, intent.amount_received) == ("succeeded", 3000)
    assert await sandbox.event_types() == [
        "payment_intent.created",
        "charge.succeeded",
        "charge.updated",
        "payment_intent.succeeded",
    ]


async def test_a_declined_card_is_a_402_with_the_payment_inside(sandbox: Running) -> None:
    with pytest.raises(stripe.CardError) as declined:
        await held(sandbox, method="pm_card_chargeDeclinedInsufficientFunds")
    error = told(declined.value)
    assert (error.code, error.decline_code, declined.value.http_status) == ("card_declined", "insufficient_funds", 402)
    intent = error.payment_intent
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.payment_method.id == error.payment_method.id
    assert await sandbox.event_types() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


async def test_after_a_decline_another_card_pays_the_same_intent(sandbox: Running) -> None:
    with pytest.raises(stripe.CardError) as declined:
        await held(sandbox, method="pm_card_chargeDeclined")
    identifier = told(declined.value).payment_intent.id
    intent = await sandbox.city.v1.payment_intents.confirm_async(identifier, {"payment_method": "pm_card_mastercard"})
    assert (intent.status, intent.last_payment_error) == ("requires_capture", None)
    charges = await sandbox.city.v1.charges.list_async({"payment_intent": identifier})
    assert [charge.status for charge in charges.data] == ["succeeded", "failed"]


async def test_a_card_that_needs_authentication_is_held_after_the_cardholder_approved(sandbox: Running) -> None:
    intent = await held(sandbox, method="pm_card_authenticationRequired", return_url="https://city.example/back")
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == "https://city.example/back"
    assert (await sandbox.authenticate(intent))["status"] == "requires_capture"
    paid = await sandbox.city.v1.payment_intents.retrieve_async(intent.id, {"expand": ["latest_charge"]})
    charge: Any = paid.latest_charge
    assert (paid.status, paid.next_action) == ("requires_capture", None)
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"


async def test_a_refused_authentication_leaves_the_payment_without_a_card(sandbox: Running) -> None:
    intent = await held(sandbox, method="pm_card_authenticationRequired")
    assert (await sandbox.authenticate(intent, "fail"))["status"] == "requires_payment_method"
    failed = await sandbox.city.v1.payment_intents.retrieve_async(intent.id)
    assert failed.last_payment_error is not None
    assert (failed.payment_method, failed.last_payment_error.code) == (None, "payment_intent_authentication_failure")
    assert (await sandbox.event_types())[-1] == "payment_intent.payment_failed"


async def test_a_card_may_still_decline_after_authentication(sandbox: Running) -> None:
    intent = await held(sandbox, method="pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    assert (await sandbox.authenticate(intent))["status"] == "requires_payment_method"
    failed = await sandbox.city.v1.payment_intents.retrieve_async(intent.id)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.decline_code == "insufficient_funds"


async def test_an_absent_cardholder_cannot_authenticate_so_her_card_declines(sandbox: Running) -> None:
    customer, method = await saved_card(sandbox, "pm_card_authenticationRequired")
    with pytest.raises(stripe.CardError) as declined:
        await held(sandbox, method=method, customer=customer, off_session=True)
    error = told(declined.value)
    assert (error.code, error.decline_code) == ("authentication_required", "authentication_required")
    assert error.payment_intent.status == "requires_payment_method"


async def test_a_card_set_up_once_is_charged_in_absence_without_asking_again(sandbox: Running) -> None:
    customer, method = await saved_card(sandbox, "pm_card_authenticationRequiredOnSetup")
    intent = await held(sandbox, method=method, customer=customer, off_session=True)
    assert intent.status == "requires_capture"


async def test_a_card_that_was_attached_without_being_set_up_is_asked_for_authentication(sandbox: Running) -> None:
    customer = await sandbox.city.v1.customers.create_async()
    method = await sandbox.city.v1.payment_methods.attach_async(
        "pm_card_authenticationRequiredOnSetup", {"customer": customer.id}
    )
    with pytest.raises(stripe.CardError) as declined:
        await held(sandbox, method=method.id, customer=customer.id, off_session=True)
    assert told(declined.value).code == "authentication_required"


async def test_a_merchant_may_ask_for_authentication_or_refuse_to_wait_for_it(sandbox: Running) -> None:
    asked = await held(sandbox, payment_method_options={"card": {"request_three_d_secure": "any"}})
    assert asked.status == "requires_action"
    with pytest.raises(stripe.CardError) as declined:
        await held(sandbox, method="pm_card_threeDSecure2Required", error_on_requires_action=True)
    assert told(declined.value).payment_intent.status == "requires_payment_method"


async def test_a_payment_can_save_its_card_for_later(sandbox: Running) -> None:
    customer = await sandbox.city.v1.customers.create_async({"email": "resident@example.org"})
    first = await held(
        sandbox,
        method="pm_card_authenticationRequiredOnSetup",
        customer=customer.id,
        setup_future_usage="off_session",
    )
    await sandbox.authenticate(first)
    cards = await sandbox.city.v1.payment_methods.list_async({"customer": customer.id})
    (card,) = cards.data
    second = await held(sandbox, method=card.id, customer=customer.id, off_session=True)
    assert second.status == "requires_capture"


async def test_a_card_that_was_not_saved_pays_once(sandbox: Running) -> None:
    intent = await held(sandbox)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        await held(sandbox, method=str(intent.payment_method))


async def test_a_saved_card_pays_only_for_its_customer(sandbox: Running) -> None:
    _, method = await saved_card(sandbox)
    other = await sandbox.city.v1.customers.create_async()
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a Customer"):
        await held(sandbox, method=method)
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a Customer"):
        await held(sandbox, method=method, customer=other.id)


async def test_an_unfinished_payment_changes_until_its_card_was_asked(sandbox: Running) -> None:
    intent = await sandbox.city.v1.payment_intents.create_async(
        {"amount": 1000, "currency": "eur", "metadata": {"a": "1", "b": "2"}}
    )
    changed = await sandbox.city.v1.payment_intents.update_async(
        intent.id, {"amount": 1200, "payment_method": "pm_card_visa", "metadata": {"a": "", "c": "3"}}
    )
    assert (changed.amount, changed.status, changed.metadata.to_dict()) == (
        1200,
        "requires_confirmation",
        {"b": "2", "c": "3"},
    )
    await sandbox.city.v1.payment_intents.confirm_async(intent.id, {"return_url": "https://city.example/"})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.payment_intents.update_async(intent.id, {"amount": 1300})
    assert refusal.value.code == "payment_intent_unexpected_state"
    noted = await sandbox.city.v1.payment_intents.update_async(intent.id, {"description": "late note"})
    assert (noted.description, noted.status) == ("late note", "succeeded")


async def test_methods_that_may_redirect_need_an_address_to_come_back_to(sandbox: Running) -> None:
    intent = await sandbox.city.v1.payment_intents.create_async({"amount": 1000, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    assert refusal.value.param == "return_url"


async def test_a_payment_without_a_card_cannot_be_confirmed(sandbox: Running) -> None:
    intent = await sandbox.city.v1.payment_intents.create_async({"amount": 1000, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        await sandbox.city.v1.payment_intents.confirm_async(intent.id, {"return_url": "https://city.example/"})
