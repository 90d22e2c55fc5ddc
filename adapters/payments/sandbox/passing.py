"""What happens by itself as the sandbox's clock moves on: each step at the moment that it was planned for."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from msgspec.structs import replace

from adapters.payments.sandbox import checkouts, debits, disputes, payouts, refunds
from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.errors import ApiError

Step = Callable[[Call, str], object]
STEPS: Mapping[str, Step] = {
    "debit_settled": debits.settled,
    checkouts.EXPIRES: checkouts.run_out,
    payouts.DAILY: payouts.daily,
    "payout_sent": payouts.sent,
    "payout_paid": payouts.paid,
    "payout_reconciled": payouts.reconciled,
    "payout_traced": payouts.traced,
    "dispute_fraudulent": partial(disputes.by_card, reason="fraudulent"),
    "dispute_product_not_received": partial(disputes.by_card, reason="product_not_received"),
    "dispute_debit_not_authorized": partial(disputes.by_card, reason="debit_not_authorized"),
    "dispute_inquiry": partial(disputes.by_card, reason="inquiry"),
    "dispute_won": partial(disputes.decided, outcome="won"),
    "dispute_lost": partial(disputes.decided, outcome="lost"),
    "evidence_due": disputes.overdue,
    "refund_fail_later": refunds.failed,
    "refund_succeed_later": refunds.succeeded,
}


def happen(call: Call) -> None:
    """Everything that was due by now, in order; what follows from it and is due as well comes along."""
    while (timer := call.store.take_due(call.now)) is not None:
        with suppress(ApiError):  # what was planned may have become impossible: the charge was refunded meanwhile
            STEPS[timer.step](replace(call, now=timer.due), timer.subject)
