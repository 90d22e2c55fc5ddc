"""What an issuer holds or takes: authorised, captured, released, expired, refunded.

Stripe shows the released part of a hold as refunded, with a Refund that has no balance transaction (seen in
woocommerce-gateway-stripe#1073 and solidus_stripe#268). The sandbox does so too, so that nobody learns to trust
`amount_refunded`: money moved where there is a balance transaction, and only there.
"""

from datetime import timedelta

import msgspec
from msgspec import UNSET
from stripe.params import ChargeListParams, ChargeRetrieveParams, ChargeUpdateParams

from adapters.payments.sandbox import balance, partners
from adapters.payments.sandbox.call import Call, merged
from adapters.payments.sandbox.cards import BY_LAST4, Decline
from adapters.payments.sandbox.objects import (
    BalanceTransaction,
    Charge,
    ChargedCard,
    Outcome,
    Overcapture,
    PaymentIntent,
    PaymentMethod,
    PaymentMethodDetails,
    Refund,
    ThreeDSecure,
)
from adapters.payments.sandbox.presentation import Page, page

# https://docs.stripe.com/payments/place-a-hold-on-a-payment-method: how long a hold can be captured
CUSTOMER_INITIATED = timedelta(days=7)
VISA_MERCHANT_INITIATED = timedelta(days=4, hours=18)


def hold_period(brand: str, *, off_session: bool) -> timedelta:
    return VISA_MERCHANT_INITIATED if off_session and brand == "visa" else CUSTOMER_INITIATED


def authorised(
    call: Call, intent: PaymentIntent, method: PaymentMethod, *, off_session: bool, authenticated: bool
) -> Charge:
    """The issuer said yes: the amount is held until `capture_before` or, without manual capture, taken at once."""
    charge = _attempt(call, intent, method, authenticated=authenticated)
    charge = msgspec.structs.replace(
        charge,
        outcome=Outcome(
            network_status="approved_by_network", reason=None, seller_message="Payment complete.", type="authorized"
        ),
        paid=True,
        status="succeeded",
    )
    if not manual(intent):
        return _taken(call, intent, charge)
    capture_before = call.now + int(hold_period(method.saved_card.brand, off_session=off_session).total_seconds())
    card = msgspec.structs.replace(charge.payment_method_details.charged_card, capture_before=capture_before)
    charge = msgspec.structs.replace(charge, payment_method_details=PaymentMethodDetails(card=card))
    call.store.hold(charge.id, capture_before)
    call.store.save(charge)
    call.emit("charge.succeeded", charge)
    return charge


def manual(intent: PaymentIntent) -> bool:
    """Whether a yes only holds the amount; the card's own option stands above the payment's."""
    card = intent.payment_method_options.get("card", {})
    return "manual" in {intent.capture_method, card.get("capture_method")}


def _taken(call: Call, intent: PaymentIntent, charge: Charge) -> Charge:
    """Captured at once. With automatic_async, the default, the balance transaction is known a moment later only."""
    charge = msgspec.structs.replace(charge, captured=True, amount_captured=charge.amount)
    transaction = _credited(call, charge, charge.amount)
    settled = partners.passed_on(call, intent, msgspec.structs.replace(charge, balance_transaction=transaction.id))
    call.store.save(settled)
    if intent.capture_method == "automatic_async":
        call.emit("charge.succeeded", charge)
        call.emit("charge.updated", settled, {"balance_transaction": None})
    else:
        call.emit("charge.succeeded", settled)
    return settled


def _credited(call: Call, charge: Charge, amount: int) -> BalanceTransaction:
    """The money comes in, less Stripe's fee. Some test cards' holders go to their banks as soon as they see it."""
    card = BY_LAST4[charge.payment_method_details.charged_card.last4]
    if card.disputes is not None:
        call.store.plan(charge.id, f"dispute_{card.disputes}", call.now)
    fee = call.fees.fee(balance.exchanged(call, amount, charge.currency))
    return balance.move(
        call, "charge", "charge", charge.id, amount, fee=fee, description=charge.description, paid_in=charge.currency
    )


def failed(
    call: Call, intent: PaymentIntent, method: PaymentMethod, decline: Decline, *, authenticated: bool
) -> Charge:
    """The issuer said no; the attempt stays on record."""
    charge = msgspec.structs.replace(
        _attempt(call, intent, method, authenticated=authenticated),
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=Outcome(
            network_status="declined_by_network",
            reason=decline.decline_code,
            seller_message="The bank did not return any further details with this decline.",
            type="issuer_declined",
            advice_code="try_again_later",
        ),
        status="failed",
    )
    call.store.save(charge)
    call.emit("charge.failed", charge)
    return charge


def _attempt(call: Call, intent: PaymentIntent, method: PaymentMethod, *, authenticated: bool) -> Charge:
    card = method.saved_card
    return Charge(
        id=call.new_id("ch"),
        created=call.now,
        amount=intent.amount,
        billing_details=method.billing_details,
        currency=intent.currency,
        customer=intent.customer,
        description=intent.description,
        metadata=intent.metadata,
        outcome=Outcome(network_status="not_sent_to_network", reason=None, seller_message="", type="invalid"),
        payment_intent=intent.id,
        payment_method=method.id,
        payment_method_details=PaymentMethodDetails(
            card=ChargedCard(
                amount_authorized=intent.amount,
                authorization_code="123456",
                brand=card.brand,
                country=card.country,
                exp_month=card.exp_month,
                exp_year=card.exp_year,
                fingerprint=card.fingerprint,
                funding=card.funding,
                last4=card.last4,
                network=card.brand,
                overcapture=Overcapture(maximum_amount_capturable=intent.amount),
                three_d_secure=ThreeDSecure() if authenticated else None,
            )
        ),
        receipt_email=intent.receipt_email,
        statement_descriptor=intent.statement_descriptor,
        statement_descriptor_suffix=intent.statement_descriptor_suffix,
        status="failed",
    )


def captured(call: Call, charge: Charge, amount: int, intent: PaymentIntent) -> Charge:
    """Take `amount` of the hold, at most all of it; the rest is released for good."""
    call.store.drop_hold(charge.id)
    card = msgspec.structs.replace(charge.payment_method_details.charged_card, capture_before=UNSET)
    transaction = _credited(call, charge, amount)
    charge = msgspec.structs.replace(
        charge,
        amount_captured=amount,
        balance_transaction=transaction.id,
        captured=True,
        payment_method_details=PaymentMethodDetails(card=card),
    )
    charge = partners.passed_on(call, intent, charge)
    if amount < charge.amount:
        charge = _released(call, charge, charge.amount - amount, None)
    call.store.save(charge)
    call.emit("charge.captured", charge)
    return charge


def released(call: Call, charge: Charge) -> Charge:
    """Give the whole hold back: the payment was canceled."""
    call.store.drop_hold(charge.id)
    charge = _released(call, charge, charge.amount, None)
    call.store.save(charge)
    call.emit("charge.refunded", charge)
    return charge


def expired(call: Call, charge: Charge) -> Charge:
    """Nobody captured in time; the issuer let go."""
    call.store.drop_hold(charge.id)
    charge = _released(call, charge, charge.amount, "expired_uncaptured_charge")
    call.store.save(charge)
    call.emit("charge.expired", charge)
    return charge


def _released(call: Call, charge: Charge, amount: int, reason: str | None) -> Charge:
    refund = Refund(
        id=call.new_id("re"),
        created=call.now,
        amount=amount,
        charge=charge.id,
        currency=charge.currency,
        payment_intent=charge.payment_intent,
        reason=reason,
    )
    call.store.save(refund)
    total = charge.amount_refunded + amount
    return msgspec.structs.replace(charge, amount_refunded=total, refunded=total == charge.amount)


def retrieve(call: Call, identifier: str, params: ChargeRetrieveParams) -> Charge:  # noqa: ARG001 - one shape
    return call.get(Charge, identifier)


def update(call: Call, identifier: str, params: ChargeUpdateParams) -> Charge:
    charge = call.get(Charge, identifier)
    changed = msgspec.structs.replace(
        charge,
        description=params.get("description", charge.description),
        metadata=merged(charge.metadata, params.get("metadata")),
    )
    call.store.save(changed)
    call.emit("charge.updated", changed, {"metadata": charge.metadata, "description": charge.description})
    return changed


def listed(call: Call, params: ChargeListParams) -> Page:
    return page(call, Charge, "/v1/charges", params, named=("customer", "payment_intent"))
