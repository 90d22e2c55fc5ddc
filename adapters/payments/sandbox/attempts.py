"""One attempt to pay an intent with a card or a bank account, and what the cardholder's authentication makes of it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.payments.sandbox import cards, charges, debits, payment_methods, terms
from adapters.payments.sandbox.call import Call, Declined
from adapters.payments.sandbox.objects import PaymentError, PaymentIntent, PaymentMethod


def attempt(
    call: Call,
    intent: PaymentIntent,
    method: PaymentMethod,
    *,
    off_session: bool,
    back: str | None,
    fail_on_action: bool = False,
    authenticated: bool = False,
    params: Mapping[str, Any] | None = None,
) -> PaymentIntent | Declined:
    """Ask the issuer. `back` is where the cardholder returns to after authenticating.

    `fail_on_action`: rather decline than ask her. `params` are the request's, for what only bank accounts need.
    """
    card = payment_methods.card_of(method)
    if card is None:
        return _debited(call, intent, method, params or {})
    verdict = cards.pay(
        card,
        off_session=off_session,
        set_up=call.store.marked(method.id, "set_up"),
        authenticated=authenticated,
        three_d_secure=terms.three_d_secure(intent),
    )
    if isinstance(verdict, cards.Authenticate) and fail_on_action:
        verdict = cards.AUTHENTICATION_REQUIRED
    match verdict:
        case cards.Authenticate():
            return _waiting(call, intent, method, back)
        case cards.Decline():
            return _declined(call, intent, method, verdict, authenticated=authenticated)
        case cards.Approved():
            return _approved(call, intent, method, off_session=off_session, authenticated=authenticated)


def _debited(call: Call, intent: PaymentIntent, method: PaymentMethod, params: Mapping[str, Any]) -> PaymentIntent:
    """Ask the bank, which takes its time."""
    mandate = debits.mandated(call, method, params)
    if intent.setup_future_usage is not None and intent.customer is not None:
        method = payment_methods.attached(call, method, intent.customer)
    call.store.mark(method.id, "used")
    return debits.debited(call, intent, method, mandate)


def _waiting(call: Call, intent: PaymentIntent, method: PaymentMethod, back: str | None) -> PaymentIntent:
    waiting = msgspec.structs.replace(
        intent,
        next_action=terms.to_authenticate(call, intent.id, back),
        payment_method=method.id,
        status="requires_action",
    )
    call.store.save(waiting)
    call.emit("payment_intent.requires_action", waiting)
    return waiting


def _declined(
    call: Call, intent: PaymentIntent, method: PaymentMethod, decline: cards.Decline, *, authenticated: bool
) -> Declined:
    charge = charges.failed(call, intent, method, decline, authenticated=authenticated)
    error = payment_methods.declined(decline, charge=charge.id, method=method)
    failed = _back_to_start(call, intent, msgspec.convert(error, PaymentError), charge.id)
    return Declined(error={**error, "payment_intent": failed})


def _back_to_start(call: Call, intent: PaymentIntent, error: PaymentError, charge: str | None) -> PaymentIntent:
    failed = msgspec.structs.replace(
        intent,
        last_payment_error=error,
        latest_charge=charge,
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
    )
    call.store.save(failed)
    call.emit("payment_intent.payment_failed", failed)
    return failed


def _approved(
    call: Call, intent: PaymentIntent, method: PaymentMethod, *, off_session: bool, authenticated: bool
) -> PaymentIntent:
    if intent.setup_future_usage is not None and intent.customer is not None:
        method = payment_methods.attached(call, method, intent.customer)
        if intent.setup_future_usage == "off_session":
            call.store.mark(method.id, "set_up")
    call.store.mark(method.id, "used")
    charge = charges.authorised(call, intent, method, off_session=off_session, authenticated=authenticated)
    held = not charge.captured
    done = msgspec.structs.replace(
        intent,
        amount_capturable=intent.amount if held else 0,
        amount_received=0 if held else intent.amount,
        last_payment_error=None,
        latest_charge=charge.id,
        next_action=None,
        payment_method=method.id,
        status="requires_capture" if held else "succeeded",
    )
    call.store.save(done)
    call.emit("payment_intent.amount_capturable_updated" if held else "payment_intent.succeeded", done)
    return done


def authenticated_payment(call: Call, intent: PaymentIntent, *, success: bool) -> PaymentIntent:
    """The cardholder came through her bank's page, or did not; the card may still decline after that."""
    if intent.payment_method is None:
        return intent
    method = call.get(PaymentMethod, intent.payment_method)
    if not success:
        error = PaymentError(
            type="invalid_request_error",
            code="payment_intent_authentication_failure",
            message="The provided PaymentMethod has failed authentication. Provide a new PaymentMethod to attempt to"
            " fulfill this PaymentIntent again.",
            payment_method=method,
        )
        return _back_to_start(call, intent, error, intent.latest_charge)
    outcome = attempt(call, intent, method, off_session=False, back=None, authenticated=True)
    return call.get(PaymentIntent, intent.id) if isinstance(outcome, Declined) else outcome
