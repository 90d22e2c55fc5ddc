"""Every payment of every account at a glance: what is held, taken, given back, and what Stripe kept."""

from typing import Any

from adapters.payments.sandbox.account_store import AccountStore
from adapters.payments.sandbox.objects import BalanceTransaction, Charge, PaymentIntent, Refund
from adapters.payments.sandbox.settings import Account


def overview(account: Account, store: AccountStore) -> dict[str, Any]:
    """Minor units. Captured, refunded and fees come from balance transactions: nothing else moves money."""
    movements: dict[str, list[BalanceTransaction]] = {}
    for transaction in store.everything(BalanceTransaction):
        movements.setdefault(transaction.source, []).append(transaction)
    charges: dict[str, list[Charge]] = {}
    for charge in store.everything(Charge):
        charges.setdefault(charge.payment_intent, []).append(charge)
    refunds: dict[str, list[Refund]] = {}
    for refund in store.everything(Refund):
        refunds.setdefault(refund.payment_intent, []).append(refund)
    payments = [
        _payment(intent, charges.get(intent.id, []), refunds.get(intent.id, []), movements)
        for intent in store.everything(PaymentIntent)
    ]
    return {
        "account": account.id,
        "balance": sum(each.net for several in movements.values() for each in several),
        "fees": sum(payment["fees"] for payment in payments),
        "payments": payments,
    }


def _payment(
    intent: PaymentIntent,
    charges: list[Charge],
    refunds: list[Refund],
    movements: dict[str, list[BalanceTransaction]],
) -> dict[str, Any]:
    taken = [each for charge in charges for each in movements.get(charge.id, [])]
    returned = [each for refund in refunds for each in movements.get(refund.id, [])]
    authorised = sum(charge.amount for charge in charges if charge.status == "succeeded")
    captured = sum(each.amount for each in taken)
    return {
        "id": intent.id,
        "created": intent.created,
        "status": intent.status,
        "amount": intent.amount,
        "held": intent.amount_capturable,
        "captured": captured,
        "released": authorised - captured - intent.amount_capturable,
        "refunded": -sum(each.amount for each in returned),
        "fees": sum(each.fee for each in (*taken, *returned)),
        "charges": [charge.id for charge in charges if charge.status == "succeeded"],
        "customer": intent.customer,
        "description": intent.description,
        "metadata": intent.metadata,
    }
