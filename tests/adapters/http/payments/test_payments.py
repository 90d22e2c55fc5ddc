"""Paying over HTTP, and Stripe's messages, as they come over the wire."""

import json
from typing import Any

import httpx
import pytest

from domain.identity import PersonId
from infra.ids import new_id
from tests.adapters.http.tills import Till
from tests.adapters.payments.sandbox.running import eventually
from tests.api import a_token, bearer
from tests.database import Databases

pytestmark = pytest.mark.database


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_resident_pays_by_card_and_is_confirmed(till: Till) -> None:
    booking = await till.hold()
    paid = await till.pay(booking.id, {"payment_method_id": "pm_card_visa"})
    assert paid.status_code == 200
    shown = paid.json()
    assert {**shown, "id": "", "client_secret": ""} == {
        "id": "",
        "kind": "payment",
        "state": "authorised",
        "amount": {"amount": 240, "currency": "EUR"},
        "client_secret": "",
        "expires_at": None,
        "next_action": None,
        "mandate": None,
    }
    seen = await till.show(booking)
    assert (seen["state"], seen["payment"]) == (
        "confirmed",
        {"id": shown["id"], "kind": "payment", "state": "authorised"},
    )


async def test_the_same_key_is_answered_the_same_to_the_byte(till: Till) -> None:
    booking = await till.hold()
    body = {"payment_method_id": "pm_card_authenticationRequired", "return_url": "https://city.example/back"}
    first, again = await till.pay(booking.id, body), await till.pay(booking.id, body)
    assert first.json()["next_action"]["type"] == "redirect_to_url"
    assert again.content == first.content
    assert [answer.headers.get("idempotency-replayed") for answer in (first, again)] == [None, "true"]
    assert problem(await till.pay(booking.id, {"payment_method_id": "pm_card_visa"})) == (422, "key_reused")


async def test_who_saw_another_version_of_the_booking_does_not_pay_for_this_one(till: Till) -> None:
    booking = await till.hold()
    body = {"payment_method_id": "pm_card_visa"}
    other = await till.act(booking.id, "payment", body, key="a-key", if_match='"99-x"')
    assert problem(other) == (412, "version_mismatch")
    assert (await till.act(booking.id, "payment", body, key="a-key")).status_code == 200


async def test_a_declined_card_is_402_and_leaves_the_hold(till: Till) -> None:
    booking = await till.hold()
    declined = await till.pay(booking.id, {"payment_method_id": "pm_card_chargeDeclined"})
    assert problem(declined) == (402, "payment_declined")
    assert (await till.show(booking))["state"] == "held"


async def test_a_card_that_nobody_knows_is_404_and_another_one_pays(till: Till) -> None:
    booking = await till.hold()
    unknown = await till.pay(booking.id, {"payment_method_id": "pm_nobodys"}, key="first")
    assert problem(unknown) == (404, "unknown_payment_method")
    assert [fault["pointer"] for fault in unknown.json()["errors"]] == ["/payment_method_id"]
    assert (await till.show(booking))["state"] == "held"
    assert (await till.pay(booking.id, {"payment_method_id": "pm_card_visa"}, key="second")).status_code == 200


async def test_the_holders_browser_goes_on_with_the_secret_and_confirm_looks_again(till: Till) -> None:
    booking = await till.hold()
    begun = (await till.pay(booking.id)).json()
    assert (begun["state"], begun["next_action"]) == ("requires_payment_method", None)
    intent_id, _, _ = begun["client_secret"].partition("_secret_")
    browser = {"client_secret": begun["client_secret"], "payment_method": "pm_card_visa"}
    answer = await till.sandbox.raw(
        "POST", f"/v1/payment_intents/{intent_id}/confirm", till.sandbox.accounts[0].publishable_key, data=browser
    )
    answer.raise_for_status()
    headers = bearer(a_token(till.city.city, person=till.holder)) | {"idempotency-key": "confirm"}
    confirmed = await till.http.post(f"/v1/{till.city.city}/bookings/{booking.id}/confirm", headers=headers)
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"payment_method_id": "4242424242424242"}, "/payment_method_id"),
        ({"payment_method_id": ""}, "/payment_method_id"),
        ({"payment_method_id": "pm_" + "x" * 300}, "/payment_method_id"),
        ({"payment_method_id": 7}, "/payment_method_id"),
        ({"return_url": "javascript:alert(1)"}, "/return_url"),
        ({"return_url": "https://user@evil.example"}, "/return_url"),
        ({"return_url": "https://"}, "/return_url"),
        ({"card": "4242"}, "/card"),
    ],
)
async def test_what_is_no_card_and_no_address_is_422(till: Till, body: Any, pointer: str) -> None:
    booking = await till.hold()
    answer = await till.pay(booking.id, body)
    assert problem(answer) == (422, "invalid_input")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_what_cannot_be_paid_says_why(till: Till, database: Databases) -> None:
    booking = await till.hold()
    assert problem(await till.pay(booking.id, key=None)) == (400, "key_missing")
    assert problem(await till.pay(new_id())) == (404, "unknown_booking")
    assert problem(await till.pay(booking.id, holder=PersonId(new_id()))) == (404, "unknown_booking")
    await database.rows(
        till.city.city,
        "UPDATE bookings SET state = 'cancelled' WHERE city = :city AND id = :id RETURNING id",
        id=booking.id,
    )
    assert problem(await till.pay(booking.id, key="another")) == (409, "wrong_state")


async def test_a_provider_that_is_down_is_503_and_the_same_key_pays_later(till: Till) -> None:
    booking = await till.hold()
    await till.sandbox.fault("POST", "/v1/payment_intents", "timeout_after", times=3)
    body = {"payment_method_id": "pm_card_visa"}
    down = await till.pay(booking.id, body)
    assert problem(down) == (503, "unavailable")
    assert down.headers["retry-after"]
    paid = await till.pay(booking.id, body)
    assert (paid.status_code, paid.json()["state"], paid.headers.get("idempotency-replayed")) == (
        200,
        "authorised",
        None,
    )


async def test_stripes_messages_are_taken_once_signed_and_once_only(till: Till, database: Databases) -> None:
    booking = await till.hold()
    paid = (await till.pay(booking.id, {"payment_method_id": "pm_card_visa"})).json()
    mine = paid["id"].encode()
    await eventually(
        lambda: any(mine in body and b"capturable" in body for _, body, _ in till.sandbox.shop.received), "no message"
    )
    message = next(m for m in till.sandbox.shop.received if mine in m[1] and b"capturable" in m[1])
    _, raw, signature = message
    headers = {"stripe-signature": signature, "content-type": "application/json; charset=utf-8"}
    account = till.sandbox.accounts[0].id
    for path in (f"/v1/webhooks/stripe/{account}", f"/v1/webhooks/stripe/{account}", "/v1/webhooks/stripe"):
        taken = await till.http.post(path, content=raw, headers=headers)
        assert (taken.status_code, taken.json()) == (200, {"received": True})
    event_id = json.loads(raw)["id"]
    rows = await database.rows(
        till.city.city, "SELECT event_id FROM provider_events WHERE city = :city AND event_id = :id", id=event_id
    )
    assert rows == [(event_id,)]


async def test_messages_that_are_not_stripes_are_refused(till: Till) -> None:
    account = till.sandbox.accounts[0].id
    for headers in ({}, {"stripe-signature": "t=1,v1=00"}, {"stripe-signature": "t=1,v1=\xe4".encode("latin-1")}):
        for path in (f"/v1/webhooks/stripe/{account}", "/v1/webhooks/stripe"):
            refused = await till.http.post(path, content=b'{"id":"evt_1"}', headers=headers)  # type: ignore[arg-type]
            assert problem(refused) == (400, "bad_signature")
    unknown = await till.http.post("/v1/webhooks/stripe/acct_unknown", content=b"{}")
    assert problem(unknown) == (404, "unknown_account")
