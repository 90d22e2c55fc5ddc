"""Payouts of the payment provider as what is expected at the bank."""

from collections.abc import Iterable

from domain.payments.transactions import Payout, PayoutState
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind


def awaited(payouts: Iterable[Payout], counterparty: str) -> tuple[Expected, ...]:
    """What each of them brings to the account, or draws from it; `counterparty` is a part of the name that the bank shows.

    What was cancelled never went. What failed may have been there before, and come back: both may be matched, by a reference
    or by hand, and neither is missed.
    """
    return tuple(expected for payout in payouts for expected in _of(payout, counterparty))


def arrival(payout_id: str) -> ExpectedId:
    return ExpectedId(f"payout:{payout_id}")


def return_of(payout_id: str) -> ExpectedId:
    """The money of a payout that failed after the bank had it."""
    return ExpectedId(f"payout:{payout_id}:return")


def _of(payout: Payout, counterparty: str) -> tuple[Expected, ...]:
    if payout.amount == 0 or payout.state is PayoutState.CANCELED:
        return ()
    kind = ExpectedKind.OTHER if payout.is_over else ExpectedKind.PAYOUT
    references = tuple(filter(None, (payout.trace_id, payout.id)))
    expected = Expected(
        arrival(payout.id), kind, payout.amount, payout.currency, payout.arrives_on, references, counterparty
    )
    if payout.state is not PayoutState.FAILED:
        return (expected,)
    back = Expected(
        return_of(payout.id), kind, -payout.amount, payout.currency, payout.arrives_on, references, counterparty
    )
    return expected, back
