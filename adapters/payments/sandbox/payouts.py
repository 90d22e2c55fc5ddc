"""Payouts: what is available goes to the bank every midnight, and what is owed is drawn from there.

A payout is reconciled an hour after it was made (only then can it be itemised), sent after six, and with the bank after
two days. A day later the bank's trace id is known; no event tells, as with Stripe (stripe-node#2573).
"""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace
from stripe.params import PayoutCreateParams, PayoutListParams, PayoutRetrieveParams

from adapters.payments.sandbox import balance
from adapters.payments.sandbox.call import Call, merged
from adapters.payments.sandbox.errors import invalid, refused
from adapters.payments.sandbox.objects import Payout, TraceId
from adapters.payments.sandbox.presentation import Page, page

DAY = int(timedelta(days=1).total_seconds())
RECONCILED_AFTER, SENT_AFTER = (int(timedelta(hours=h).total_seconds()) for h in (1, 6))
ARRIVES_AFTER, TRACED_AFTER = 2 * DAY, 3 * DAY
DAILY = "daily_payout"
FAILURES = {
    "account_closed": "The bank account has been closed.",
    "could_not_process": "The bank could not process this payout.",
    "debit_not_authorized": "Debit transactions are not approved on the bank account.",
}


def every_day(call: Call) -> None:
    """See that there will be a payout next midnight, by the sandbox's clock and in UTC."""
    if not call.store.is_planned(call.account.id, DAILY):
        call.store.plan(call.account.id, DAILY, call.now // DAY * DAY + DAY)


def daily(call: Call, _account: str) -> None:
    """A day's payout. Planned anew from the moment it was due, so that a clock moved by a week brings seven."""
    call.store.plan(call.account.id, DAILY, call.now + DAY)
    automatic(call)


def automatic(call: Call, *, early: bool = False) -> Payout | None:
    """Pay out all that is available, or draw what is missing; None where there is nothing. `early`: also what is pending."""
    items, amount = call.store.unpaid(call.now + (balance.UNTIL_AVAILABLE if early else 0))
    if amount == 0:
        return None
    payout = _made(call, amount, automatic=True)
    call.store.pay_out([*items, payout.balance_transaction], payout.id)
    call.store.plan(payout.id, "payout_reconciled", call.now + RECONCILED_AFTER)
    return payout


def create(call: Call, params: PayoutCreateParams) -> Payout:
    """One by hand: Stripe does not say what it is made of. Tomorrow's automatic one is smaller by it."""
    if params["currency"].lower() != call.currency:
        raise invalid(f"This account settles in {call.currency} only.", param="currency")
    amount = params["amount"]
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", param="amount", code="parameter_invalid_integer"
        )
    available, _ = call.store.funds(call.now)
    if amount > available:
        raise refused(
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
            param="amount",
        )
    texts = {name: params[name] for name in ("description", "statement_descriptor") if name in params}
    return _made(call, amount, automatic=False, metadata=merged({}, params.get("metadata")), **texts)


def _made(call: Call, amount: int, *, automatic: bool, **more: Any) -> Payout:
    identifier = call.new_id("po")
    moved = balance.move(call, "payout", "payout", identifier, -amount, description="STRIPE PAYOUT", at_once=True)
    payout = Payout(
        id=identifier,
        created=call.now,
        amount=amount,
        arrival_date=call.now + ARRIVES_AFTER,
        automatic=automatic,
        balance_transaction=moved.id,
        currency=call.currency,
        destination=f"ba_{call.account.id.removeprefix('acct_')}",
        reconciliation_status="in_progress" if automatic else "not_applicable",
        **more,
    )
    call.store.save(payout)
    call.emit("payout.created", payout)
    for step, after in (
        ("payout_sent", SENT_AFTER),
        ("payout_paid", ARRIVES_AFTER),
        ("payout_traced", TRACED_AFTER),
    ):
        call.store.plan(payout.id, step, call.now + after)
    return payout


def sent(call: Call, identifier: str) -> None:
    payout = call.get(Payout, identifier)
    if payout.status == "pending":
        _kept(call, replace(payout, status="in_transit"), "payout.updated")


def paid(call: Call, identifier: str) -> None:
    payout = call.get(Payout, identifier)
    if payout.status in {"pending", "in_transit"}:
        _kept(call, replace(payout, status="paid"), "payout.paid")


def reconciled(call: Call, identifier: str) -> None:
    payout = call.get(Payout, identifier)
    if payout.reconciliation_status == "in_progress":
        _kept(call, replace(payout, reconciliation_status="completed"), "payout.reconciliation_completed")


def traced(call: Call, identifier: str) -> None:
    """Nobody is told."""
    payout = call.get(Payout, identifier)
    call.store.save(replace(payout, trace_id=TraceId(status="supported", value=f"TR{payout.id[-12:].upper()}")))


def failed(call: Call, identifier: str, code: str = "account_closed") -> Payout:
    """The bank sends it back, also after it seemed to have taken it; the money is on the balance again at once."""
    payout = call.get(Payout, identifier)
    if payout.status in {"failed", "canceled"}:
        raise refused(f"The payout {identifier} is {payout.status} already.")
    back = balance.move(
        call, "payout_failure", "payout_reversal", payout.id, payout.amount, description="PAYOUT FAILURE", at_once=True
    )
    return _kept(
        call,
        replace(
            payout,
            status="failed",
            failure_code=code,
            failure_message=FAILURES[code],
            failure_balance_transaction=back.id,
        ),
        "payout.failed",
    )


STEPS = {"sent": sent, "paid": paid, "reconciled": reconciled, "traced": traced}


def moved(call: Call, identifier: str, step: str, code: str) -> Payout:
    """One step by hand, before its time."""
    if step == "failed":
        return failed(call, identifier, code)
    STEPS[step](call, identifier)
    return call.get(Payout, identifier)


def _kept(call: Call, payout: Payout, event: str) -> Payout:
    call.store.save(payout)
    call.emit(event, payout)
    return payout


def retrieve(call: Call, identifier: str, params: PayoutRetrieveParams) -> Payout:  # noqa: ARG001 - one shape
    return call.get(Payout, identifier)


def listed(call: Call, params: PayoutListParams) -> Page:
    return page(call, Payout, "/v1/payouts", params, named=("status",))
