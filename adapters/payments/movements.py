"""What Stripe says of balance transactions, payouts and disputes, in our terms.

The kind of a movement is read from `reporting_category`, which Stripe recommends for accounting: `type` calls disputes and
failed refunds of old the same "adjustment". https://docs.stripe.com/reports/reporting-categories
"""

from datetime import UTC, datetime

from msgspec import Struct, field

from adapters.payments.intents import RefundFacts
from adapters.payments.signatures import payment_of
from domain.money import Money
from domain.payments.refunds import ProviderRefund, RefundState
from domain.payments.transactions import (
    Dispute,
    DisputeState,
    Payout,
    PayoutState,
    ProviderTransaction,
    TransactionKind,
)
from services.settlement.ports import Fee, Movement

KINDS = {
    "charge": TransactionKind.CHARGE,
    "charge_failure": TransactionKind.CHARGE,
    "partial_capture_reversal": TransactionKind.CHARGE,
    "refund": TransactionKind.REFUND,
    "refund_failure": TransactionKind.REFUND_FAILURE,
    "dispute": TransactionKind.DISPUTE,
    "dispute_reversal": TransactionKind.DISPUTE_REVERSAL,
    "payout": TransactionKind.PAYOUT,
    "payout_reversal": TransactionKind.PAYOUT_FAILURE,
    "fee": TransactionKind.FEE,
    "network_cost": TransactionKind.FEE,
    "tax": TransactionKind.FEE,
    "transfer": TransactionKind.TRANSFER,
    "transfer_reversal": TransactionKind.TRANSFER,
    "platform_earning": TransactionKind.APPLICATION_FEE,
    "platform_earning_refund": TransactionKind.APPLICATION_FEE,
}
REFUND_STATES = {
    "succeeded": RefundState.PAID,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
DISPUTE_STATES = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY,
    "warning_closed": DisputeState.INQUIRY_CLOSED,
    "needs_response": DisputeState.NEEDS_RESPONSE,
    "under_review": DisputeState.UNDER_REVIEW,
    # An appeal is under way after the dispute was lost; until it is won nothing changes.
    "appeal_needs_response": DisputeState.LOST,
    "appeal_under_review": DisputeState.LOST,
    "prevented": DisputeState.PREVENTED,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}


class FeeFacts(Struct, frozen=True):
    amount: int
    currency: str
    type: str
    description: str | None = None


class SourceFacts(Struct, frozen=True):
    """A charge, a refund, a dispute, a payout: whatever moved the balance. `amount_captured` is a charge's, which may have held
    more."""

    id: str
    amount: int | None = None
    amount_captured: int | None = None
    transfer_group: str | None = None
    currency: str | None = None
    payment_intent: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


class MovementFacts(Struct, frozen=True):
    """`source` is expanded where we asked for it."""

    id: str
    amount: int
    available_on: int
    created: int
    currency: str
    fee: int
    net: int
    reporting_category: str
    type: str
    fee_details: list[FeeFacts] = field(default_factory=list)
    source: SourceFacts | str | None = None
    exchange_rate: float | None = None


class TraceFacts(Struct, frozen=True):
    status: str
    value: str | None = None


class PayoutFacts(Struct, frozen=True):
    id: str
    amount: int
    arrival_date: int
    automatic: bool
    created: int
    currency: str
    status: str
    balance_transaction: str | None = None
    failure_balance_transaction: str | None = None
    failure_code: str | None = None
    reconciliation_status: str = "not_applicable"
    trace_id: TraceFacts | None = None


class EvidenceFacts(Struct, frozen=True):
    due_by: int | None = None
    has_evidence: bool = False
    submission_count: int = 0


class DisputeFacts(Struct, frozen=True):
    id: str
    amount: int
    charge: str
    created: int
    currency: str
    evidence_details: EvidenceFacts
    is_charge_refundable: bool
    reason: str
    status: str
    balance_transactions: list[MovementFacts] = field(default_factory=list)
    payment_intent: str | None = None


def movement(facts: MovementFacts, payout_id: str | None = None) -> Movement:
    """`payout_id` is what was asked for: Stripe does not show it on the movement itself."""
    source = facts.source
    origin = source if isinstance(source, SourceFacts) else None
    metadata = origin.metadata if origin is not None else {}
    number = metadata.get("refund", "")
    return Movement(
        transaction=ProviderTransaction(
            id=facts.id,
            kind=KINDS.get(facts.reporting_category, TransactionKind.OTHER),
            amount=facts.amount,
            fee=facts.fee,
            net=facts.net,
            currency=facts.currency.upper(),
            source_id=source if isinstance(source, str) else origin.id if origin is not None else None,
            created_at=_instant(facts.created),
            available_at=_instant(facts.available_on),
            payout_id=payout_id,
            presented=_presented(facts, origin),
        ),
        type=facts.type,
        category=facts.reporting_category,
        fees=tuple(Fee(each.amount, each.currency.upper(), each.type, each.description) for each in facts.fee_details),
        intent_id=origin.payment_intent if origin is not None else None,
        payment_id=payment_of(metadata)
        or (payment_of({"payment_id": origin.transfer_group or ""}) if origin else None),
        refund_number=int(number) if number.isascii() and number.isdigit() else None,
        exchange_rate=None if facts.exchange_rate is None else str(facts.exchange_rate),
    )


def _presented(facts: MovementFacts, origin: SourceFacts | None) -> Money | None:
    """The amount in the source's own currency, where that is another; signed as the movement is."""
    if origin is None or origin.currency in {None, facts.currency} or origin.amount is None:
        return None
    amount = abs(origin.amount_captured or origin.amount)
    return Money(amount if facts.amount > 0 else -amount, str(origin.currency).upper())


def refund(facts: RefundFacts) -> ProviderRefund:
    number = facts.metadata.get("refund", "")
    return ProviderRefund(
        id=facts.id,
        number=int(number) if number.isascii() and number.isdigit() else None,
        amount=facts.amount,
        currency=facts.currency.upper(),
        state=REFUND_STATES.get(facts.status or "", RefundState.ASKED),
        made_at=_instant(facts.created),
        failure=facts.failure_reason,
    )


def payout(facts: PayoutFacts) -> Payout:
    return Payout(
        id=facts.id,
        amount=facts.amount,
        currency=facts.currency.upper(),
        state=PayoutState(facts.status),
        is_automatic=facts.automatic,
        is_reconciled=facts.reconciliation_status == "completed",
        created_at=_instant(facts.created),
        arrives_on=_instant(facts.arrival_date).date(),
        trace_id=facts.trace_id.value if facts.trace_id is not None else None,
        failure=facts.failure_code,
        transaction_id=facts.balance_transaction,
        failure_transaction_id=facts.failure_balance_transaction,
    )


def dispute(facts: DisputeFacts) -> Dispute:
    """Money is what the transactions say; a status that Stripe invents tomorrow is taken for one that needs us."""
    due = facts.evidence_details.due_by
    return Dispute(
        id=facts.id,
        charge_id=facts.charge,
        intent_id=facts.payment_intent,
        amount=facts.amount,
        currency=facts.currency.upper(),
        reason=facts.reason,
        state=DISPUTE_STATES.get(facts.status, DisputeState.NEEDS_RESPONSE),
        opened_at=_instant(facts.created),
        is_refundable=facts.is_charge_refundable,
        evidence_due_at=None if due is None else _instant(due),
        has_evidence=facts.evidence_details.has_evidence,
        submissions=facts.evidence_details.submission_count,
        transactions=tuple(each.id for each in sorted(facts.balance_transactions, key=lambda t: (t.created, t.id))),
        withdrawn=-sum(_disputed(each, facts) for each in facts.balance_transactions),
        fee=sum(each.fee for each in facts.balance_transactions),
    )


def _disputed(moved: MovementFacts, facts: DisputeFacts) -> int:
    """In the dispute's currency, signed as the movement is: what was exchanged was all of it."""
    if moved.currency == facts.currency:
        return moved.amount
    return facts.amount if moved.amount > 0 else -facts.amount


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
