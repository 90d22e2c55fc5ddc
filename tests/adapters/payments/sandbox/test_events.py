"""Signed events reach the shop's webhook, whatever happens on the way."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import stripe

from tests.adapters.payments.sandbox.running import PATIENCE, Running, Shop, eventually, held, running


async def delivered(sandbox: Running) -> stripe.Event:
    """The only event, once the sandbox knows that the shop took it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        listed = await sandbox.city.v1.events.list_async({"delivery_success": True})
        if listed.data:
            (event,) = listed.data
            return event
    raise AssertionError("the delivery was not settled")


async def test_an_event_arrives_signed_for_the_sdk_that_asked(sandbox: Running) -> None:
    intent = await held(sandbox, metadata={"booking": "b1"})
    await eventually(lambda: len(sandbox.shop.received) == 3, "three events make a hold")
    events = [
        sandbox.city.construct_event(body, signature, sandbox.accounts[0].webhook_secret)
        for _, body, signature in sandbox.shop.received
    ]
    assert {event.type for event in events} == {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
    }
    assert {event.api_version for event in events} == {stripe.api_version}
    (told,) = [event for event in events if event.type == "payment_intent.amount_capturable_updated"]
    assert told.data.object["id"] == intent.id
    assert told.data.object["metadata"]["booking"] == "b1"
    assert told.request is not None
    assert intent.last_response is not None
    assert told.request.id == intent.last_response.request_id


async def test_another_accounts_secret_does_not_verify_an_event(sandbox: Running) -> None:
    await sandbox.city.v1.customers.create_async()
    await eventually(lambda: bool(sandbox.shop.received), "a customer makes an event")
    _, body, signature = sandbox.shop.received[0]
    try:
        sandbox.city.construct_event(body, signature, sandbox.accounts[1].webhook_secret)
    except stripe.SignatureVerificationError:
        return
    raise AssertionError("the neighbour's secret verified the city's event")


async def test_an_event_is_delivered_again_until_the_shop_takes_it(sandbox: Running) -> None:
    sandbox.shop.statuses = [500, 503, 302, 400]
    await sandbox.city.v1.customers.create_async()
    await eventually(lambda: len(sandbox.shop.received) == 5, "four refusals make a fifth delivery")
    assert len(set(sandbox.shop.ids())) == 1
    assert {path for path, _, _ in sandbox.shop.received} == {"/city"}, "a redirect was followed"
    event = await delivered(sandbox)
    assert (event.id, event.pending_webhooks) == (sandbox.shop.ids()[0], 0)


async def test_events_that_the_shop_did_not_take_are_listed_apart(sandbox: Running) -> None:
    sandbox.shop.statuses = [500] * 1000
    await sandbox.city.v1.customers.create_async()
    await eventually(lambda: bool(sandbox.shop.received), "the delivery is tried")
    (event,) = (await sandbox.city.v1.events.list_async({"delivery_success": False})).data
    assert (event.type, event.pending_webhooks) == ("customer.created", 1)
    assert (await sandbox.city.v1.events.list_async({"delivery_success": True})).data == []


async def test_what_was_not_delivered_is_delivered_after_a_restart(tmp_path: Path, street: Callable[[], Shop]) -> None:
    shop = street()
    shop.statuses = [503] * 1000
    async with running(tmp_path, shop) as before:
        await before.city.v1.customers.create_async()
        await eventually(lambda: bool(shop.received), "the delivery is tried")
    shop.statuses = []
    shop.received.clear()
    async with running(tmp_path, shop) as after:
        await eventually(lambda: bool(shop.received), "the delivery is tried again")
        (event,) = (await after.city.v1.events.list_async()).data
        assert shop.ids() == [event.id]


async def test_an_event_goes_to_its_own_account_only(sandbox: Running) -> None:
    await sandbox.neighbour.v1.customers.create_async()
    await eventually(lambda: bool(sandbox.shop.received), "a customer makes an event")
    assert [path for path, _, _ in sandbox.shop.received] == ["/neighbour"]


async def test_a_planned_fault_delivers_every_event_twice(sandbox: Running) -> None:
    await sandbox.fault("POST", "/v1/customers", "duplicate_events")
    await sandbox.city.v1.customers.create_async()
    await eventually(lambda: len(sandbox.shop.received) == 2, "the event comes twice")
    assert len(set(sandbox.shop.ids())) == 1
    assert len((await sandbox.city.v1.events.list_async()).data) == 1


async def test_events_are_selected_by_type_and_time(sandbox: Running) -> None:
    await held(sandbox)
    await sandbox.city.v1.customers.create_async()
    by_name = await sandbox.city.v1.events.list_async({"type": "charge.succeeded"})
    by_group = await sandbox.city.v1.events.list_async({"type": "payment_intent.*"})
    by_names = await sandbox.city.v1.events.list_async({"types": ["customer.created", "charge.succeeded"]})
    assert [event.type for event in by_name.data] == ["charge.succeeded"]
    assert [event.type for event in by_group.data] == [
        "payment_intent.amount_capturable_updated",
        "payment_intent.created",
    ]
    assert [event.type for event in by_names.data] == ["customer.created", "charge.succeeded"]
    later = by_name.data[0].created + 3600
    assert (await sandbox.city.v1.events.list_async({"created": {"gte": later}})).data == []


async def test_an_event_shows_its_object_as_it_was(sandbox: Running) -> None:
    intent = await held(sandbox)
    await sandbox.city.v1.payment_intents.cancel_async(intent.id)
    listed = await sandbox.city.v1.events.list_async({"type": "payment_intent.*"})
    assert [event.data.object["status"] for event in listed.data] == [
        "canceled",
        "requires_capture",
        "requires_confirmation",
    ]
    event = await sandbox.city.v1.events.retrieve_async(listed.data[0].id)
    assert json.loads(str(event))["data"]["object"]["id"] == intent.id
