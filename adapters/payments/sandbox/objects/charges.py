"""What an issuer was asked, what it answered, and what went back."""

from typing import Any, ClassVar, Literal

from msgspec import UNSET, Struct, UnsetType, field

from adapters.payments.sandbox.objects.base import StripeObject
from adapters.payments.sandbox.objects.partners import TransferData
from adapters.payments.sandbox.objects.people import BillingDetails, Checks


class Availability(Struct, frozen=True, kw_only=True):
    status: str


class Overcapture(Struct, frozen=True, kw_only=True):
    maximum_amount_capturable: int
    status: str = "unavailable"


class ThreeDSecure(Struct, frozen=True, kw_only=True):
    authentication_flow: str = "challenge"
    electronic_commerce_indicator: str = "05"
    exemption_indicator: None = None
    result: str = "authenticated"
    result_reason: None = None
    transaction_id: str | None = None
    version: str = "2.2.0"


class ChargedCard(Struct, frozen=True, kw_only=True):
    """`charge.payment_method_details.card`; `capture_before` says until when a hold can be captured."""

    amount_authorized: int | None
    brand: str
    country: str
    exp_month: int
    exp_year: int
    fingerprint: str
    funding: str
    last4: str
    network: str
    authorization_code: str | None = None
    capture_before: int | UnsetType = UNSET
    checks: Checks = Checks()
    extended_authorization: Availability = Availability(status="disabled")
    incremental_authorization: Availability = Availability(status="unavailable")
    installments: None = None
    mandate: None = None
    multicapture: Availability = Availability(status="unavailable")
    network_token: dict[str, bool] = field(default_factory=lambda: {"used": False})
    overcapture: Overcapture
    regulated_status: str = "unregulated"
    three_d_secure: ThreeDSecure | None = None
    wallet: None = None


class ChargedDebit(Struct, frozen=True, kw_only=True):
    bank_code: str
    country: str
    fingerprint: str
    last4: str
    mandate: str
    branch_code: str | None = None
    expected_debit_date: str | None = None


class PaymentMethodDetails(Struct, frozen=True, kw_only=True):
    """A card's, or a bank account's; the other one is left out."""

    card: ChargedCard | UnsetType = UNSET
    sepa_debit: ChargedDebit | UnsetType = UNSET
    type: Literal["card", "sepa_debit"] = "card"

    @property
    def charged_card(self) -> ChargedCard:
        if isinstance(self.card, UnsetType):
            raise TypeError("a bank account was charged, not a card")
        return self.card


class Outcome(Struct, frozen=True, kw_only=True):
    """What network and issuer said; `type` is authorized or issuer_declined."""

    network_status: str
    reason: str | None
    seller_message: str
    type: str
    advice_code: str | None = None
    network_advice_code: None = None
    network_decline_code: None = None
    risk_level: str = "normal"
    risk_score: int = 20


class Charge(StripeObject, frozen=True, kw_only=True):
    kind: ClassVar[str] = "charge"
    noun: ClassVar[str] = "charge"

    amount: int
    billing_details: BillingDetails
    currency: str
    outcome: Outcome
    payment_intent: str
    payment_method: str
    payment_method_details: PaymentMethodDetails
    status: Literal["succeeded", "pending", "failed"]
    amount_captured: int = 0
    amount_refunded: int = 0
    application: None = None
    application_fee: str | None = None
    application_fee_amount: int | None = None
    balance_transaction: str | None = None
    calculated_statement_descriptor: str | None = None
    captured: bool = False
    customer: str | None = None
    description: str | None = None
    disputed: bool = False
    failure_balance_transaction: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    fraud_details: dict[str, Any] = field(default_factory=dict)
    livemode: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    object: Literal["charge"] = "charge"
    on_behalf_of: None = None
    paid: bool = False
    radar_options: dict[str, Any] = field(default_factory=dict)
    receipt_email: str | None = None
    receipt_number: None = None
    receipt_url: None = None
    refunded: bool = False
    review: None = None
    shipping: None = None
    source: None = None
    source_transfer: None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    transfer: str | UnsetType = UNSET
    transfer_data: TransferData | None = None
    transfer_group: str | None = None


class Refund(StripeObject, frozen=True, kw_only=True):
    """Money given back, or, with no `balance_transaction`, a part of a hold that was released: Stripe makes both."""

    kind: ClassVar[str] = "refund"
    noun: ClassVar[str] = "refund"

    amount: int
    charge: str
    currency: str
    payment_intent: str
    balance_transaction: str | None = None
    customer: None = None
    failure_reason: str | UnsetType = UNSET
    destination_details: dict[str, Any] = field(
        default_factory=lambda: {"card": {"type": "refund", "reference_status": "pending"}, "type": "card"}
    )
    failure_balance_transaction: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    object: Literal["refund"] = "refund"
    payment_method: None = None
    pending_reason: str | None = None
    reason: str | None = None
    receipt_number: None = None
    source_transfer_reversal: None = None
    status: str = "succeeded"
    transfer_reversal: str | None = None
