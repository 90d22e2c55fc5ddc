"""What an answer looks like: the shape that the SDK's classes promise, pages, and expanded parts."""

import typing
from typing import Any

import pytest
import stripe

from tests.adapters.payments.sandbox.debits import FAILS, PAYS, RETURNED, debited
from tests.adapters.payments.sandbox.running import Running, held, saved_card


def promised(kind: type[stripe.StripeObject]) -> tuple[set[str], set[str]]:
    """The field names of an SDK class, and those of them that are never null or absent."""
    hints = {name: hint for name, hint in vars(kind)["__annotations__"].items() if "ClassVar" not in str(hint)}
    certain = {name for name, hint in hints.items() if type(None) not in typing.get_args(hint)}
    return set(hints), certain


def check_shape(thing: Any, where: str = "") -> None:
    """Only fields that the SDK's class knows, and all of those that it says are always there."""
    known, certain = promised(type(thing))
    known |= {"object"} if isinstance(thing, stripe.ListObject) else set()
    present = thing.to_dict()
    assert present.keys() <= known, f"{where}: invented {sorted(present.keys() - known)}"
    missing = {name for name in certain if present.get(name) is None}
    assert not missing, f"{where}: lacks {sorted(missing)}"
    for name in present:
        part = getattr(thing, name)
        if isinstance(part, stripe.StripeObject) and type(part) is not stripe.StripeObject:
            check_shape(part, f"{where}.{name}")


async def test_every_object_has_the_shape_that_the_sdk_promises(sandbox: Running) -> None:
    city = sandbox.city.v1
    customer, _ = await saved_card(sandbox)
    waiting = await held(sandbox, method="pm_card_authenticationRequired")
    await sandbox.authenticate(waiting)
    intent = await held(sandbox)
    await city.payment_intents.capture_async(intent.id, {"amount_to_capture": 1000})
    await city.refunds.create_async({"payment_intent": intent.id, "amount": 100})
    with pytest.raises(stripe.CardError):
        await held(sandbox, method="pm_card_chargeDeclined")
    for method in ("pm_card_createDispute", "pm_card_createDisputeInquiry"):
        await city.payment_intents.capture_async((await held(sandbox, method=method)).id)
    returned = await debited(sandbox, RETURNED)
    await city.refunds.create_async({"payment_intent": (await debited(sandbox, PAYS)).id})
    await debited(sandbox, FAILS)
    payout = await sandbox.by_hand("payouts", account=sandbox.accounts[0].id)
    await sandbox.by_hand(f"payouts/{payout['id']}", step="failed")
    lists: list[Any] = [
        await city.customers.list_async(),
        await city.payment_methods.list_async({"customer": customer}),
        await city.payment_intents.list_async(),
        await city.setup_intents.list_async(),
        await city.charges.list_async(),
        await city.refunds.list_async(),
        await city.balance_transactions.list_async(),
        await city.payouts.list_async(),
        await city.disputes.list_async(),
        await city.events.list_async({"limit": 100}),
    ]
    for listed in lists:
        assert listed.data
        for thing in listed.data:
            check_shape(thing, type(thing).__name__)
    check_shape(await city.balance.retrieve_async(), "Balance")
    charge: Any = (await city.payment_intents.retrieve_async(returned.id, {"expand": ["latest_charge"]})).latest_charge
    mandate = await city.mandates.retrieve_async(charge.payment_method_details.sepa_debit.mandate)
    check_shape(mandate, "Mandate")
    to_partner: Any = {"transfer_data": {"destination": "acct_partner"}, "application_fee_amount": 30}
    shared = await held(sandbox, capture_method="automatic", **to_partner)
    await city.refunds.create_async(
        {"payment_intent": shared.id, "amount": 100, "reverse_transfer": True, "refund_application_fee": True}
    )
    passed_on: Any = (await city.payment_intents.retrieve_async(shared.id, {"expand": ["latest_charge"]})).latest_charge
    check_shape(passed_on, "Charge")
    check_shape(await city.transfers.retrieve_async(passed_on.transfer), "Transfer")
    check_shape(await city.application_fees.retrieve_async(passed_on.application_fee), "ApplicationFee")
    moved = await city.balance_transactions.list_async({"expand": ["data.source"]})
    for thing in moved.data[:5]:
        check_shape(thing.source, "source")
    check_shape(waiting, "PaymentIntent")


async def test_a_list_is_walked_in_pages_without_gaps(sandbox: Running) -> None:
    made = [(await sandbox.city.v1.customers.create_async()).id for _ in range(7)]
    newest_first = made[::-1]
    first = await sandbox.city.v1.customers.list_async({"limit": 3})
    assert ([each.id for each in first.data], first.has_more) == (newest_first[:3], True)
    second = await sandbox.city.v1.customers.list_async({"limit": 4, "starting_after": newest_first[2]})
    assert ([each.id for each in second.data], second.has_more) == (newest_first[3:], False)
    back = await sandbox.city.v1.customers.list_async({"limit": 2, "ending_before": newest_first[4]})
    assert ([each.id for each in back.data], back.has_more) == (newest_first[2:4], True)
    walked = [each.id async for each in first.auto_paging_iter()]
    assert walked == newest_first


async def test_a_page_holds_one_to_a_hundred(sandbox: Running) -> None:
    for limit in (0, 101):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await sandbox.city.v1.customers.list_async({"limit": limit})
        assert refusal.value.param == "limit"


async def test_payments_are_found_by_customer_and_time(sandbox: Running) -> None:
    customer, method = await saved_card(sandbox)
    mine = await held(sandbox, customer=customer, method=method)
    await held(sandbox)
    found = await sandbox.city.v1.payment_intents.list_async({"customer": customer})
    assert [each.id for each in found.data] == [mine.id]
    recent = await sandbox.city.v1.payment_intents.list_async({"created": {"gte": mine.created}})
    assert len(recent.data) == 2
    older = await sandbox.city.v1.payment_intents.list_async({"created": {"lt": mine.created}})
    assert older.data == []


async def test_ids_are_expanded_on_demand_and_only_where_they_can_be(sandbox: Running) -> None:
    customer, method = await saved_card(sandbox)
    intent = await held(sandbox, customer=customer, method=method)
    await sandbox.city.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 1000})
    paths = ["customer", "payment_method.customer", "latest_charge.balance_transaction.source", "latest_charge.refunds"]
    whole: Any = await sandbox.city.v1.payment_intents.retrieve_async(intent.id, {"expand": paths})
    assert (whole.customer.id, whole.payment_method.id) == (customer, method)
    assert whole.payment_method.customer.id == customer
    assert whole.latest_charge.balance_transaction.source.id == whole.latest_charge.id
    assert [refund.amount for refund in whole.latest_charge.refunds.data] == [2000]
    listed: Any = await sandbox.city.v1.payment_intents.list_async({"expand": ["data.latest_charge"]})
    assert listed.data[0].latest_charge.amount_captured == 1000
    for path in ("status", "latest_charge.status", "data.customer", "customer.email.domain"):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await sandbox.city.v1.payment_intents.retrieve_async(intent.id, {"expand": [path]})
        assert refusal.value.param == "expand"


async def test_an_absent_part_stays_null_when_it_is_expanded(sandbox: Running) -> None:
    intent = await sandbox.city.v1.payment_intents.create_async(
        {"amount": 1000, "currency": "eur", "expand": ["latest_charge.balance_transaction"]}
    )
    assert intent.latest_charge is None
