"""Customers and the cards they keep."""

import pytest
import stripe

from adapters.payments.sandbox.cards import CARDS, TestCard
from tests.adapters.payments.sandbox.running import Running, saved_card, told


async def test_a_customer_is_kept_changed_and_found(sandbox: Running) -> None:
    customer = await sandbox.city.v1.customers.create_async(
        {
            "email": "a@example.org",
            "name": "A",
            "address": {"city": "Braunschweig", "country": "DE"},
            "metadata": {"person": "p1"},
        }
    )
    changed = await sandbox.city.v1.customers.update_async(customer.id, {"name": "B", "metadata": {"person": "p2"}})
    assert (changed.name, changed.email) == ("B", "a@example.org")
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"person": "p2"}
    assert changed.address is not None
    assert (changed.address.city, changed.address.line1) == ("Braunschweig", None)
    await sandbox.city.v1.customers.create_async({"email": "b@example.org"})
    found = await sandbox.city.v1.customers.list_async({"email": "a@example.org"})
    assert [each.id for each in found.data] == [customer.id]


async def test_a_deleted_customer_takes_the_cards_along(sandbox: Running) -> None:
    customer, method = await saved_card(sandbox)
    await sandbox.city.v1.customers.delete_async(customer)
    assert (await sandbox.city.v1.customers.retrieve_async(customer)).deleted is True
    assert (await sandbox.city.v1.payment_methods.retrieve_async(method)).customer is None
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sandbox.city.v1.payment_intents.create_async({"amount": 1000, "currency": "eur", "customer": customer})
    assert refusal.value.code == "resource_missing"


async def test_each_use_of_a_test_token_is_a_card_of_its_own(sandbox: Running) -> None:
    customer = await sandbox.city.v1.customers.create_async()
    first = await sandbox.city.v1.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})
    second = await sandbox.city.v1.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})
    assert first.id != second.id
    assert (first.card, second.card) != (None, None)
    kept = await sandbox.city.v1.customers.payment_methods.list_async(customer.id, {"type": "card"})
    assert [card.id for card in kept.data] == [second.id, first.id]
    assert len({str(card.card.fingerprint) for card in kept.data if card.card}) == 1


async def test_a_detached_card_cannot_be_used_again(sandbox: Running) -> None:
    customer, method = await saved_card(sandbox)
    assert (await sandbox.city.v1.payment_methods.detach_async(method)).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        await sandbox.city.v1.payment_methods.attach_async(method, {"customer": customer})
    assert (await sandbox.city.v1.payment_methods.list_async({"customer": customer})).data == []


async def test_a_card_that_declines_cannot_be_attached(sandbox: Running) -> None:
    customer = await sandbox.city.v1.customers.create_async()
    with pytest.raises(stripe.CardError) as declined:
        await sandbox.city.v1.payment_methods.attach_async("pm_card_chargeDeclined", {"customer": customer.id})
    assert (told(declined.value).code, told(declined.value).decline_code) == ("card_declined", "generic_decline")
    kept = await sandbox.city.v1.payment_methods.attach_async("pm_card_chargeCustomerFail", {"customer": customer.id})
    assert kept.customer == customer.id


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
async def test_every_test_card_is_known_by_number_and_by_name(shared_sandbox: Running, card: TestCard) -> None:
    by_number = await shared_sandbox.city.v1.payment_methods.create_async(
        {"type": "card", "card": {"number": card.number, "exp_month": 12, "exp_year": 2099, "cvc": "123"}}
    )
    by_name = await shared_sandbox.city.v1.payment_methods.retrieve_async(card.name)
    assert by_number.card is not None
    assert by_name.card is not None
    assert (by_number.card.fingerprint, by_number.card.last4) == (by_name.card.fingerprint, card.number[-4:])


async def test_a_real_card_number_is_refused(shared_sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await shared_sandbox.city.v1.payment_methods.create_async(
            {"type": "card", "card": {"number": "4111111111111111", "exp_month": 12, "exp_year": 2099}}
        )
    assert refusal.value.code == "incorrect_number"
