"""Refunds: captured money that goes back, never more than was taken; with some test cards it comes back days later."""

from datetime import timedelta

from msgspec.structs import replace
from stripe.params import RefundCreateParams, RefundListParams, RefundRetrieveParams, RefundUpdateParams

from adapters.payments.sandbox import balance, partners
from adapters.payments.sandbox.call import Call, merged
from adapters.payments.sandbox.cards import BY_LAST4
from adapters.payments.sandbox.disputes import forbids_refund
from adapters.payments.sandbox.errors import invalid, refused
from adapters.payments.sandbox.objects import Charge, PaymentIntent, Refund
from adapters.payments.sandbox.presentation import Page, page

# Banks refuse what was given back days later: the card is closed, or lost.
SETTLED_AFTER = int(timedelta(days=2).total_seconds())


def create(call: Call, params: RefundCreateParams) -> Refund:
    """Give back `amount`, or all that is left, of a captured charge."""
    charge = _charge(call, params)
    amount = _refundable(call, charge, params.get("amount"))
    by_card = charge.payment_method_details.type == "card"
    fate = BY_LAST4[charge.payment_method_details.charged_card.last4].refunds if by_card else None
    refund = Refund(
        id=call.new_id("re" if by_card else "pyr"),
        created=call.now,
        amount=amount,
        charge=charge.id,
        currency=charge.currency,
        metadata=merged({}, params.get("metadata")),
        payment_intent=charge.payment_intent,
        pending_reason="processing" if fate == "succeed later" else None,
        reason=params.get("reason"),
        status="pending" if fate == "succeed later" else "succeeded",
    )
    kind = "refund" if by_card else "payment_refund"
    moved = balance.move(
        call, kind, "refund", refund.id, -amount, description="REFUND FOR CHARGE", paid_in=charge.currency
    )
    refund = partners.taken_back(call, charge, replace(refund, balance_transaction=moved.id), params)
    total = charge.amount_refunded + amount
    reduced = replace(charge, amount_refunded=total, refunded=total == charge.amount)
    call.store.save(reduced)
    call.emit("refund.created", refund)
    call.emit("charge.refunded", reduced, {"amount_refunded": charge.amount_refunded})
    if by_card:
        _referenced(call, refund)
    else:
        call.store.save(refund)
    if fate is not None:
        call.store.plan(refund.id, f"refund_{fate.replace(' ', '_')}", call.now + SETTLED_AFTER)
    return refund


def _refundable(call: Call, charge: Charge, wanted: int | None) -> int:
    """The amount that is given back; ApiError 400 where it is more than there is, or the bank has it."""
    if charge.status == "pending":
        raise refused(f"Charge {charge.id} is still pending.", code="charge_not_refundable")
    if not charge.captured:
        raise refused(
            f"Charge {charge.id} is not captured, there is nothing to refund; cancel its PaymentIntent to release it.",
            code="charge_not_refundable",
        )
    if forbids_refund(call, charge):
        raise refused(f"Charge {charge.id} has been charged back; cannot issue a refund.", code="charge_disputed")
    left = charge.amount - charge.amount_refunded
    if left == 0:
        raise refused(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    amount = left if wanted is None else wanted
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
    return amount


def succeeded(call: Call, identifier: str) -> None:
    """What was pending has arrived."""
    refund = call.get(Refund, identifier)
    if refund.status == "pending":
        arrived = replace(refund, status="succeeded", pending_reason=None)
        call.store.save(arrived)
        call.emit("refund.updated", arrived, {"status": "pending"})


def failed(call: Call, identifier: str) -> Refund:
    """The bank sent the money back days later: it is on the balance again, and the charge counts as not refunded."""
    refund = call.get(Refund, identifier)
    if refund.status == "failed" or refund.balance_transaction is None:
        raise refused(f"The refund {identifier} gave nothing back that could return.")
    back = balance.move(
        call,
        "refund_failure",
        "refund_failure",
        refund.id,
        refund.amount,
        description="REFUND FAILURE",
        paid_in=refund.currency,
        at_once=True,
    )
    lost = replace(
        refund,
        status="failed",
        pending_reason=None,
        failure_reason="lost_or_stolen_card",
        failure_balance_transaction=back.id,
    )
    charge = call.get(Charge, refund.charge)
    call.store.save(lost)
    call.store.save(replace(charge, amount_refunded=charge.amount_refunded - refund.amount, refunded=False))
    call.emit("refund.failed", lost, {"status": refund.status})
    call.emit("charge.refund.updated", lost, {"status": refund.status})
    return lost


def _referenced(call: Call, refund: Refund) -> None:
    """The acquirer's reference arrives after the answer, as with real refunds: whoever wants it asks again."""
    card = {"type": "refund", "reference": refund.id[-11:], "reference_status": "available"}
    known = replace(refund, destination_details={**refund.destination_details, "card": card})
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
    changed = replace(refund, metadata=merged(refund.metadata, params.get("metadata")))
    call.store.save(changed)
    call.emit("refund.updated", changed, {"metadata": refund.metadata})
    return changed


def listed(call: Call, params: RefundListParams) -> Page:
    return page(call, Refund, "/v1/refunds", params, named=("charge", "payment_intent"))
