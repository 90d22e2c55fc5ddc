"""Stripe's gateway where Stripe or the network fails: the sandbox's faults."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.payments.accounts import StripeClients
from adapters.payments.intents import PaymentFacts, RefundFacts, SetupFacts, facts_of, payment_intent, setup_intent
from adapters.payments.stripe_gateway import StripeGateway
from domain.identity import City
from domain.payments.payments import Capture, Intent, Kind, Payment, PaymentState, Purpose
from infra.ids import new_id
from services.payments.ports import Account, ProviderRefused, ProviderUnavailable
from tests.adapters.payments.sandbox.running import Running
from tests.adapters.payments.sandboxed import CITY, NEIGHBOUR, KnownAccounts, accounts_of, stripe_gateway
from tests.contracts.test_payment_gateway import VISA, a_new_payment, known, paid
from tests.examples import person_id

INTENTS, CAPTURE, CANCEL, REFUNDS = (
    "/v1/payment_intents",
    "/v1/payment_intents/*/capture",
    "/v1/payment_intents/*/cancel",
    "/v1/refunds",
)


@pytest.fixture
async def stripe(tmp_path: Path) -> AsyncIterator[tuple[StripeGateway, Running]]:
    async with stripe_gateway(tmp_path / "stripe") as found:
        yield found


async def charges(sandbox: Running) -> list[tuple[str, int, int, int]]:
    """What Stripe has, by our payment: held, captured, refunded."""
    overview = await sandbox.overview()
    return [(p["metadata"]["payment_id"], p["held"], p["captured"], p["refunded"]) for p in overview["payments"]]


@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before", "error_503"])
async def test_a_short_failure_is_not_noticed(stripe: tuple[StripeGateway, Running], kind: str) -> None:
    gateway, sandbox = stripe
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    await sandbox.fault("POST", INTENTS, kind)
    opened = await gateway.open(CITY, payment, customer)
    assert await charges(sandbox) == [(str(payment.id), 0, 0, 0)]
    assert opened.state is PaymentState.REQUIRES_PAYMENT_METHOD


async def test_a_stripe_that_asks_for_patience_gets_it(stripe: tuple[StripeGateway, Running]) -> None:
    gateway, sandbox = stripe
    await sandbox.fault("POST", "/v1/customers", "rate_limit")
    with pytest.raises(ProviderUnavailable):
        await gateway.customer(CITY, person_id("ada"))
    assert (await gateway.customer(CITY, person_id("ada"))).startswith("cus_")


async def test_an_answer_that_stays_away_leaves_one_intent_however_often_it_is_asked_again(
    stripe: tuple[StripeGateway, Running],
) -> None:
    gateway, sandbox = stripe
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    await sandbox.fault("POST", INTENTS, "timeout_after", times=3)
    with pytest.raises(ProviderUnavailable):
        await gateway.open(CITY, payment, customer)
    opened = await gateway.open(CITY, payment, customer)
    assert await gateway.fetch(CITY, payment, customer) == opened
    assert len(await charges(sandbox)) == 1


@pytest.mark.parametrize("kind", ["error_500", "error_500_after"])
async def test_an_error_inside_stripe_burns_its_key_and_nothing_else(
    stripe: tuple[StripeGateway, Running], kind: str
) -> None:
    """Stripe repeats the 500 for a day; whether it had an effect is looked up before another key is used."""
    gateway, sandbox = stripe
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    await sandbox.fault("POST", INTENTS, kind)
    with pytest.raises(ProviderUnavailable):
        await gateway.open(CITY, payment, customer)
    opened = known(payment, await gateway.open(CITY, payment, customer))
    held = known(opened, await gateway.confirm(CITY, opened, VISA, None))

    await sandbox.fault("POST", CAPTURE, kind)
    with pytest.raises(ProviderUnavailable):
        await gateway.capture(CITY, held, 2000)
    taken = known(held, await gateway.capture(CITY, held, 2000))

    await sandbox.fault("POST", REFUNDS, kind)
    with pytest.raises(ProviderUnavailable):
        await gateway.give_back(CITY, taken, 500)
    assert (await gateway.give_back(CITY, taken, 500)).refunded == 500
    assert await charges(sandbox) == [(str(payment.id), 0, 2000, 500)]


@pytest.mark.parametrize("kind", ["error_500", "error_500_after"])
async def test_a_hold_is_let_go_through_an_error_inside_stripe(
    stripe: tuple[StripeGateway, Running], kind: str
) -> None:
    gateway, sandbox = stripe
    held, _ = await paid(gateway, a_new_payment())
    await sandbox.fault("POST", CANCEL, kind)
    with pytest.raises(ProviderUnavailable):
        await gateway.give_back(CITY, held, 0)
    assert (await gateway.give_back(CITY, held, 0)).state is PaymentState.RELEASED


async def test_a_refund_that_nobody_heard_of_is_not_made_again_when_its_key_is_forgotten(
    stripe: tuple[StripeGateway, Running],
) -> None:
    gateway, sandbox = stripe
    taken, _ = await paid(gateway, a_new_payment(capture=Capture.AUTOMATIC))
    await sandbox.fault("POST", REFUNDS, "timeout_after", times=3)
    with pytest.raises(ProviderUnavailable):
        await gateway.give_back(CITY, taken, 500)
    await sandbox.advance(25 * 3600)
    assert (await gateway.give_back(CITY, taken, 500)).refunded == 500
    assert [refunded for *_, refunded in await charges(sandbox)] == [500]


async def test_each_of_two_equal_refunds_is_made(stripe: tuple[StripeGateway, Running]) -> None:
    gateway, sandbox = stripe
    taken, _ = await paid(gateway, a_new_payment(capture=Capture.AUTOMATIC))
    await gateway.give_back(CITY, taken, 500)
    await sandbox.fault("POST", REFUNDS, "error_500_after")
    second = replace(taken, refunded=500, refunds=1)
    with pytest.raises(ProviderUnavailable):
        await gateway.give_back(CITY, second, 500)
    assert (await gateway.give_back(CITY, second, 500)).refunded == 1000


async def test_a_stripe_that_only_fails_is_given_up_for_now(stripe: tuple[StripeGateway, Running]) -> None:
    gateway, sandbox = stripe
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    await sandbox.fault("POST", INTENTS, "error_500", times=50)
    for _ in range(8):
        with pytest.raises(ProviderUnavailable):
            await gateway.open(CITY, payment, customer)
    assert await charges(sandbox) == []


async def test_after_a_day_a_payment_is_found_though_its_key_is_forgotten(
    stripe: tuple[StripeGateway, Running],
) -> None:
    gateway, sandbox = stripe
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    await sandbox.fault("POST", INTENTS, "timeout_after", times=3)
    with pytest.raises(ProviderUnavailable):
        await gateway.open(CITY, payment, customer)
    await sandbox.advance(25 * 3600)
    found = await gateway.fetch(CITY, payment, customer)
    assert found is not None
    assert found.state is PaymentState.REQUIRES_PAYMENT_METHOD


async def test_a_payment_is_found_among_more_than_a_page(stripe: tuple[StripeGateway, Running]) -> None:
    gateway, sandbox = stripe
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    opened = await gateway.open(CITY, payment, customer)
    for _ in range(101):
        await sandbox.city.v1.payment_intents.create_async(
            {"amount": 100, "currency": "eur", "customer": customer, "allowed_payment_method_types": ["card"]}
        )
    assert await gateway.fetch(CITY, payment, customer) == opened


async def test_a_hold_that_stripe_let_go_is_seen_and_cannot_be_captured(stripe: tuple[StripeGateway, Running]) -> None:
    gateway, sandbox = stripe
    held, customer = await paid(gateway, a_new_payment())
    await sandbox.advance(int(timedelta(days=7, minutes=1).total_seconds()))
    with pytest.raises(ProviderRefused):
        await gateway.capture(CITY, held, 1000)
    lapsed = await gateway.fetch(CITY, held, customer)
    assert lapsed is not None
    assert (lapsed.state, lapsed.captured, lapsed.refunded) == (PaymentState.RELEASED, 0, 0)


async def test_what_staff_give_back_at_stripe_itself_counts(stripe: tuple[StripeGateway, Running]) -> None:
    gateway, sandbox = stripe
    taken, customer = await paid(gateway, a_new_payment(capture=Capture.AUTOMATIC))
    await sandbox.city.v1.refunds.create_async({"payment_intent": str(taken.intent_id), "amount": 300})
    seen = await gateway.fetch(CITY, taken, customer)
    assert seen is not None
    assert (seen.state, seen.captured, seen.refunded) == (PaymentState.CAPTURED, 2470, 300)


async def test_each_city_has_an_account_of_its_own(stripe: tuple[StripeGateway, Running]) -> None:
    gateway, sandbox = stripe
    await paid(gateway, a_new_payment())
    await paid(gateway, a_new_payment(amount="1.00"), city=NEIGHBOUR)
    assert [p["held"] for p in (await sandbox.overview(0))["payments"]] == [2470]
    assert [p["held"] for p in (await sandbox.overview(1))["payments"]] == [100]


async def test_stripe_is_told_nothing_about_the_person(stripe: tuple[StripeGateway, Running]) -> None:
    gateway, sandbox = stripe
    customer = await sandbox.city.v1.customers.retrieve_async(await gateway.customer(CITY, person_id("ada")))
    told = customer.to_dict()
    assert told["metadata"] == {"city": "braunschweig", "person_id": str(person_id("ada"))}
    assert [told[field] for field in ("address", "description", "email", "name", "phone")] == [None] * 5


async def test_a_city_without_an_account_or_with_a_wrong_key_is_not_served(
    stripe: tuple[StripeGateway, Running],
) -> None:
    _, sandbox = stripe
    wrong = replace(accounts_of(sandbox, CITY).known[0], secret_key="sk_test_wrong")
    lost = replace(accounts_of(sandbox, NEIGHBOUR).known[0], secret_key="env:GONE")
    secrets = {"sk_test_wrong": "sk_test_wrong"}
    clients = StripeClients(KnownAccounts((wrong, lost)), secrets.get, sandbox.url)
    try:
        for city in (CITY, NEIGHBOUR, City("nowhere")):
            with pytest.raises(ProviderUnavailable):
                await StripeGateway(clients).customer(city, person_id("ada"))
    finally:
        await clients.close()


async def test_a_new_key_counts_from_the_next_call_on(stripe: tuple[StripeGateway, Running]) -> None:
    _, sandbox = stripe
    secrets = {"env:KEY": "sk_test_wrong"}
    account = replace(accounts_of(sandbox, CITY).known[0], secret_key="env:KEY")
    clients = StripeClients(KnownAccounts((account,)), secrets.get, sandbox.url)
    try:
        gateway = StripeGateway(clients)
        with pytest.raises(ProviderUnavailable):
            await gateway.customer(CITY, person_id("ada"))
        secrets["env:KEY"] = sandbox.accounts[0].secret_key
        assert (await gateway.customer(CITY, person_id("ada"))).startswith("cus_")
        assert await clients.of(CITY) is await clients.of(CITY)
    finally:
        await clients.close()


def test_an_account_knows_whether_it_moves_real_money() -> None:
    play = Account(CITY, "acct_1", "pk_test_1", "env:A", "env:B")
    assert (play.is_live, replace(play, publishable_key="pk_live_1").is_live) == (False, True)


PAYMENT = a_new_payment()
LATER: Payment = replace(PAYMENT, purpose=Purpose.LATER_HOLD)
CHARGE = {
    "object": "charge",
    "amount_refunded": 0,
    "payment_method_details": {"card": {"capture_before": 1_900_000_000}},
}


def facts(**said: Any) -> PaymentFacts:
    return facts_of({"id": "pi_1", "amount_received": 0, **said}, PaymentFacts)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("requires_payment_method", PaymentState.REQUIRES_PAYMENT_METHOD),
        ("requires_confirmation", PaymentState.REQUIRES_PAYMENT_METHOD),
        ("requires_action", PaymentState.REQUIRES_ACTION),
        ("processing", PaymentState.PROCESSING),
        ("requires_capture", PaymentState.AUTHORISED),
        ("canceled", PaymentState.RELEASED),
    ],
)
def test_each_of_stripes_states_is_one_of_ours(status: str, state: PaymentState) -> None:
    assert payment_intent(PAYMENT, facts(status=status), []) == Intent("pi_1", state)


def test_without_its_holder_a_payment_that_waits_for_her_has_failed() -> None:
    error = {"code": "authentication_required", "decline_code": None}
    for status in ("requires_payment_method", "requires_action"):
        seen = payment_intent(LATER, facts(status=status, last_payment_error=error), [])
        assert (seen.state, seen.failure) == (PaymentState.FAILED, "authentication_required")


def test_the_unused_part_of_a_hold_is_no_refund() -> None:
    """Stripe showed it as a refund without a balance transaction until its version of 2025-03-31."""
    part = RefundFacts(amount=530)
    seen = payment_intent(PAYMENT, facts(status="succeeded", amount_received=1940), [part])
    assert (seen.state, seen.captured, seen.refunded) == (PaymentState.CAPTURED, 1940, 0)


def test_a_refund_that_failed_gave_nothing_back() -> None:
    ours = {"payment_id": str(new_id())}
    refunds = [
        RefundFacts(100, "succeeded", "txn_1"),
        RefundFacts(200, "failed", "txn_2", ours),
        RefundFacts(400, "pending", None, ours),
        RefundFacts(800, "canceled", "txn_3"),
    ]
    assert payment_intent(PAYMENT, facts(status="succeeded", amount_received=1940), refunds).refunded == 500


def test_refunds_are_asked_for_only_where_there_can_be_any() -> None:
    assert not facts(status="requires_capture", latest_charge=CHARGE).may_be_refunded
    assert not facts(status="succeeded", amount_received=100, latest_charge=CHARGE).may_be_refunded
    assert facts(
        status="succeeded", amount_received=100, latest_charge={**CHARGE, "amount_refunded": 1}
    ).may_be_refunded
    assert facts(status="succeeded", amount_received=100, latest_charge="ch_1").may_be_refunded


def test_until_when_a_hold_can_be_captured_is_said_by_its_charge() -> None:
    seen = payment_intent(PAYMENT, facts(status="requires_capture", latest_charge=CHARGE), [])
    assert seen.capture_before is not None
    assert seen.capture_before.timestamp() == 1_900_000_000


def test_a_saved_card_is_not_a_captured_payment() -> None:
    seen = setup_intent(facts_of({"id": "seti_1", "status": "succeeded", "payment_method": "pm_1"}, SetupFacts))
    assert seen == Intent("seti_1", PaymentState.SAVED, method_id="pm_1")
    assert a_new_payment(Kind.SETUP).kind is Kind.SETUP
