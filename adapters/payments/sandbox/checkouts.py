"""Checkout Sessions and their page: https://docs.stripe.com/payments/checkout/how-checkout-works.

By curl: `curl -d payment_method=pm_card_visa URL`, where URL is the session's own.
"""

from html import escape
from typing import Any

import msgspec
from msgspec.structs import replace
from stripe.params import PaymentIntentConfirmParams
from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionListParams,
    SessionRetrieveParams,
)

from adapters.payments.sandbox import payment_intents, terms
from adapters.payments.sandbox.authentication import page as written
from adapters.payments.sandbox.call import Call, Declined, merged
from adapters.payments.sandbox.errors import invalid, refused
from adapters.payments.sandbox.forms import decode
from adapters.payments.sandbox.http import Answer, Request
from adapters.payments.sandbox.objects import CheckoutSession, IntentData, PaymentIntent
from adapters.payments.sandbox.presentation import Page, page

LASTS_SECONDS = 24 * 3600
EXPIRES = "checkout_expired"
# What the page offers to pay with, by Stripe's names for test cards.
CARDS = {
    "pm_card_visa": "a card that says yes",
    "pm_card_authenticationRequired": "a card whose bank asks its holder",
    "pm_card_chargeDeclined": "a card that says no",
}
PAID = frozenset({"requires_capture", "succeeded"})


def create(call: Call, params: SessionCreateParams) -> CheckoutSession:
    """A page for one payment."""
    if params.get("mode") != "payment":
        raise invalid("The sandbox's pages take payments only.", param="mode")
    items: Any = params.get("line_items") or []
    if len(items) != 1 or "price_data" not in items[0] or "unit_amount" not in items[0]["price_data"]:
        raise invalid("The sandbox's pages are for one item, with its price_data.", param="line_items")
    if "success_url" not in params:
        raise invalid("Missing required param: success_url.", param="success_url", code="parameter_missing")
    item = items[0]
    amount = payment_intents.within_bounds(item["price_data"]["unit_amount"] * item.get("quantity", 1))
    identifier = call.new_id("cs_test")
    session = CheckoutSession(
        id=identifier,
        created=call.now,
        amount_total=amount,
        amount_subtotal=amount,
        currency=item["price_data"]["currency"].lower(),
        expires_at=call.now + LASTS_SECONDS,
        success_url=params["success_url"],
        cancel_url=params.get("cancel_url"),
        url=f"{call.url}/pay/{identifier}",
        allowed_payment_method_types=terms.ways_to_pay(params).allowed_payment_method_types,
        client_reference_id=params.get("client_reference_id"),
        intent_data=msgspec.convert(params.get("payment_intent_data", {}), IntentData),
        metadata=merged({}, params.get("metadata")),
    )
    call.store.save(session)
    call.store.plan(identifier, EXPIRES, session.expires_at)
    return session


def retrieve(call: Call, identifier: str, params: SessionRetrieveParams) -> CheckoutSession:  # noqa: ARG001 - one shape
    return call.get(CheckoutSession, identifier)


def listed(call: Call, params: SessionListParams) -> Page:
    return page(call, CheckoutSession, "/v1/checkout/sessions", params, named=("payment_intent", "status"))


def expire(call: Call, identifier: str, params: SessionExpireParams) -> CheckoutSession:  # noqa: ARG001 - one shape
    """Shut the page; what was paid at it stays."""
    session = call.get(CheckoutSession, identifier)
    if session.status != "open":
        raise refused(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of'
            f" {session.status}."
        )
    return _shut(call, session)


def run_out(call: Call, identifier: str) -> None:
    session = call.get(CheckoutSession, identifier)
    if session.status == "open":
        _shut(call, session)


def _shut(call: Call, session: CheckoutSession) -> CheckoutSession:
    if session.payment_intent is not None:
        payment_intents.cancel(call, session.payment_intent, {})
    shut = replace(session, status="expired", url=None)
    call.store.save(shut)
    call.emit("checkout.session.expired", shut)
    return shut


def pay(call: Call, session: CheckoutSession, method: str) -> PaymentIntent | Declined:
    """Whoever is at the page pays. ApiError 400 where it is open no more."""
    if session.status != "open":
        raise refused(f"This Checkout Session is {session.status}.")
    if session.payment_intent is None:
        intent = payment_intents.create(call, _intent_params(session))
        session = replace(session, payment_intent=_id(intent))
        call.store.save(session)
    params: PaymentIntentConfirmParams = {"payment_method": method, "return_url": session.success_url}
    paid = payment_intents.confirm(call, session.payment_intent or "", params)
    followed(call, session.payment_intent or "")
    return paid


def _intent_params(session: CheckoutSession) -> Any:
    data = session.intent_data
    params: dict[str, Any] = {
        "amount": session.amount_total,
        "currency": session.currency,
        "capture_method": data.capture_method,
        "metadata": data.metadata,
    }
    if session.allowed_payment_method_types is not None:
        params["allowed_payment_method_types"] = session.allowed_payment_method_types
    if data.transfer_data is not None:
        params["transfer_data"] = {"destination": data.transfer_data.destination}
        params["transfer_group"] = data.transfer_group
        params["application_fee_amount"] = data.application_fee_amount
    return params


def _id(intent: PaymentIntent | Declined) -> str:
    assert isinstance(intent, PaymentIntent)  # noqa: S101 - nothing is asked when it is made; this only tells the type checker
    return intent.id


def followed(call: Call, intent_id: str) -> None:
    """The page is done once its intent is paid."""
    for session in call.store.everything(CheckoutSession, payment_intent=intent_id, status="open"):
        if call.get(PaymentIntent, intent_id).status in PAID:
            done = replace(session, status="complete", url=None, payment_status="paid")
            call.store.save(done)
            call.emit("checkout.session.completed", done)


def show(session: CheckoutSession) -> Answer:
    if session.status != "open":
        return written(f"<p>Nothing to pay: this is {escape(session.status)}.</p>", title="Test payment page")
    buttons = "".join(
        f'<form method="post" action="/pay/{escape(session.id)}"><input type="hidden" name="payment_method" value="{card}">'
        f"<button>{label}</button></form>"
        for card, label in CARDS.items()
    )
    amount = f"{session.amount_total / 100:.2f} {escape(session.currency.upper())}"
    return written(f"<p>Pay {amount} with</p>{buttons}", session.cancel_url, title="Test payment page")


def method_of(request: Request) -> str:
    """A card that says yes, where nothing else is said."""
    given = decode(request.body.decode("utf-8", "replace")).get("payment_method", "pm_card_visa")
    if not isinstance(given, str):
        raise invalid("Invalid string", param="payment_method")
    return given


def paid_page(session: CheckoutSession, paid: PaymentIntent | Declined) -> Answer:
    """The bank's page where its holder is asked; else what came of it, with the way back."""
    if isinstance(paid, Declined):
        return written("<p>The card was declined.</p>", f"/pay/{session.id}", title="Test payment page", status=402)
    if paid.next_action is not None:
        return Answer(status=303, body=b"", headers={"location": paid.next_action.redirect_to_url.url})
    return written("<p>Paid.</p>", session.success_url, title="Test payment page")
