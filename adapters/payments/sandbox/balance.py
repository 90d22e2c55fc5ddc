"""The account's balance: what each charge, refund, dispute and payout moved, and what Stripe kept."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from stripe.params import BalanceRetrieveParams, BalanceTransactionListParams, BalanceTransactionRetrieveParams

from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.errors import invalid
from adapters.payments.sandbox.objects import Balance, BalanceTransaction, FeeDetail, Funds, Payout
from adapters.payments.sandbox.presentation import Page, page

# Germany's standard pay-out rhythm is three business days; the sandbox has no weekends.
UNTIL_AVAILABLE = int(timedelta(days=3).total_seconds())
PROCESSING, DISPUTING = "Stripe processing fees", "Dispute fee"


def move(
    call: Call,
    kind: str,
    category: str,
    source: str,
    amount: int,
    *,
    fee: int = 0,
    fee_for: str = PROCESSING,
    description: str | None = None,
    at_once: bool = False,
    paid_in: str | None = None,
) -> BalanceTransaction:
    """Write down a movement: `kind` is Stripe's `type`, `category` its `reporting_category`, `amount` is signed.

    `paid_in` is the currency of the amount, exchanged at the day's rate where the account has another one.
    `at_once`: the money is there, or gone, today, and not in three days.
    """
    rate = rate_of(call, paid_in)
    amount = exchanged(call, amount, paid_in)
    transaction = BalanceTransaction(
        id=call.new_id("txn"),
        created=call.now,
        amount=amount,
        available_on=call.now + (0 if at_once else UNTIL_AVAILABLE),
        currency=call.currency,
        description=description,
        exchange_rate=None if rate is None else float(rate),
        fee=fee,
        fee_details=[FeeDetail(amount=fee, currency=call.currency, description=fee_for)] if fee else [],
        net=amount - fee,
        reporting_category=category,
        source=source,
        type=kind,
    )
    call.store.fund(transaction)
    return transaction


def exchanged(call: Call, amount: int, currency: str | None) -> int:
    """The amount in the account's currency."""
    rate = rate_of(call, currency)
    return amount if rate is None else int((amount * rate).to_integral_value(ROUND_HALF_UP))


def rate_of(call: Call, currency: str | None) -> Decimal | None:
    """None where there is nothing to exchange."""
    return None if currency is None or currency == call.currency else call.rates[currency]


def retrieve_transaction(
    call: Call,
    identifier: str,
    params: BalanceTransactionRetrieveParams,  # noqa: ARG001 - every handler has this shape
) -> BalanceTransaction:
    return call.get(BalanceTransaction, identifier)


def listed_transactions(call: Call, params: BalanceTransactionListParams) -> Page:
    """Newest first. What went out with a payout is known of automatic ones only, and not before it is reconciled."""
    conditions = {}
    if "payout" in params:
        payout = call.get(Payout, params["payout"], param="payout")
        if not payout.automatic:
            raise invalid(
                "Balance transaction history can only be filtered on automatic payouts, not manual.", param="payout"
            )
        # Before that Stripe's answer is not complete; here it is empty, so that nobody learns to trust it.
        conditions["payout"] = payout.id if payout.reconciliation_status == "completed" else ""
    named = ("type", "source", "currency")
    return page(call, BalanceTransaction, "/v1/balance_transactions", params, named=named, **conditions)


def retrieve(call: Call, params: BalanceRetrieveParams) -> Balance:  # noqa: ARG001 - every handler has this shape
    """The sums of all movements' net amounts, by whether they may be paid out already."""
    available, pending = (
        [Funds(amount=amount, currency=call.currency, source_types={"card": amount})]
        for amount in call.store.funds(call.now)
    )
    return Balance(available=available, pending=pending)
