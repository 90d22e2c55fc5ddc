"""What the provider says of its own books: each movement of the city's balance there, payouts to the bank, disputes.

A movement (Stripe: balance transaction) is final when it is made; only the payout that it went out with is learnt later.
Payouts and disputes live on, and are learnt of in any order: a later state never gives way to an earlier one.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import City
from domain.money import Money
from domain.payments.payments import PaymentId


class TransactionKind(StrEnum):
    CHARGE = "charge"
    REFUND = "refund"
    REFUND_FAILURE = "refund_failure"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"
    PAYOUT = "payout"
    PAYOUT_FAILURE = "payout_failure"
    FEE = "fee"
    TRANSFER = "transfer"
    APPLICATION_FEE = "application_fee"
    OTHER = "other"


class ProviderTransaction(Struct, frozen=True):
    """One movement of the balance, in minor units, signed: what comes in is more than nothing. `net` = `amount` - `fee`.

    A charge of less than nothing takes a charge back: a direct debit that failed after all, or the part of a card payment
    that was not captured, where the provider books it so. A payout of more than nothing was drawn from the bank.
    `source_id` is the provider's object that moved it, None where there is none. `payment_id` and `booking_id` are ours,
    None where the movement belongs to no payment (a payout) or to none that we know. `presented` is the same money in the
    currency in which it was paid, given back or paid out, where that is not the account's.
    """

    id: str
    kind: TransactionKind
    amount: int
    fee: int
    net: int
    currency: str
    source_id: str | None
    created_at: datetime
    available_at: datetime
    payout_id: str | None = None
    payment_id: PaymentId | None = None
    booking_id: UUID | None = None
    presented: Money | None = None


class PayoutState(StrEnum):
    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    CANCELED = "canceled"
    FAILED = "failed"


# A payout may fail after the bank seemed to have taken it.
PAYOUT_RANK = {
    PayoutState.PENDING: 0,
    PayoutState.IN_TRANSIT: 1,
    PayoutState.PAID: 2,
    PayoutState.CANCELED: 3,
    PayoutState.FAILED: 3,
}


class Payout(Struct, frozen=True):
    """Money on its way to the city's bank; a negative amount is drawn from it.

    `is_automatic` ones can be itemised, once `is_reconciled` says that the provider has done so. `trace_id` is what the
    bank shows; it comes days later, and nobody tells.
    """

    id: str
    amount: int
    currency: str
    state: PayoutState
    is_automatic: bool
    is_reconciled: bool
    created_at: datetime
    arrives_on: date
    trace_id: str | None = None
    failure: str | None = None
    transaction_id: str | None = None
    failure_transaction_id: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the money is back, or never went."""
        return self.state in {PayoutState.CANCELED, PayoutState.FAILED}


class NotDisputable(StrEnum):
    UNKNOWN_DISPUTE = "unknown_dispute"
    ALREADY_ANSWERED = "already_answered"
    DISPUTE_DECIDED = "dispute_decided"
    TOO_LATE_TO_ANSWER = "too_late_to_answer"
    VERSION_MISMATCH = "version_mismatch"


class DisputeState(StrEnum):
    """`inquiry`: the bank asks and has taken nothing yet."""

    INQUIRY = "inquiry"
    INQUIRY_CLOSED = "inquiry_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    PREVENTED = "prevented"
    LOST = "lost"
    WON = "won"


# An inquiry may become a dispute after it was closed; one that was lost may be won on appeal.
DISPUTE_RANK = {
    DisputeState.INQUIRY: 0,
    DisputeState.INQUIRY_CLOSED: 1,
    DisputeState.NEEDS_RESPONSE: 2,
    DisputeState.UNDER_REVIEW: 3,
    DisputeState.PREVENTED: 4,
    DisputeState.LOST: 4,
    DisputeState.WON: 5,
}
OPEN_DISPUTES = frozenset({DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW})
ENDED_DISPUTES = frozenset(DisputeState) - OPEN_DISPUTES - {DisputeState.INQUIRY}
TRANSACTION_SEEN = "settlement.transaction_seen"
# All that others may hear of the provider's books.
NEWS = frozenset({
    TRANSACTION_SEEN, "settlement.payout_reconciled", "settlement.dispute_opened", "settlement.dispute_changed",
    "settlement.dispute_answered",
    *(f"settlement.payout_{state}" for state in PayoutState),
    *(f"settlement.dispute_{state}" for state in ENDED_DISPUTES),
})  # fmt: skip


# Why a direct debit comes back: the payer's bank takes part in no argument about the use, so the use is owed as before.
RETURNS = frozenset({
    *("bank_cannot_process", "check_returned", "customer_initiated", "debit_not_authorized"),
    *("incorrect_account_details", "insufficient_funds"),
})  # fmt: skip


class Dispute(Struct, frozen=True):
    """A holder told her bank that a payment was not right.

    The state says who has won; the money says what its transactions say: `withdrawn` is what is gone from the balance by
    them, `fee` what the provider takes for it. `evidence_due_at` is until when the city may answer, `decided_at` when it ended
    as it did: by the provider's message, or when we learnt of it.
    """

    id: str
    charge_id: str
    intent_id: str | None
    amount: int
    currency: str
    reason: str
    state: DisputeState
    opened_at: datetime
    is_refundable: bool
    evidence_due_at: datetime | None = None
    has_evidence: bool = False
    submissions: int = 0
    transactions: tuple[str, ...] = ()
    withdrawn: int = 0
    fee: int = 0
    payment_id: PaymentId | None = None
    booking_id: UUID | None = None
    decided_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the bank has not decided yet, and the money lies with it."""
        return self.state in OPEN_DISPUTES

    @property
    def is_ended(self) -> bool:
        """Whether the bank has decided, or the holder thought better of it."""
        return self.state in ENDED_DISPUTES

    @property
    def may_be_answered(self) -> bool:
        """Whether the city still has a say."""
        return self.state in {DisputeState.INQUIRY, DisputeState.NEEDS_RESPONSE}

    @property
    def forbids_refunds(self) -> bool:
        """Whether a refund would give the same money away twice: the bank has it, or may take it."""
        return (self.is_open and not self.is_refundable) or self.withdrawn > 0


class LostDispute(Struct, frozen=True):
    """A dispute as it was lost, for good: so much the bank took, in minor units, at that time, of which we heard at `seen_at`.
    What `is_claimed` is owed again; the rest is the city's loss. `won_at`: on appeal it was none."""

    id: str
    amount: int
    currency: str
    reason: str
    at: datetime
    seen_at: datetime
    is_claimed: bool = False
    won_at: datetime | None = None
    won_seen_at: datetime | None = None
    payment_id: PaymentId | None = None
    booking_id: UUID | None = None


def is_lost(dispute: Dispute) -> bool:
    return dispute.state is DisputeState.LOST and dispute.withdrawn > 0


def is_claimed(dispute: Dispute, *, claims_lost: bool) -> bool:
    """Whether what the bank took is owed again: always of a returned debit, else where the city says so."""
    return dispute.reason in RETURNS or claims_lost


def payout_seen(known: Payout | None, said: Payout) -> Payout:
    """The payout after what the provider says of it; the known one itself where that is no news."""
    if known is None:
        return said
    later = said if PAYOUT_RANK[said.state] >= PAYOUT_RANK[known.state] else known
    merged = replace(
        later,
        is_reconciled=known.is_reconciled or said.is_reconciled,
        trace_id=said.trace_id or known.trace_id,
        failure=said.failure or known.failure,
        transaction_id=said.transaction_id or known.transaction_id,
        failure_transaction_id=said.failure_transaction_id or known.failure_transaction_id,
    )
    return known if merged == known else merged


def dispute_seen(known: Dispute | None, said: Dispute, now: datetime) -> Dispute:
    """The dispute after what the provider says of it; the known one itself where that is no news.

    Its money is what the longer list of transactions says: none is ever taken back.
    """
    if known is None:
        return _decided(said, said, now)
    later = said if DISPUTE_RANK[said.state] >= DISPUTE_RANK[known.state] else known
    paid = said if len(said.transactions) >= len(known.transactions) else known
    merged = replace(
        later,
        evidence_due_at=said.evidence_due_at or known.evidence_due_at,
        has_evidence=known.has_evidence or said.has_evidence,
        submissions=max(known.submissions, said.submissions),
        transactions=paid.transactions,
        withdrawn=paid.withdrawn,
        fee=paid.fee,
        payment_id=known.payment_id or said.payment_id,
        booking_id=known.booking_id or said.booking_id,
        decided_at=known.decided_at,
    )
    if merged.state is not known.state:
        merged = _decided(merged, said, now)
    return known if merged == known else merged


def may_answer(dispute: Dispute, now: datetime) -> NotDisputable | None:
    """Why the city has no say any more; None where it has."""
    if dispute.submissions:
        return NotDisputable.ALREADY_ANSWERED
    if not dispute.may_be_answered:
        return NotDisputable.DISPUTE_DECIDED
    if dispute.evidence_due_at is not None and now >= dispute.evidence_due_at:
        return NotDisputable.TOO_LATE_TO_ANSWER
    return None


def payout_news(before: Payout | None, after: Payout) -> tuple[str, ...]:
    """The facts that others act on, by name: `settlement.payout_paid` and its like."""
    found = []
    if before is None or before.state is not after.state:
        found.append(f"settlement.payout_{after.state}")
    if after.is_reconciled and not (before is not None and before.is_reconciled):
        found.append("settlement.payout_reconciled")
    return tuple(found)


def dispute_news(before: Dispute | None, after: Dispute) -> tuple[str, ...]:
    """Likewise of a dispute: that it was opened, how it ended, or that its money moved."""
    opened = ("settlement.dispute_opened",) if before is None else ()
    if (before is None or before.state is not after.state) and after.is_ended:
        return (*opened, f"settlement.dispute_{after.state}")
    if before is not None and (before.state is not after.state or before.transactions != after.transactions):
        return ("settlement.dispute_changed",)
    return opened


def _decided(seen: Dispute, said: Dispute, now: datetime) -> Dispute:
    return replace(seen, decided_at=(said.decided_at or now) if seen.is_ended else None)


def filed_as(city: City, provider_id: str) -> UUID:
    """Our id of what the provider calls so: always the same."""
    return uuid5(NAMESPACE_URL, f"kommobil/{city}/provider/{provider_id}")
