"""Refunds: captured money that goes back, at once in this sandbox and never more than was taken."""

import msgspec
from stripe.params import RefundCreateParams, RefundListParams, RefundRetrieveParams, RefundUpdateParams

from adapters.payments.sandbox import balance
from adapters.payments.sandbox.call import Call, merged
from adapters.payments.sandbox.errors import invalid, refused
from adapters.payments.sandbox.objects import Charge, PaymentIntent, Refund
from adapters.payments.sandbox.presentation import Page, page


def create(call: Call, params: RefundCreateParams) -> Refund:
    """Give back `amount`, or all that is left, of a captured charge."""
    charge = _charge(call, params)
    if not charge.captured:
        raise refused(
            f"Charge {charge.id} is not captured, there is nothing to refund; cancel its PaymentIntent to release it.",
            code="charge_not_refundable",
        )
    left = charge.amount - charge.amount_refunded
    if left == 0:
        raise refused(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    amount = params.get("amount", left)
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", param="amount", code="parameter_invalid_integer"
        )
    if amount > left:
        raise refused(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            code="amount_too_large",
            param="amount",
        )
    refund = Refund(
        id=call.new_id("re"),
        created=call.now,
        amount=amount,
        charge=charge.id,
        currency=charge.currency,
        metadata=merged({}, params.get("metadata")),
        payment_intent=charge.payment_intent,
        reason=params.get("reason"),
    )
    refund = msgspec.structs.replace(refund, balance_transaction=balance.debit(call, refund).id)
    total = charge.amount_refunded + amount
    reduced = msgspec.structs.replace(charge, amount_refunded=total, refunded=total == charge.amount)
    call.store.save(reduced)
    call.emit("refund.created", refund)
    call.emit("charge.refunded", reduced, {"amount_refunded": charge.amount_refunded})
    _referenced(call, refund)
    return refund


def _referenced(call: Call, refund: Refund) -> None:
    """The acquirer's reference arrives after the answer, as with real refunds: whoever wants it asks again."""
    card = {"type": "refund", "reference": refund.id[-11:], "reference_status": "available"}
    known = msgspec.structs.replace(refund, destination_details={**refund.destination_details, "card": card})
    call.store.save(known)
    call.emit("refund.updated", known, {"destination_details": refund.destination_details})


def _charge(call: Call, params: RefundCreateParams) -> Charge:
    if "payment_intent" in params and "charge" in params:
        raise invalid("You may only specify one of these parameters: charge, payment_intent.")
    if "payment_intent" in params:
        intent = call.get(PaymentIntent, params["payment_intent"], param="payment_intent")
        charge = None if intent.latest_charge is None else call.store.find(Charge, intent.latest_charge)
        if charge is None or charge.status != "succeeded":
            raise refused(f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.")
        return charge
    if "charge" in params:
        return call.get(Charge, params["charge"], param="charge")
    raise invalid("One of the following params should be provided for this request: payment_intent or charge.")


def retrieve(call: Call, identifier: str, params: RefundRetrieveParams) -> Refund:  # noqa: ARG001 - one shape
    return call.get(Refund, identifier)


def update(call: Call, identifier: str, params: RefundUpdateParams) -> Refund:
    refund = call.get(Refund, identifier)
    changed = msgspec.structs.replace(refund, metadata=merged(refund.metadata, params.get("metadata")))
    call.store.save(changed)
    call.emit("refund.updated", changed, {"metadata": refund.metadata})
    return changed


def listed(call: Call, params: RefundListParams) -> Page:
    return page(call, Refund, "/v1/refunds", params, named=("charge", "payment_intent"))
