"""Money on its way to the account's bank."""

from typing import ClassVar, Literal

from msgspec import Struct, field

from adapters.payments.sandbox.objects.base import StripeObject


class TraceId(Struct, frozen=True, kw_only=True):
    """What the bank shows; `status` is pending until the bank has told."""

    status: str
    value: str | None


class Payout(StripeObject, frozen=True, kw_only=True):
    """A negative amount is drawn from the bank. Only automatic payouts can be itemised, once they are reconciled."""

    kind: ClassVar[str] = "payout"
    noun: ClassVar[str] = "payout"

    amount: int
    arrival_date: int
    automatic: bool
    balance_transaction: str
    currency: str
    reconciliation_status: str
    status: Literal["pending", "in_transit", "paid", "canceled", "failed"] = "pending"
    application_fee: None = None
    application_fee_amount: None = None
    description: str | None = "STRIPE PAYOUT"
    destination: str
    failure_balance_transaction: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    livemode: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    method: str = "standard"
    object: Literal["payout"] = "payout"
    original_payout: None = None
    payout_method: None = None
    reversed_by: None = None
    source_type: str = "card"
    statement_descriptor: str | None = None
    trace_id: TraceId = TraceId(status="pending", value=None)
    type: Literal["bank_account"] = "bank_account"
