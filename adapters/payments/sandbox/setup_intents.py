"""SetupIntents: save a card for payments in the cardholder's absence."""

from collections.abc import Mapping
from typing import Any

import msgspec
from stripe.params import (
    SetupIntentCancelParams,
    SetupIntentConfirmParams,
    SetupIntentCreateParams,
    SetupIntentListParams,
    SetupIntentRetrieveParams,
    SetupIntentUpdateParams,
)

from adapters.payments.sandbox import cards, debits, payment_methods, terms
from adapters.payments.sandbox.call import Call, Declined, merged
from adapters.payments.sandbox.errors import ApiError, refused
from adapters.payments.sandbox.objects import IntentStatus, PaymentError, PaymentMethod, SetupIntent
from adapters.payments.sandbox.presentation import Page, page

OPEN: frozenset[IntentStatus] = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})


def create(call: Call, params: SetupIntentCreateParams) -> SetupIntent | Declined:
    """A new intent; with `confirm`, the card is asked at once."""
    terms.only_with_confirm(params)
    ways, identifier = terms.ways_to_pay(params), call.new_id("seti")
    intent = SetupIntent(
        id=identifier,
        created=call.now,
        allowed_payment_method_types=ways.allowed_payment_method_types,
        automatic_payment_methods=ways.automatic_payment_methods,
        client_secret=terms.client_secret(identifier),
        usage=params.get("usage", "off_session"),
    )
    intent = _changed(call, intent, params)
    call.store.save(intent)
    call.emit("setup_intent.created", intent)
    return _confirmed(call, intent, params) if params.get("confirm") else intent


def _changed(call: Call, intent: SetupIntent, params: Mapping[str, Any]) -> SetupIntent:
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
        description=params.get("description", intent.description),
        metadata=merged(intent.metadata, params.get("metadata")),
        next_action=None if status == "requires_confirmation" else intent.next_action,
        payment_method=method,
        payment_method_options=terms.options(intent.payment_method_options, params),
        status=status,
    )


def retrieve(call: Call, identifier: str, params: SetupIntentRetrieveParams) -> SetupIntent:  # noqa: ARG001 - one shape
    return call.get(SetupIntent, identifier)


def listed(call: Call, params: SetupIntentListParams) -> Page:
    return page(call, SetupIntent, "/v1/setup_intents", params, named=("customer", "payment_method"))


def update(call: Call, identifier: str, params: SetupIntentUpdateParams) -> SetupIntent:
    intent = call.get(SetupIntent, identifier)
    if intent.status not in OPEN and not params.keys() <= {"metadata", "description", "expand"}:
        raise _unexpected(intent, "updated")
    if intent.status in OPEN:
        changed = _changed(call, intent, params)
    else:
        changed = msgspec.structs.replace(
            intent,
            description=params.get("description", intent.description),
            metadata=merged(intent.metadata, params.get("metadata")),
        )
    call.store.save(changed)
    return changed


def confirm(call: Call, identifier: str, params: SetupIntentConfirmParams) -> SetupIntent | Declined:
    """Ask the issuer: saved, to be authenticated, or declined (402, with the intent inside)."""
    intent = call.get(SetupIntent, identifier)
    if intent.status not in OPEN:
        raise _unexpected(intent, "confirmed")
    return _confirmed(call, _changed(call, intent, params), params)


def _confirmed(call: Call, intent: SetupIntent, params: Mapping[str, Any]) -> SetupIntent | Declined:
    if intent.payment_method is None:
        raise refused(
            "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a"
            " payment method and confirm it again, or confirm it with one.",
            code="setup_intent_unexpected_state",
            setup_intent=intent,
        )
    method = terms.usable(call, intent.payment_method, intent.customer)
    terms.allowed(intent, method)
    if method.type == "sepa_debit":
        return _saved(call, msgspec.structs.replace(intent, mandate=debits.mandated(call, method, params).id), method)
    return _asked(call, intent, method, back=terms.return_url(intent, params), authenticated=False)


def _asked(
    call: Call, intent: SetupIntent, method: PaymentMethod, *, back: str | None, authenticated: bool
) -> SetupIntent | Declined:
    verdict = cards.save(
        cards.BY_LAST4[method.saved_card.last4],
        authenticated=authenticated,
        three_d_secure=terms.three_d_secure(intent),
    )
    match verdict:
        case cards.Authenticate():
            waiting = msgspec.structs.replace(
                intent,
                next_action=terms.to_authenticate(call, intent.id, back),
                payment_method=method.id,
                status="requires_action",
            )
            call.store.save(waiting)
            call.emit("setup_intent.requires_action", waiting)
            return waiting
        case cards.Decline():
            error = payment_methods.declined(verdict, method=method)
            failed = _failed(call, intent, msgspec.convert(error, PaymentError))
            return Declined(error={**error, "setup_intent": failed})
        case cards.Approved():
            return _saved(call, intent, method)


def _failed(call: Call, intent: SetupIntent, error: PaymentError) -> SetupIntent:
    failed = msgspec.structs.replace(
        intent, last_setup_error=error, next_action=None, payment_method=None, status="requires_payment_method"
    )
    call.store.save(failed)
    call.emit("setup_intent.setup_failed", failed)
    return failed


def _saved(call: Call, intent: SetupIntent, method: PaymentMethod) -> SetupIntent:
    if intent.customer is not None:
        method = payment_methods.attached(call, method, intent.customer)
    if intent.usage == "off_session":
        call.store.mark(method.id, "set_up")
    saved = msgspec.structs.replace(
        intent, last_setup_error=None, next_action=None, payment_method=method.id, status="succeeded"
    )
    call.store.save(saved)
    call.emit("setup_intent.succeeded", saved)
    return saved


def authenticated_setup(call: Call, intent: SetupIntent, *, success: bool) -> SetupIntent:
    """The cardholder came through her bank's page, or did not."""
    if intent.payment_method is None:
        return intent
    method = call.get(PaymentMethod, intent.payment_method)
    if not success:
        error = PaymentError(
            type="invalid_request_error",
            code="setup_intent_authentication_failure",
            message="The provided PaymentMethod has failed authentication. Provide a new PaymentMethod to attempt to"
            " fulfill this SetupIntent again.",
            payment_method=method,
        )
        return _failed(call, intent, error)
    outcome = _asked(call, intent, method, back=None, authenticated=True)
    return call.get(SetupIntent, intent.id) if isinstance(outcome, Declined) else outcome


def cancel(call: Call, identifier: str, params: SetupIntentCancelParams) -> SetupIntent:
    intent = call.get(SetupIntent, identifier)
    if intent.status not in OPEN:
        raise _unexpected(intent, "canceled")
    ended = msgspec.structs.replace(
        intent, cancellation_reason=params.get("cancellation_reason"), next_action=None, status="canceled"
    )
    call.store.save(ended)
    call.emit("setup_intent.canceled", ended)
    return ended


def _unexpected(intent: SetupIntent, done: str) -> ApiError:
    return refused(
        f"This SetupIntent could not be {done} because it has a status of {intent.status}. Only a SetupIntent with one of"
        f" the following statuses may be {done}: {', '.join(sorted(OPEN))}.",
        code="setup_intent_unexpected_state",
        setup_intent=intent,
    )
