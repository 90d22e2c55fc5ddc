"""PaymentIntents: https://docs.stripe.com/payments/paymentintents/lifecycle."""

from collections.abc import Mapping
from typing import Any

import msgspec
from stripe.params import (
    PaymentIntentCancelParams,
    PaymentIntentCaptureParams,
    PaymentIntentConfirmParams,
    PaymentIntentCreateParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    PaymentIntentUpdateParams,
)

from adapters.payments.sandbox import charges, partners, terms
from adapters.payments.sandbox.attempts import attempt
from adapters.payments.sandbox.call import Call, Declined, merged
from adapters.payments.sandbox.errors import ApiError, invalid, refused
from adapters.payments.sandbox.objects import Charge, IntentStatus, PaymentIntent
from adapters.payments.sandbox.presentation import Page, page

# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, for euros
LEAST = 50
MOST = 99_999_999

BEFORE_PAYMENT: frozenset[IntentStatus] = frozenset(
    {"requires_payment_method", "requires_confirmation", "requires_action"}
)
# Stripe: also "in rare cases" while processing; a debit that is with the bank is none of them.
CANCELABLE: frozenset[IntentStatus] = frozenset({*BEFORE_PAYMENT, "requires_capture"})
TEXTS = ("description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix")


def create(call: Call, params: PaymentIntentCreateParams) -> PaymentIntent | Declined:
    """A new intent; with `confirm`, the first attempt as well."""
    terms.only_with_confirm(params)
    currency = params["currency"].lower()
    if currency not in {call.currency, *call.rates}:
        known = ", ".join([call.currency, *call.rates])
        raise invalid(f"Invalid currency: {params['currency']}. The sandbox knows {known}.", param="currency")
    ways, identifier = terms.ways_to_pay(params), call.new_id("pi")
    intent = PaymentIntent(
        id=identifier,
        created=call.now,
        amount=within_bounds(params["amount"]),
        allowed_payment_method_types=ways.allowed_payment_method_types,
        automatic_payment_methods=ways.automatic_payment_methods,
        capture_method=params.get("capture_method", "automatic_async"),
        client_secret=terms.client_secret(identifier),
        confirmation_method=params.get("confirmation_method", "automatic"),
        currency=currency,
    )
    intent = partners.destined(call, _changed(call, intent, params), params)
    call.store.save(intent)
    call.emit("payment_intent.created", intent)
    return _confirmed(call, intent, params) if params.get("confirm") else intent


def within_bounds(amount: int) -> int:
    if amount < LEAST:
        raise invalid(f"Amount must be no less than {LEAST}.", param="amount", code="amount_too_small")
    if amount > MOST:
        raise invalid(f"Amount must be no more than {MOST}.", param="amount", code="amount_too_large")
    return amount


def _changed(call: Call, intent: PaymentIntent, params: Mapping[str, Any]) -> PaymentIntent:
    """The intent with what `params` say about customer, card, options and texts."""
    customer = terms.known_customer(call, params.get("customer", intent.customer))
    method = intent.payment_method
    if "payment_method" in params:
        method = terms.usable(call, params["payment_method"], customer).id
    status = intent.status
    if method is not None and (status == "requires_payment_method" or method != intent.payment_method):
        status = "requires_confirmation"
    return msgspec.structs.replace(
        intent,
        customer=customer,
        metadata=merged(intent.metadata, params.get("metadata")),
        next_action=None if status == "requires_confirmation" else intent.next_action,
        payment_method=method,
        payment_method_options=terms.options(intent.payment_method_options, params),
        setup_future_usage=params.get("setup_future_usage", intent.setup_future_usage) or None,
        status=status,
        **{name: params[name] or None for name in TEXTS if name in params},
    )


def retrieve(call: Call, identifier: str, params: PaymentIntentRetrieveParams) -> PaymentIntent:  # noqa: ARG001 - one shape
    return call.get(PaymentIntent, identifier)


def listed(call: Call, params: PaymentIntentListParams) -> Page:
    return page(call, PaymentIntent, "/v1/payment_intents", params, named=("customer",))


def update(call: Call, identifier: str, params: PaymentIntentUpdateParams) -> PaymentIntent:
    """Metadata and description at any time, everything else before the card was asked."""
    intent = call.get(PaymentIntent, identifier)
    if intent.status not in BEFORE_PAYMENT and not params.keys() <= {
        "metadata",
        "description",
        "receipt_email",
        "expand",
    }:
        raise _unexpected(intent, "updated", BEFORE_PAYMENT)
    if "currency" in params and params["currency"].lower() != intent.currency:
        raise invalid("The sandbox does not change an intent's currency.", param="currency")
    amount = within_bounds(params.get("amount", intent.amount))
    capture_method = params.get("capture_method", intent.capture_method)
    changed = msgspec.structs.replace(intent, amount=amount, capture_method=capture_method)
    if intent.status in BEFORE_PAYMENT:
        changed = _changed(call, changed, params)
    else:
        texts = {name: params.get(name) or None for name in TEXTS if name in params}
        metadata = merged(intent.metadata, params.get("metadata"))
        changed = msgspec.structs.replace(changed, metadata=metadata, **texts)
    call.store.save(changed)
    return changed


def confirm(call: Call, identifier: str, params: PaymentIntentConfirmParams) -> PaymentIntent | Declined:
    """Ask the card: held, paid, to be authenticated, or declined (402, with the intent inside)."""
    intent = call.get(PaymentIntent, identifier)
    if intent.status not in BEFORE_PAYMENT:
        raise _unexpected(intent, "confirmed", BEFORE_PAYMENT)
    if "capture_method" in params:
        intent = msgspec.structs.replace(intent, capture_method=params["capture_method"])
    intent = _changed(call, intent, {name: value for name, value in params.items() if name != "metadata"})
    return _confirmed(call, intent, params)


def _confirmed(call: Call, intent: PaymentIntent, params: Mapping[str, Any]) -> PaymentIntent | Declined:
    if intent.payment_method is None:
        raise refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent with a"
            " payment method and confirm it again, or confirm it with one.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    method = terms.usable(call, intent.payment_method, intent.customer)
    terms.allowed(intent, method)
    return attempt(
        call,
        intent,
        method,
        off_session=params.get("off_session", False) is not False,
        back=terms.return_url(intent, params),
        fail_on_action=params.get("error_on_requires_action", False),
        params=params,
    )


def capture(call: Call, identifier: str, params: PaymentIntentCaptureParams) -> PaymentIntent:
    """Take at most what is held, once; the rest of the hold is released."""
    intent = call.get(PaymentIntent, identifier)
    if intent.status != "requires_capture" or intent.latest_charge is None:
        raise _unexpected(intent, "captured", frozenset({"requires_capture"}))
    if not params.get("final_capture", True):
        raise refused("This account does not support multicapture.", param="final_capture", payment_intent=intent)
    amount = params.get("amount_to_capture", intent.amount_capturable)
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.",
            param="amount_to_capture",
            code="parameter_invalid_integer",
        )
    if amount < LEAST:
        raise invalid(f"Amount must be no less than {LEAST}.", param="amount_to_capture", code="amount_too_small")
    if amount > intent.amount_capturable:
        raise refused(
            f"You cannot capture {amount}: at most {intent.amount_capturable} can be captured.",
            code="amount_too_large",
            param="amount_to_capture",
            payment_intent=intent,
        )
    charge = call.get(Charge, intent.latest_charge)
    intent = partners.charged_for(intent, params, amount)
    charges.captured(call, charge, amount, intent)
    taken = msgspec.structs.replace(
        intent,
        amount_capturable=0,
        amount_received=amount,
        metadata=merged(intent.metadata, params.get("metadata")),
        status="succeeded",
    )
    call.store.save(taken)
    call.emit("payment_intent.succeeded", taken)
    return taken


def cancel(call: Call, identifier: str, params: PaymentIntentCancelParams) -> PaymentIntent:
    """End it; a hold is released whole."""
    intent = call.get(PaymentIntent, identifier)
    if intent.status not in CANCELABLE:
        raise _unexpected(intent, "canceled", CANCELABLE)
    if intent.status == "requires_capture" and intent.latest_charge is not None:
        charges.released(call, call.get(Charge, intent.latest_charge))
    return _canceled(call, intent, params.get("cancellation_reason"))


def expire_holds(call: Call) -> None:
    """Cancel what was not captured in time."""
    for identifier in call.store.overdue_holds(call.now):
        charge = call.get(Charge, identifier)
        charges.expired(call, charge)
        _canceled(call, call.get(PaymentIntent, charge.payment_intent), "automatic")


def _canceled(call: Call, intent: PaymentIntent, reason: str | None) -> PaymentIntent:
    ended = msgspec.structs.replace(
        intent,
        amount_capturable=0,
        canceled_at=call.now,
        cancellation_reason=reason,
        next_action=None,
        status="canceled",
    )
    call.store.save(ended)
    call.emit("payment_intent.canceled", ended)
    return ended


def _unexpected(intent: PaymentIntent, done: str, allowed: frozenset[IntentStatus]) -> ApiError:
    return refused(
        f"This PaymentIntent could not be {done} because it has a status of {intent.status}. Only a PaymentIntent with one"
        f" of the following statuses may be {done}: {', '.join(sorted(allowed))}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )
