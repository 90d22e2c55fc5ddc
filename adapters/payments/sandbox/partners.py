"""Destination charges: the whole charge goes on to a connected account, which gives the platform its fee.

https://docs.stripe.com/connect/destination-charges
"""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace
from stripe.params import ApplicationFeeRetrieveParams, TransferRetrieveParams

from adapters.payments.sandbox import balance
from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.errors import invalid
from adapters.payments.sandbox.objects import (
    ApplicationFee,
    Charge,
    FeeRefund,
    PaymentIntent,
    Refund,
    Transfer,
    TransferData,
    TransferReversal,
)


def destined(call: Call, intent: PaymentIntent, params: Mapping[str, Any]) -> PaymentIntent:
    """The intent with where its money goes on to. ApiError 400 for a fee of nobody's, or one above the amount."""
    given = params.get("transfer_data")
    if given is not None:
        where = given["destination"]
        if not where.startswith("acct_") or where == call.account.id:
            raise invalid(
                f"No such destination: '{where}'", param="transfer_data[destination]", code="resource_missing"
            )
        if set(given) != {"destination"}:
            raise invalid("The sandbox passes whole charges on.", param="transfer_data[amount]")
        intent = replace(intent, transfer_data=TransferData(destination=where))
    intent = replace(intent, transfer_group=params.get("transfer_group"))
    return charged_for(intent, params, intent.amount)


def charged_for(intent: PaymentIntent, params: Mapping[str, Any], amount: int) -> PaymentIntent:
    """The intent with the platform's fee on so much of it."""
    fee = params.get("application_fee_amount", intent.application_fee_amount)
    if fee is None:
        return intent
    if intent.transfer_data is None:
        raise invalid(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an OAuth"
            " key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).",
            param="application_fee_amount",
        )
    if not 0 <= fee <= amount:
        raise invalid(
            "Application fee must be no more than what is captured.",
            param="application_fee_amount",
            code="fee_too_large",
        )
    return replace(intent, application_fee_amount=fee)


def passed_on(call: Call, intent: PaymentIntent, charge: Charge) -> Charge:
    """What was captured goes on, and the fee comes back; nothing where nobody is to get it."""
    if intent.transfer_data is None:
        return charge
    group = intent.transfer_group or f"group_{intent.id}"
    transfer = Transfer(
        id=call.new_id("tr"),
        created=call.now,
        amount=charge.amount_captured,
        currency=charge.currency,
        destination=intent.transfer_data.destination,
        source_transaction=charge.id,
        transfer_group=group,
    )
    moved = balance.move(call, "transfer", "transfer", transfer.id, -transfer.amount, paid_in=charge.currency)
    transfer = replace(transfer, balance_transaction=moved.id)
    call.store.save(transfer)
    call.emit("transfer.created", transfer)
    charge = replace(charge, transfer=transfer.id, transfer_data=intent.transfer_data, transfer_group=group)
    if not intent.application_fee_amount:
        return charge
    fee = ApplicationFee(
        id=call.new_id("fee"),
        created=call.now,
        account=transfer.destination,
        amount=intent.application_fee_amount,
        charge=call.new_id("py"),
        currency=charge.currency,
        originating_transaction=charge.id,
    )
    earned = balance.move(call, "application_fee", "platform_earning", fee.id, fee.amount, paid_in=charge.currency)
    fee = replace(fee, balance_transaction=earned.id)
    call.store.save(fee)
    call.emit("application_fee.created", fee)
    return replace(charge, application_fee=fee.id, application_fee_amount=fee.amount)


def taken_back(call: Call, charge: Charge, refund: Refund, params: Mapping[str, Any]) -> Refund:
    """The partner's part of a refund, and the fee's, as far as they are asked for: in proportion, the rest with the last."""
    back = charge.amount_refunded + refund.amount - (charge.amount - charge.amount_captured)
    if params.get("reverse_transfer"):
        refund = replace(refund, transfer_reversal=_reversed(call, charge, refund).id)
    if params.get("refund_application_fee"):
        _fee_refunded(call, charge, back)
    return refund


def _reversed(call: Call, charge: Charge, refund: Refund) -> TransferReversal:
    if charge.transfer is UNSET:
        raise invalid("This charge has no transfer to reverse.", param="reverse_transfer")
    transfer = call.get(Transfer, charge.transfer)
    made = TransferReversal(
        id=call.new_id("trr"),
        created=call.now,
        amount=refund.amount,
        currency=refund.currency,
        source_refund=refund.id,
        transfer=transfer.id,
    )
    moved = balance.move(call, "transfer_refund", "transfer_reversal", made.id, made.amount, paid_in=refund.currency)
    total = transfer.amount_reversed + made.amount
    changed = replace(transfer, amount_reversed=total, reversed=total == transfer.amount)
    call.store.save(replace(made, balance_transaction=moved.id))
    call.store.save(changed)
    call.emit("transfer.reversed", changed)
    return made


def _fee_refunded(call: Call, charge: Charge, back: int) -> None:
    if charge.application_fee is None:
        raise invalid("This charge has no application fee to refund.", param="refund_application_fee")
    fee = call.get(ApplicationFee, charge.application_fee)
    total = (2 * fee.amount * back + charge.amount_captured) // (2 * charge.amount_captured)  # half up
    amount = total - fee.amount_refunded
    if not amount:
        return
    made = FeeRefund(id=call.new_id("fr"), created=call.now, amount=amount, currency=fee.currency, fee=fee.id)
    moved = balance.move(
        call, "application_fee_refund", "platform_earning_refund", made.id, -amount, paid_in=fee.currency
    )
    changed = replace(fee, amount_refunded=total, refunded=total == fee.amount)
    call.store.save(replace(made, balance_transaction=moved.id))
    call.store.save(changed)
    call.emit("application_fee.refunded", changed)


def retrieve_transfer(call: Call, identifier: str, params: TransferRetrieveParams) -> Transfer:  # noqa: ARG001 - one shape
    return call.get(Transfer, identifier)


def retrieve_fee(call: Call, identifier: str, params: ApplicationFeeRetrieveParams) -> ApplicationFee:  # noqa: ARG001 - one shape
    return call.get(ApplicationFee, identifier)
