"""SEPA debits: a mandate lets the account be debited; days later it is known whether the bank paid, and it may want the
money back for weeks.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace
from stripe.params import MandateRetrieveParams

from adapters.payments.sandbox import balance, ibans, partners
from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.errors import invalid, refused
from adapters.payments.sandbox.objects import (
    Charge,
    ChargedDebit,
    Mandate,
    Outcome,
    PaymentError,
    PaymentIntent,
    PaymentMethod,
    PaymentMethodDetails,
)


def mandated(call: Call, method: PaymentMethod, params: Mapping[str, Any]) -> Mandate:
    """The mandate that the account's holder gives now, or gave before. ApiError 400 without one that is active."""
    given = params.get("mandate_data") or {}
    acceptance = given.get("customer_acceptance")
    if not acceptance:
        known = call.store.everything(Mandate, payment_method=method.id)
        if not known:
            raise invalid("Missing required param: mandate_data.", param="mandate_data", code="parameter_missing")
        if known[0].status != "active":
            raise refused("The mandate of this account is not active.", code="payment_intent_mandate_invalid")
        return known[0]
    identifier = call.new_id("mandate")
    mandate = Mandate(
        id=identifier,
        created=call.now,
        customer_acceptance={"accepted_at": call.now, "offline": None, "online": None, **acceptance},
        payment_method=method.id,
        payment_method_details={
            "sepa_debit": {"reference": identifier[-12:].upper(), "url": f"{call.url}/mandates/{identifier}"},
            "type": "sepa_debit",
        },
    )
    call.store.save(mandate)
    return mandate


def debited(call: Call, intent: PaymentIntent, method: PaymentMethod, mandate: Mandate) -> PaymentIntent:
    """Ask the bank. The money counts at once, as pending, and leaves again where the bank does not pay."""
    if intent.capture_method == "manual":
        raise invalid("SEPA debits cannot be held: capture_method must not be manual.", param="capture_method")
    if intent.currency != "eur":
        raise invalid("SEPA debits are in euros only.", param="currency")
    account, debit = ibans.BY_LAST4[method.saved_debit.last4], method.saved_debit
    charge = Charge(
        id=call.new_id("py"),
        created=call.now,
        amount=intent.amount,
        amount_captured=intent.amount,
        billing_details=method.billing_details,
        captured=True,
        currency=intent.currency,
        customer=intent.customer,
        description=intent.description,
        metadata=intent.metadata,
        outcome=Outcome(
            network_status="approved_by_network", reason=None, seller_message="Payment complete.", type="authorized"
        ),
        payment_intent=intent.id,
        payment_method=method.id,
        payment_method_details=PaymentMethodDetails(
            sepa_debit=ChargedDebit(
                bank_code=debit.bank_code,
                country=debit.country,
                fingerprint=debit.fingerprint,
                last4=debit.last4,
                mandate=mandate.id,
                expected_debit_date=_debited_on(call.now),
            ),
            type="sepa_debit",
        ),
        status="pending",
    )
    moved = balance.move(
        call, "payment", "charge", charge.id, charge.amount, fee=call.fees.debit, description=charge.description
    )
    charge = replace(charge, balance_transaction=moved.id)
    waiting = replace(
        intent,
        last_payment_error=None,
        latest_charge=charge.id,
        next_action=None,
        payment_method=method.id,
        status="processing",
    )
    call.store.save(charge)
    call.store.save(waiting)
    call.emit("charge.pending", charge)
    call.emit("payment_intent.processing", waiting)
    call.store.plan(charge.id, "debit_settled", call.now + account.after)
    return waiting


def _debited_on(now: int) -> str:
    """As the mandate's text has it: two days after the notice. https://docs.stripe.com/payments/sepa-debit"""
    return (datetime.fromtimestamp(now, UTC).date() + timedelta(days=2)).isoformat()


def settled(call: Call, charge_id: str) -> None:
    """The bank has spoken."""
    charge = call.get(Charge, charge_id)
    if charge.status != "pending":
        return
    intent = call.get(PaymentIntent, charge.payment_intent)
    account = ibans.BY_LAST4[_debit(charge).last4]
    if account.failure is not None:
        _failed(call, charge, intent, account.failure)
        return
    paid = partners.passed_on(call, intent, replace(charge, paid=True, status="succeeded"))
    done = replace(intent, amount_received=charge.amount, status="succeeded")
    call.store.save(paid)
    call.store.save(done)
    call.emit("charge.succeeded", paid)
    call.emit("payment_intent.succeeded", done)
    if account.returned:
        call.store.plan(charge.id, "dispute_debit_not_authorized", call.now)


def _failed(call: Call, charge: Charge, intent: PaymentIntent, code: str) -> None:
    back = balance.move(
        call, "payment_failure_refund", "charge_failure", charge.id, -charge.amount, description="PAYMENT FAILURE"
    )
    message = "The customer's account has insufficient funds to cover this payment."
    lost = replace(
        charge,
        failure_balance_transaction=back.id,
        failure_code=code,
        failure_message=message,
        status="failed",
    )
    method = call.get(PaymentMethod, charge.payment_method)
    error = PaymentError(
        type="card_error",
        code="payment_method_provider_decline",
        message=message,
        charge=charge.id,
        payment_method=method,
    )
    open_again = replace(intent, last_payment_error=error, payment_method=None, status="requires_payment_method")
    call.store.save(lost)
    call.store.save(open_again)
    call.emit("charge.failed", lost)
    call.emit("payment_intent.payment_failed", open_again)


def revoked(call: Call, charge: Charge) -> None:
    """Who takes a debit back takes its mandate back as well."""
    mandate = call.get(Mandate, _debit(charge).mandate)
    if mandate.status == "active":
        ended = replace(mandate, status="inactive")
        call.store.save(ended)
        call.emit("mandate.updated", ended, {"status": "active"})


def _debit(charge: Charge) -> ChargedDebit:
    debit = charge.payment_method_details.sepa_debit
    if debit is UNSET:
        raise TypeError("a card was charged, not a bank account")
    return debit


def retrieve(call: Call, identifier: str, params: MandateRetrieveParams) -> Mandate:  # noqa: ARG001 - one shape
    return call.get(Mandate, identifier)
