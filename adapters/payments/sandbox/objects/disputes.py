"""What a cardholder's bank takes back, or asks about."""

from typing import Any, ClassVar, Literal, TypeAlias

from msgspec import Struct, field
from stripe.params import DisputeUpdateParamsEvidence

from adapters.payments.sandbox.objects.balance import BalanceTransaction
from adapters.payments.sandbox.objects.base import StripeObject

DisputeStatus: TypeAlias = Literal[
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "prevented",
    "won",
    "lost",
]
EVIDENCE: dict[str, Any] = dict.fromkeys(DisputeUpdateParamsEvidence.__annotations__) | {"enhanced_evidence": {}}


class EvidenceDetails(Struct, frozen=True, kw_only=True):
    due_by: int | None
    enhanced_eligibility: dict[str, Any] = field(default_factory=dict)
    has_evidence: bool = False
    past_due: bool = False
    submission_count: int = 0
    submission_method: str = "not_submitted"


class DisputedCard(Struct, frozen=True, kw_only=True):
    brand: str
    case_type: str
    network: str
    network_reason_code: str | None


class DisputedMethod(Struct, frozen=True, kw_only=True):
    card: DisputedCard
    type: Literal["card"] = "card"


class Dispute(StripeObject, frozen=True, kw_only=True):
    """`balance_transactions` stand whole: none for an inquiry, one once the money is gone, two once it came back."""

    kind: ClassVar[str] = "dispute"
    noun: ClassVar[str] = "dispute"

    amount: int
    charge: str
    currency: str
    evidence_details: EvidenceDetails
    is_charge_refundable: bool
    payment_intent: str
    reason: str
    status: DisputeStatus
    balance_transactions: list[BalanceTransaction] = field(default_factory=list)
    enhanced_eligibility_types: list[str] = field(default_factory=list)
    evidence: dict[str, Any] = field(default_factory=lambda: dict(EVIDENCE))
    livemode: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    network_reason_code: str | None = None
    object: Literal["dispute"] = "dispute"
    payment_method_details: DisputedMethod | None = None
