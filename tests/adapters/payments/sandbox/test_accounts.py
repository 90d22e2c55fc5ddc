"""Who may ask: an account's own keys, and a browser with a client secret."""

import base64

import pytest
import stripe

from tests.adapters.payments.sandbox.running import Running, held, saved_card


async def test_without_a_valid_key_nothing_is_answered(sandbox: Running) -> None:
    nothing = await sandbox.http.get(f"{sandbox.url}/v1/balance")
    assert (nothing.status_code, nothing.json()["error"]["type"]) == (401, "invalid_request_error")
    with pytest.raises(stripe.AuthenticationError) as refusal:
        await sandbox.client("sk_test_of_nobody").v1.balance.retrieve_async()
    assert "sk_test_of_nobody" not in str(refusal.value)


async def test_curl_may_send_the_key_as_a_user_name(sandbox: Running) -> None:
    encoded = base64.b64encode(f"{sandbox.accounts[0].secret_key}:".encode()).decode()
    answer = await sandbox.http.get(f"{sandbox.url}/v1/balance", headers={"Authorization": f"Basic {encoded}"})
    assert answer.status_code == 200


async def test_accounts_see_nothing_of_each_other(sandbox: Running) -> None:
    customer, method = await saved_card(sandbox)
    intent = await held(sandbox)
    theirs = sandbox.neighbour.v1
    for refused in (
        theirs.payment_intents.retrieve_async(intent.id),
        theirs.payment_intents.capture_async(intent.id),
        theirs.customers.retrieve_async(customer),
        theirs.payment_methods.retrieve_async(method),
        theirs.charges.retrieve_async(str(intent.latest_charge)),
        theirs.refunds.create_async({"payment_intent": intent.id}),
        theirs.payment_intents.create_async({"amount": 1000, "currency": "eur", "customer": customer}),
        theirs.payment_intents.list_async({"starting_after": intent.id}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await refused
        assert refusal.value.code == "resource_missing"
    assert await sandbox.event_types(sandbox.neighbour) == []
    assert (await theirs.payment_intents.list_async()).data == []
    assert (await sandbox.overview(1))["payments"] == []


async def test_a_key_does_not_act_for_another_account(sandbox: Running) -> None:
    with pytest.raises(stripe.PermissionError):
        await sandbox.city.v1.balance.retrieve_async(options={"stripe_account": sandbox.accounts[1].id})


async def test_a_browser_confirms_what_it_has_the_secret_of(sandbox: Running) -> None:
    intent = await sandbox.city.v1.payment_intents.create_async(
        {
            "amount": 1000,
            "currency": "eur",
            "capture_method": "manual",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    path, key = f"/v1/payment_intents/{intent.id}", sandbox.accounts[0].publishable_key
    secret = {"client_secret": str(intent.client_secret)}
    seen = await sandbox.raw("GET", path, key, params=secret)
    assert (seen.status_code, seen.json()["status"]) == (200, "requires_payment_method")
    typed = {
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": "4242 4242 4242 4242",
        "payment_method_data[card][exp_month]": "12",
        "payment_method_data[card][exp_year]": "2099",
        "payment_method_data[card][cvc]": "123",
    }
    paid = await sandbox.raw("POST", f"{path}/confirm", key, data={**secret, **typed})
    assert (paid.status_code, paid.json()["status"]) == (200, "requires_capture")


async def test_a_browser_confirms_a_setup_too(sandbox: Running) -> None:
    customer = await sandbox.city.v1.customers.create_async()
    intent = await sandbox.city.v1.setup_intents.create_async(
        {"customer": customer.id, "allowed_payment_method_types": ["card"]}
    )
    done = await sandbox.raw(
        "POST",
        f"/v1/setup_intents/{intent.id}/confirm",
        sandbox.accounts[0].publishable_key,
        data={"client_secret": str(intent.client_secret), "payment_method": "pm_card_visa"},
    )
    assert done.json()["status"] == "succeeded"


async def test_a_browser_may_do_nothing_else(sandbox: Running) -> None:
    intent, other = await held(sandbox), await held(sandbox)
    key = sandbox.accounts[0].publishable_key
    right, wrong = {"client_secret": str(intent.client_secret)}, {"client_secret": str(other.client_secret)}
    path = f"/v1/payment_intents/{intent.id}"
    answers = [
        await sandbox.raw("GET", path, key),
        await sandbox.raw("GET", path, key, params=wrong),
        await sandbox.raw("POST", f"{path}/confirm", key, data=wrong),
        await sandbox.raw("POST", f"{path}/capture", key, data=right),
        await sandbox.raw("GET", "/v1/payment_intents", key),
        await sandbox.raw("POST", "/v1/refunds", key, data={"payment_intent": intent.id}),
        await sandbox.raw("GET", path, sandbox.accounts[1].publishable_key, params=right),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 401, 401, 401, 404]
    assert (await sandbox.city.v1.payment_intents.retrieve_async(intent.id)).status == "requires_capture"
