"""The same key gives the same answer, and nothing happens twice."""

import asyncio
from typing import Any

import httpx
import pytest
import stripe

from tests.adapters.payments.sandbox.running import Running, held

HOLD: dict[str, Any] = {
    "amount": 3000,
    "currency": "eur",
    "capture_method": "manual",
    "payment_method": "pm_card_visa",
    "allowed_payment_method_types[0]": "card",
    "confirm": "true",
}


async def keyed(
    sandbox: Running,
    key: str,
    form: dict[str, Any] | None = None,
    path: str = "/v1/payment_intents",
    account_key: str | None = None,
) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return await sandbox.raw("POST", path, account_key, data=form or HOLD, headers=headers)


async def number_of_payments(sandbox: Running) -> int:
    return len((await sandbox.city.v1.payment_intents.list_async({"limit": 100})).data)


async def test_a_repeated_key_repeats_the_answer_byte_for_byte(sandbox: Running) -> None:
    first, second = await keyed(sandbox, "k1"), await keyed(sandbox, "k1")
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["original-request"] == first.headers["request-id"] != second.headers["request-id"]
    assert await number_of_payments(sandbox) == 1
    assert len(await sandbox.event_types()) == 3


async def test_a_decline_is_repeated_too(sandbox: Running) -> None:
    form = {**HOLD, "payment_method": "pm_card_chargeDeclined"}
    first, second = await keyed(sandbox, "k1", form), await keyed(sandbox, "k1", form)
    assert (first.status_code, second.status_code) == (402, 402)
    assert first.content == second.content
    assert (await sandbox.event_types()).count("charge.failed") == 1


async def test_a_key_is_bound_to_its_parameters_and_path(sandbox: Running) -> None:
    await keyed(sandbox, "k1")
    other_amount = await keyed(sandbox, "k1", {**HOLD, "amount": 3001})
    other_path = await keyed(sandbox, "k1", {"email": "a@example.org"}, path="/v1/customers")
    assert [answer.status_code for answer in (other_amount, other_path)] == [400, 400]
    assert [answer.json()["error"]["type"] for answer in (other_amount, other_path)] == ["idempotency_error"] * 2
    with pytest.raises(stripe.IdempotencyError):
        await sandbox.city.v1.payment_intents.create_async(
            {"amount": 100, "currency": "eur"}, {"idempotency_key": "k1"}
        )


async def test_the_order_of_parameters_does_not_matter(sandbox: Running) -> None:
    first = await keyed(sandbox, "k1")
    second = await keyed(sandbox, "k1", dict(reversed(HOLD.items())))
    assert first.content == second.content


async def test_a_key_that_failed_validation_is_still_free(sandbox: Running) -> None:
    refused = await keyed(sandbox, "k1", {**HOLD, "amount": "many"})
    accepted = await keyed(sandbox, "k1")
    assert (refused.status_code, accepted.status_code) == (400, 200)


async def test_a_key_remembers_a_refusal_by_state(sandbox: Running) -> None:
    intent = await held(sandbox)
    path = f"/v1/payment_intents/{intent.id}/capture"
    first = await keyed(sandbox, "k1", {"amount_to_capture": 9999}, path=path)
    second = await keyed(sandbox, "k1", {"amount_to_capture": 9999}, path=path)
    assert (first.status_code, second.headers["idempotent-replayed"]) == (400, "true")


async def test_accounts_do_not_share_keys(sandbox: Running) -> None:
    mine = await keyed(sandbox, "k1")
    theirs = await keyed(sandbox, "k1", {**HOLD, "amount": 500}, account_key=sandbox.accounts[1].secret_key)
    assert (mine.json()["amount"], theirs.json()["amount"]) == (3000, 500)


async def test_a_key_is_forgotten_after_a_day(sandbox: Running) -> None:
    first = await keyed(sandbox, "k1")
    await sandbox.advance(24 * 3600 - 60)
    assert (await keyed(sandbox, "k1")).content == first.content
    await sandbox.advance(120)
    assert (await keyed(sandbox, "k1")).json()["id"] != first.json()["id"]


async def test_a_key_in_use_is_a_conflict(sandbox: Running) -> None:
    await sandbox.fault("POST", "/v1/payment_intents", "delay", seconds=0.3)
    answers = await asyncio.gather(*(keyed(sandbox, "k1") for _ in range(5)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 409, 409, 409, 409]
    conflict = next(answer for answer in answers if answer.status_code == 409).json()["error"]
    assert conflict["code"] == "idempotency_key_in_use"
    assert await number_of_payments(sandbox) == 1


async def test_the_sdk_outlasts_a_key_in_use(sandbox: Running) -> None:
    await sandbox.fault("POST", "/v1/customers", "delay", seconds=0.3)
    patient = sandbox.client(sandbox.accounts[0].secret_key, retries=3)
    first, second = await asyncio.gather(
        *(patient.v1.customers.create_async({}, {"idempotency_key": "k1"}) for _ in range(2))
    )
    assert first.id == second.id


async def test_forty_simultaneous_requests_with_one_key_hold_once(sandbox: Running) -> None:
    answers = await asyncio.gather(*(keyed(sandbox, "k1") for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert await number_of_payments(sandbox) == 1


async def test_a_key_of_more_than_255_characters_is_refused(sandbox: Running) -> None:
    assert (await keyed(sandbox, "k" * 256)).status_code == 400
    assert (await keyed(sandbox, "k" * 255)).status_code == 200
