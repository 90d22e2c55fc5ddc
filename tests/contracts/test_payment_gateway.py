"""What every payment gateway does, the real one against the sandbox and the fake alike."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.identity import City
from domain.payments.payments import (
    LEAST_TAKEN,
    Capture,
    Intent,
    Kind,
    Payment,
    PaymentId,
    PaymentState,
    Purpose,
    RecoveryPoint,
)
from infra.clock import now
from infra.ids import new_id
from services.payments.ports import Declined, PaymentGateway, ProviderRefused
from tests.adapters.payments.sandboxed import CITY, stripe_gateway
from tests.examples import euros, person_id
from tests.fakes.gateway import FakeGateway

VISA, DECLINES, ASKS = "pm_card_visa", "pm_card_chargeDeclined", "pm_card_authenticationRequired"
FAILS_LATER = "pm_card_chargeCustomerFail"


@pytest.fixture(params=["fake", "stripe"])
async def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PaymentGateway]:
    if request.param == "fake":
        yield FakeGateway()
        return
    async with stripe_gateway(tmp_path / "stripe") as (real, _):
        yield real


def a_new_payment(kind: Kind = Kind.PAYMENT, capture: Capture = Capture.MANUAL, amount: str = "24.70") -> Payment:
    return Payment(
        id=PaymentId(new_id()),
        booking_id=new_id(),
        holder_id=person_id("ada"),
        kind=kind,
        purpose=Purpose.BOOKING,
        capture=capture,
        amount=euros(amount),
        made_at=now(),
        updated_at=now(),
    )


def known(payment: Payment, intent: Intent) -> Payment:
    """The payment, once its intent has been seen."""
    return replace(
        payment,
        intent_id=intent.intent_id,
        state=intent.state,
        method_id=intent.method_id,
        captured=intent.captured,
        refunded=intent.refunded,
        recovery_point=RecoveryPoint.SETTLED,
    )


async def paid(gateway: PaymentGateway, payment: Payment, method: str = VISA, city: City = CITY) -> tuple[Payment, str]:
    """The payment after its holder's card said yes, and the customer."""
    customer = await gateway.customer(city, payment.holder_id)
    opened = await gateway.open(city, payment, customer)
    return known(payment, await gateway.confirm(city, known(payment, opened), method, None)), customer


async def saved_method(gateway: PaymentGateway, method: str = VISA) -> tuple[str, str]:
    saved, customer = await paid(gateway, a_new_payment(Kind.SETUP), method)
    assert saved.method_id is not None
    return saved.method_id, customer


def later_hold(method_id: str, purpose: Purpose = Purpose.LATER_HOLD) -> Payment:
    capture = Capture.MANUAL if purpose is Purpose.LATER_HOLD else Capture.AUTOMATIC
    return replace(a_new_payment(capture=capture), purpose=purpose, method_id=method_id)


async def test_a_person_is_one_customer_however_often_she_is_asked_for(gateway: PaymentGateway) -> None:
    first = await gateway.customer(CITY, person_id("ada"))
    assert await gateway.customer(CITY, person_id("ada")) == first
    assert await gateway.customer(CITY, person_id("ben")) != first


async def test_a_payment_opened_twice_is_one_intent(gateway: PaymentGateway) -> None:
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    first = await gateway.open(CITY, payment, customer)
    assert first == await gateway.open(CITY, payment, customer)
    assert first == Intent(
        intent_id=first.intent_id, state=PaymentState.REQUIRES_PAYMENT_METHOD, client_secret=first.client_secret
    )
    assert first.client_secret is not None


async def test_a_card_that_says_yes_is_held_for_a_week(gateway: PaymentGateway) -> None:
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    opened = known(payment, await gateway.open(CITY, payment, customer))
    held = await gateway.confirm(CITY, opened, VISA, None)
    assert (held.state, held.captured, held.refunded, held.failure) == (PaymentState.AUTHORISED, 0, 0, None)
    assert held.capture_before is not None
    assert timedelta(days=6, hours=23) < held.capture_before - now() <= timedelta(days=7)
    assert await gateway.fetch(CITY, opened, customer) == held


async def test_a_declined_card_leaves_the_payment_open_for_another(gateway: PaymentGateway) -> None:
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    opened = known(payment, await gateway.open(CITY, payment, customer))
    with pytest.raises(Declined) as no:
        await gateway.confirm(CITY, opened, DECLINES, None)
    assert no.value.code == "generic_decline"
    assert no.value.intent is not None
    assert no.value.intent.state is PaymentState.REQUIRES_PAYMENT_METHOD
    assert (await gateway.confirm(CITY, opened, VISA, None)).state is PaymentState.AUTHORISED


async def test_a_card_may_ask_for_authentication(gateway: PaymentGateway) -> None:
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    opened = known(payment, await gateway.open(CITY, payment, customer))
    asked = await gateway.confirm(CITY, opened, ASKS, "https://city.example/back")
    assert asked.state is PaymentState.REQUIRES_ACTION
    assert asked.action_url is not None


async def test_a_card_that_nobody_knows_is_declined(gateway: PaymentGateway) -> None:
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    opened = known(payment, await gateway.open(CITY, payment, customer))
    with pytest.raises(Declined):
        await gateway.confirm(CITY, opened, "pm_nobody_knows", None)


async def test_a_second_card_for_a_payment_that_is_held_is_refused(gateway: PaymentGateway) -> None:
    held, _ = await paid(gateway, a_new_payment())
    with pytest.raises(ProviderRefused):
        await gateway.confirm(CITY, held, VISA, None)


async def test_a_saved_card_is_held_and_charged_without_its_holder(gateway: PaymentGateway) -> None:
    method, customer = await saved_method(gateway)
    held = await gateway.open(CITY, later_hold(method), customer)
    assert (held.state, held.method_id) == (PaymentState.AUTHORISED, method)
    charged = await gateway.open(CITY, later_hold(method, Purpose.REMAINDER), customer)
    assert (charged.state, charged.captured) == (PaymentState.CAPTURED, 2470)


async def test_a_saved_card_that_is_refused_without_its_holder_has_failed(gateway: PaymentGateway) -> None:
    method, customer = await saved_method(gateway, FAILS_LATER)
    hold = later_hold(method)
    with pytest.raises(Declined) as no:
        await gateway.open(CITY, hold, customer)
    assert no.value.intent is not None
    assert (no.value.intent.state, no.value.intent.failure) == (PaymentState.FAILED, "generic_decline")
    assert await gateway.fetch(CITY, hold, customer) == no.value.intent


async def test_part_of_a_hold_is_captured_and_the_rest_let_go(gateway: PaymentGateway) -> None:
    held, customer = await paid(gateway, a_new_payment())
    taken = await gateway.capture(CITY, held, 1000)
    assert (taken.state, taken.captured, taken.refunded) == (PaymentState.CAPTURED, 1000, 0)
    assert await gateway.capture(CITY, held, 1000) == taken
    assert await gateway.fetch(CITY, held, customer) == taken


async def test_a_hold_is_let_go_whole(gateway: PaymentGateway) -> None:
    held, customer = await paid(gateway, a_new_payment())
    released = await gateway.give_back(CITY, held, 0)
    assert (released.state, released.captured, released.refunded) == (PaymentState.RELEASED, 0, 0)
    assert await gateway.give_back(CITY, held, 0) == released
    with pytest.raises(ProviderRefused):
        await gateway.capture(CITY, held, 1000)
    assert await gateway.fetch(CITY, held, customer) == released


@pytest.mark.parametrize("kind", list(Kind))
async def test_what_was_not_paid_yet_is_withdrawn(gateway: PaymentGateway, kind: Kind) -> None:
    payment = a_new_payment(kind)
    customer = await gateway.customer(CITY, payment.holder_id)
    opened = known(payment, await gateway.open(CITY, payment, customer))
    assert (await gateway.give_back(CITY, opened, 0)).state is PaymentState.RELEASED


async def test_what_was_taken_is_given_back_in_parts_once_each(gateway: PaymentGateway) -> None:
    taken, _ = await paid(gateway, a_new_payment(capture=Capture.AUTOMATIC))
    assert (taken.state, taken.captured) == (PaymentState.CAPTURED, 2470)
    part = await gateway.give_back(CITY, taken, 470)
    assert (part.state, part.captured, part.refunded) == (PaymentState.CAPTURED, 2470, 470)
    assert await gateway.give_back(CITY, taken, 470) == part
    rest = await gateway.give_back(CITY, replace(taken, refunded=470, refunds=1), 2000)
    assert (rest.state, rest.captured, rest.refunded) == (PaymentState.REFUNDED, 2470, 2470)
    with pytest.raises(ProviderRefused):
        await gateway.give_back(CITY, replace(taken, refunded=470, refunds=2), 1)


async def test_of_a_partly_captured_hold_no_more_than_that_is_given_back(gateway: PaymentGateway) -> None:
    held, _ = await paid(gateway, a_new_payment())
    taken = known(held, await gateway.capture(CITY, held, 1000))
    part = await gateway.give_back(CITY, taken, 400)
    assert (part.state, part.captured, part.refunded) == (PaymentState.CAPTURED, 1000, 400)
    with pytest.raises(ProviderRefused):
        await gateway.give_back(CITY, replace(taken, refunded=400, refunds=1), 601)


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_payment_whose_answer_was_lost_is_found_by_its_id(gateway: PaymentGateway, kind: Kind) -> None:
    payment, other = a_new_payment(kind), a_new_payment(kind)
    customer = await gateway.customer(CITY, payment.holder_id)
    assert await gateway.fetch(CITY, payment, customer) is None
    assert await gateway.fetch(CITY, payment, None) is None
    await gateway.open(CITY, other, customer)
    opened = await gateway.open(CITY, payment, customer)
    assert await gateway.fetch(CITY, payment, customer) == opened


async def test_the_same_payment_with_another_amount_is_refused(gateway: PaymentGateway) -> None:
    payment = a_new_payment()
    customer = await gateway.customer(CITY, payment.holder_id)
    await gateway.open(CITY, payment, customer)
    with pytest.raises(ProviderRefused):
        await gateway.open(CITY, replace(payment, amount=euros("24.71")), customer)


async def test_of_a_hold_no_less_is_taken_than_a_card_is_asked_for(gateway: PaymentGateway) -> None:
    held, _ = await paid(gateway, a_new_payment())
    with pytest.raises(ProviderRefused) as no:
        await gateway.capture(CITY, held, LEAST_TAKEN - 1)
    assert no.value.code == "amount_too_small"
    taken = await gateway.capture(CITY, held, LEAST_TAKEN)
    assert (taken.state, taken.captured) == (PaymentState.CAPTURED, LEAST_TAKEN)


async def test_an_amount_too_small_for_a_card_is_refused(gateway: PaymentGateway) -> None:
    payment = a_new_payment(amount="0.49")
    customer = await gateway.customer(CITY, payment.holder_id)
    with pytest.raises(ProviderRefused) as no:
        await gateway.open(CITY, payment, customer)
    assert no.value.code == "amount_too_small"
