"""What goes wrong between a shop and Stripe, on demand."""

import pytest
import stripe

from tests.adapters.payments.sandbox.running import Running, held

PATH = "/v1/payment_intents"


async def payments(sandbox: Running) -> int:
    return len((await sandbox.city.v1.payment_intents.list_async()).data)


async def test_a_timeout_before_the_effect_leaves_nothing_behind(sandbox: Running) -> None:
    await sandbox.fault("POST", PATH, "timeout_before")
    with pytest.raises(stripe.APIConnectionError):
        await held(sandbox)
    assert await payments(sandbox) == 0


async def test_a_timeout_after_the_effect_hides_what_happened(sandbox: Running) -> None:
    await sandbox.fault("POST", PATH, "timeout_after")
    with pytest.raises(stripe.APIConnectionError):
        await held(sandbox)
    assert await payments(sandbox) == 1


async def test_the_sdks_own_retry_finds_the_payment_that_a_timeout_hid(sandbox: Running) -> None:
    await sandbox.fault("POST", PATH, "timeout_after", times=2)
    patient = sandbox.client(sandbox.accounts[0].secret_key, retries=3)
    intent = await patient.v1.payment_intents.create_async({"amount": 1000, "currency": "eur"})
    assert [each.id for each in (await sandbox.city.v1.payment_intents.list_async()).data] == [intent.id]


async def test_a_server_error_is_repeated_under_its_key_and_nothing_happened(sandbox: Running) -> None:
    await sandbox.fault("POST", PATH, "error_500")
    patient = sandbox.client(sandbox.accounts[0].secret_key, retries=2)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as failure:
            await patient.v1.payment_intents.create_async(
                {"amount": 1000, "currency": "eur"}, {"idempotency_key": "k1"}
            )
        assert failure.value.http_status == 500
    assert await payments(sandbox) == 0
    again = await patient.v1.payment_intents.create_async(
        {"amount": 1000, "currency": "eur"}, {"idempotency_key": "k2"}
    )
    assert again.status == "requires_payment_method"


async def test_a_server_error_may_hide_a_payment_that_only_its_metadata_finds(sandbox: Running) -> None:
    await sandbox.fault("POST", PATH, "error_500_after")
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await sandbox.city.v1.payment_intents.create_async(
                {"amount": 1000, "currency": "eur", "metadata": {"operation": "o1"}}, {"idempotency_key": "k1"}
            )
    found = await sandbox.city.v1.payment_intents.list_async()
    assert [intent.metadata["operation"] for intent in found.data] == ["o1"]


async def test_turned_away_at_the_door_the_key_stays_free(sandbox: Running) -> None:
    for kind, expected in (("error_503", stripe.APIError), ("rate_limit", stripe.RateLimitError)):
        await sandbox.fault("POST", PATH, kind)
        with pytest.raises(expected):
            await sandbox.city.v1.payment_intents.create_async(
                {"amount": 1000, "currency": "eur"}, {"idempotency_key": "k1"}
            )
    intent = await sandbox.city.v1.payment_intents.create_async(
        {"amount": 1000, "currency": "eur"}, {"idempotency_key": "k1"}
    )
    assert [each.id for each in (await sandbox.city.v1.payment_intents.list_async()).data] == [intent.id]


async def test_a_fault_can_be_aimed_at_one_account_and_one_kind_of_call(sandbox: Running) -> None:
    account = sandbox.accounts[1].id
    await sandbox.fault("POST", f"{PATH}/*/capture", "timeout_before", account=account)
    intent = await held(sandbox)
    await sandbox.city.v1.payment_intents.capture_async(intent.id)
    theirs = await sandbox.neighbour.v1.payment_intents.create_async(
        {
            "amount": 1000,
            "currency": "eur",
            "capture_method": "manual",
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
            "confirm": True,
        }
    )
    with pytest.raises(stripe.APIConnectionError):
        await sandbox.neighbour.v1.payment_intents.capture_async(theirs.id)
    assert (await sandbox.neighbour.v1.payment_intents.capture_async(theirs.id)).status == "succeeded"


async def test_planned_faults_are_listed_and_cleared(sandbox: Running) -> None:
    await sandbox.fault("POST", PATH, "error_500", times=3)
    planned = (await sandbox.http.get(f"{sandbox.url}/sandbox/faults")).json()["faults"]
    assert planned == [
        {"method": "POST", "path": PATH, "kind": "error_500", "times": 3, "every": 1, "account": None, "seconds": 1.0}
    ]
    assert (await sandbox.http.delete(f"{sandbox.url}/sandbox/faults")).json() == {"faults": []}
    assert (await held(sandbox)).status == "requires_capture"


async def test_a_fault_that_makes_no_sense_is_refused(sandbox: Running) -> None:
    url = f"{sandbox.url}/sandbox/faults"
    unknown = await sandbox.http.post(url, json={"method": "POST", "path": PATH, "kind": "earthquake"})
    unasked = await sandbox.http.post(url, content=b'{"method":"POST","path":"/v1","kind":"error_500"}')
    assert (unknown.status_code, unasked.status_code) == (400, 400)


async def test_every_third_request_meets_a_fault_that_is_planned_so(sandbox: Running) -> None:
    await sandbox.fault("POST", PATH, "timeout_before", times=2, every=3)
    broken = []
    for number in range(9):
        try:
            await held(sandbox)
        except stripe.APIConnectionError:
            broken.append(number)
    assert broken == [2, 5]
