"""The bank's page where cardholders authenticate, by browser and by curl."""

from typing import Any

import stripe

from tests.adapters.payments.sandbox.running import Running, held


async def waiting(sandbox: Running, return_url: str | None = None) -> tuple[stripe.PaymentIntent, str]:
    more: Any = {} if return_url is None else {"return_url": return_url}
    intent = await held(sandbox, method="pm_card_authenticationRequired", **more)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    url = str(intent.next_action.redirect_to_url.url)
    assert url == f"{sandbox.url}/authenticate/{intent.id}"
    return intent, url


async def test_curl_approves_with_an_empty_post(sandbox: Running) -> None:
    intent, url = await waiting(sandbox)
    answer = await sandbox.http.post(url, headers={"accept": "*/*"})
    assert (answer.status_code, answer.json()["id"], answer.json()["status"]) == (200, intent.id, "requires_capture")


async def test_json_says_it_too(sandbox: Running) -> None:
    _, url = await waiting(sandbox)
    assert (await sandbox.http.post(url, json={"outcome": "fail"})).json()["status"] == "requires_payment_method"


async def test_an_unknown_outcome_changes_nothing(sandbox: Running) -> None:
    intent, url = await waiting(sandbox)
    for arguments in ({"json": {"outcome": "perhaps"}}, {"data": {"outcome": "perhaps"}}, {"json": ["succeed"]}):
        assert (await sandbox.http.post(url, **arguments)).status_code == 400
    assert (await sandbox.city.v1.payment_intents.retrieve_async(intent.id)).status == "requires_action"


async def test_it_can_be_answered_once(sandbox: Running) -> None:
    _, url = await waiting(sandbox)
    assert (await sandbox.http.post(url)).status_code == 200
    assert (await sandbox.http.post(url)).status_code == 400


async def test_the_page_needs_nothing_from_elsewhere(sandbox: Running) -> None:
    _, url = await waiting(sandbox)
    page = await sandbox.http.get(url, headers={"accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.text.count("<form") == 2
    assert "30.00 EUR" in page.text
    for foreign in ("<script", "<link", "<img", "style=", "http://", "https://"):
        assert foreign not in page.text


async def test_a_browser_is_led_back_to_the_shop(sandbox: Running) -> None:
    intent, url = await waiting(sandbox, return_url='https://city.example/?a=1&b="2"')
    page = await sandbox.http.post(url, data={"outcome": "succeed"}, headers={"accept": "text/html"})
    assert (
        f"https://city.example/?a=1&amp;b=&quot;2&quot;&amp;payment_intent={intent.id}"
        f"&amp;payment_intent_client_secret={intent.client_secret}&amp;redirect_status=succeeded"
    ) in page.text


async def test_only_intents_have_a_page(sandbox: Running) -> None:
    customer = await sandbox.city.v1.customers.create_async()
    for identifier in ("pi_none", "seti_none", customer.id, ""):
        assert (await sandbox.http.get(f"{sandbox.url}/authenticate/{identifier}")).status_code == 404
    settled = await held(sandbox)
    page = await sandbox.http.get(f"{sandbox.url}/authenticate/{settled.id}")
    assert "Nothing to approve" in page.text
