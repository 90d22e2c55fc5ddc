"""The account's balance: what each captured charge and each refund moved, and what Stripe kept."""

from datetime import timedelta

from stripe.params import BalanceRetrieveParams, BalanceTransactionListParams, BalanceTransactionRetrieveParams

from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.objects import Balance, BalanceTransaction, Charge, FeeDetail, Funds, Refund
from adapters.payments.sandbox.presentation import Page, page

# Germany's standard pay-out rhythm is three business days; the sandbox has no weekends.
UNTIL_AVAILABLE = int(timedelta(days=3).total_seconds())


def credit(call: Call, charge: Charge, amount: int) -> BalanceTransaction:
    """A captured charge comes in, less Stripe's fee."""
    fee = call.fees.fee(amount)
    return _record(call, "charge", charge.id, amount=amount, fee=fee, description=charge.description)


def debit(call: Call, refund: Refund) -> BalanceTransaction:
    """A refund goes out; Stripe does not give its fee back (support.stripe.com, fees for refunded payments)."""
    return _record(call, "refund", refund.id, amount=-refund.amount, fee=0, description="REFUND FOR CHARGE")


def _record(
    call: Call, kind: str, source: str, *, amount: int, fee: int, description: str | None
) -> BalanceTransaction:
    transaction = BalanceTransaction(
        id=call.new_id("txn"),
        created=call.now,
        amount=amount,
        available_on=call.now + UNTIL_AVAILABLE,
        currency=call.currency,
        description=description,
        fee=fee,
        fee_details=[FeeDetail(amount=fee, currency=call.currency)] if fee else [],
        net=amount - fee,
        reporting_category=kind,
        source=source,
        type=kind,
    )
    call.store.save(transaction)
    return transaction


def retrieve_transaction(
    call: Call,
    identifier: str,
    params: BalanceTransactionRetrieveParams,  # noqa: ARG001 - every handler has this shape
) -> BalanceTransaction:
    return call.get(BalanceTransaction, identifier)


def listed_transactions(call: Call, params: BalanceTransactionListParams) -> Page:
    """Newest first. There are no payouts here, so a filter by payout finds nothing."""
    named = ("type", "source", "currency", "payout")
    return page(call, BalanceTransaction, "/v1/balance_transactions", params, named=named)


def retrieve(call: Call, params: BalanceRetrieveParams) -> Balance:  # noqa: ARG001 - every handler has this shape
    """The sums of all transactions' net amounts, by whether they may be paid out already."""
    sums = {True: 0, False: 0}
    for transaction in call.store.everything(BalanceTransaction):
        sums[transaction.available_on <= call.now] += transaction.net
    available, pending = (
        [Funds(amount=sums[ready], currency=call.currency, source_types={"card": sums[ready]})]
        for ready in (True, False)
    )
    return Balance(available=available, pending=pending)
