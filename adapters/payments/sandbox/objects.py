"""Stripe's objects as they travel, reduced to what card payments use; every field name is Stripe's own.

Amounts are minor units, times are seconds since 1970. Fields that never differ here carry their value as default, so that
a reader of the JSON finds what the SDK's classes promise. Ids stand where an object may be expanded.
"""

from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

from msgspec import UNSET, Raw, Struct, UnsetType, field

IntentStatus: TypeAlias = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "canceled",
    "succeeded",
]


class StripeObject(Struct, frozen=True, kw_only=True):
    """What every stored object has. `noun` is the word that Stripe's messages use for the class."""

    noun: ClassVar[str]

    id: str
    created: int


class BillingDetails(Struct, frozen=True, kw_only=True):
    address: dict[str, str | None] = field(
        default_factory=lambda: dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    )
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    tax_id: str | None = None


class Checks(Struct, frozen=True, kw_only=True):
    address_line1_check: str | None = None
    address_postal_code_check: str | None = None
    cvc_check: str | None = "pass"


class Networks(Struct, frozen=True, kw_only=True):
    available: list[str]
    preferred: str | None = None


class SavedCard(Struct, frozen=True, kw_only=True):
    """`payment_method.card`; the last four digits tell the test cards apart, as nothing else of a number is kept."""

    brand: str
    country: str
    display_brand: str
    exp_month: int
    exp_year: int
    fingerprint: str
    funding: str
    last4: str
    networks: Networks
    checks: Checks = Checks()
    generated_from: None = None
    regulated_status: str = "unregulated"
    three_d_secure_usage: dict[str, bool] = field(default_factory=lambda: {"supported": True})
    wallet: None = None


class PaymentMethod(StripeObject, frozen=True, kw_only=True):
    noun: ClassVar[str] = "PaymentMethod"

    card: SavedCard
    customer: str | None = None
    allow_redisplay: str = "unspecified"
    billing_details: BillingDetails = BillingDetails()
    livemode: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    object: Literal["payment_method"] = "payment_method"
    type: Literal["card"] = "card"


class Customer(StripeObject, frozen=True, kw_only=True):
    noun: ClassVar[str] = "customer"

    address: dict[str, str | None] | None = None
    balance: int = 0
    currency: None = None
    default_source: None = None
    delinquent: bool = False
    description: str | None = None
    discount: None = None
    email: str | None = None
    invoice_settings: dict[str, Any] = field(
        default_factory=lambda: dict.fromkeys(
            ("custom_fields", "default_payment_method", "footer", "rendering_options")
        )
    )
    livemode: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    object: Literal["customer"] = "customer"
    phone: str | None = None
    preferred_locales: list[str] = field(default_factory=list)
    shipping: None = None
    tax_exempt: str = "none"
    test_clock: None = None


class DeletedCustomer(Struct, frozen=True, kw_only=True):
    id: str
    deleted: Literal[True] = True
    object: Literal["customer"] = "customer"


class PaymentError(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why the last attempt failed: in `last_payment_error`, `last_setup_error`, and as the `error` of a 402."""

    type: str
    code: str
    message: str
    decline_code: str | UnsetType = UNSET
    charge: str | UnsetType = UNSET
    payment_method: PaymentMethod | UnsetType = UNSET


class RedirectToUrl(Struct, frozen=True, kw_only=True):
    url: str
    return_url: str | None


class NextAction(Struct, frozen=True, kw_only=True):
    """Where the cardholder authenticates."""

    redirect_to_url: RedirectToUrl
    type: Literal["redirect_to_url"] = "redirect_to_url"


class AutomaticPaymentMethods(Struct, frozen=True, kw_only=True):
    enabled: bool
    allow_redirects: str = "always"


class PaymentIntent(StripeObject, frozen=True, kw_only=True):
    noun: ClassVar[str] = "payment_intent"

    amount: int
    client_secret: str
    currency: str
    amount_capturable: int = 0
    amount_details: dict[str, Any] = field(default_factory=lambda: {"tip": {}})
    amount_received: int = 0
    application: None = None
    application_fee_amount: None = None
    allowed_payment_method_types: list[str] | None = None
    automatic_payment_methods: AutomaticPaymentMethods | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    capture_method: str = "automatic_async"
    confirmation_method: str = "automatic"
    customer: str | None = None
    description: str | None = None
    last_payment_error: PaymentError | None = None
    latest_charge: str | None = None
    livemode: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    next_action: NextAction | None = None
    object: Literal["payment_intent"] = "payment_intent"
    on_behalf_of: None = None
    payment_method: str | None = None
    payment_method_options: dict[str, Any] = field(default_factory=dict)
    payment_method_types: list[str] = field(default_factory=lambda: ["card"])
    payment_record: None = None
    processing: None = None
    receipt_email: str | None = None
    review: None = None
    setup_future_usage: str | None = None
    shipping: None = None
    source: None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    status: IntentStatus = "requires_payment_method"
    transfer_data: None = None
    transfer_group: None = None


class SetupIntent(StripeObject, frozen=True, kw_only=True):
    noun: ClassVar[str] = "setupintent"

    client_secret: str
    application: None = None
    allowed_payment_method_types: list[str] | None = None
    automatic_payment_methods: AutomaticPaymentMethods | None = None
    cancellation_reason: str | None = None
    customer: str | None = None
    description: str | None = None
    flow_directions: None = None
    last_setup_error: PaymentError | None = None
    latest_attempt: None = None
    livemode: bool = False
    mandate: None = None
    metadata: dict[str, str] = field(default_factory=dict)
    next_action: NextAction | None = None
    object: Literal["setup_intent"] = "setup_intent"
    on_behalf_of: None = None
    payment_method: str | None = None
    payment_method_options: dict[str, Any] = field(default_factory=dict)
    payment_method_types: list[str] = field(default_factory=lambda: ["card"])
    single_use_mandate: None = None
    status: IntentStatus = "requires_payment_method"
    usage: str = "off_session"


class Availability(Struct, frozen=True, kw_only=True):
    status: str


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
    overcapture: dict[str, Any] = field(default_factory=lambda: {"status": "unavailable"})
    regulated_status: str = "unregulated"
    three_d_secure: ThreeDSecure | None = None
    wallet: None = None


class PaymentMethodDetails(Struct, frozen=True, kw_only=True):
    card: ChargedCard
    type: Literal["card"] = "card"


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
    application_fee: None = None
    application_fee_amount: None = None
    balance_transaction: str | None = None
    calculated_statement_descriptor: str | None = None
    captured: bool = False
    customer: str | None = None
    description: str | None = None
    disputed: bool = False
    failure_balance_transaction: None = None
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
    transfer_data: None = None
    transfer_group: None = None


class Refund(StripeObject, frozen=True, kw_only=True):
    """Money given back, or, with no `balance_transaction`, a part of a hold that was released: Stripe makes both."""

    noun: ClassVar[str] = "refund"

    amount: int
    charge: str
    currency: str
    payment_intent: str
    balance_transaction: str | None = None
    customer: None = None
    destination_details: dict[str, Any] = field(
        default_factory=lambda: {"card": {"type": "refund", "reference_status": "pending"}, "type": "card"}
    )
    failure_balance_transaction: None = None
    metadata: dict[str, str] = field(default_factory=dict)
    object: Literal["refund"] = "refund"
    payment_method: None = None
    pending_reason: None = None
    reason: str | None = None
    receipt_number: None = None
    source_transfer_reversal: None = None
    status: str = "succeeded"
    transfer_reversal: None = None


class FeeDetail(Struct, frozen=True, kw_only=True):
    amount: int
    currency: str
    application: None = None
    description: str = "Stripe processing fees"
    type: str = "stripe_fee"


class BalanceTransaction(StripeObject, frozen=True, kw_only=True):
    """One movement of the account's balance: `net` = `amount` - `fee`. The books follow these and nothing else."""

    noun: ClassVar[str] = "balance transaction"

    amount: int
    available_on: int
    currency: str
    fee: int
    fee_details: list[FeeDetail]
    net: int
    reporting_category: str
    source: str
    type: str
    balance_type: str = "payments"
    description: str | None = None
    exchange_rate: None = None
    object: Literal["balance_transaction"] = "balance_transaction"
    status: str = "pending"


class EventData(Struct, frozen=True, kw_only=True):
    object: Raw
    previous_attributes: dict[str, Any] | UnsetType = UNSET


class EventRequest(Struct, frozen=True, kw_only=True):
    """Which call made the event; both null where no call did (a hold expired)."""

    id: str | None
    idempotency_key: str | None


class Event(StripeObject, frozen=True, kw_only=True):
    noun: ClassVar[str] = "event"

    api_version: str
    data: EventData
    request: EventRequest
    type: str
    livemode: bool = False
    object: Literal["event"] = "event"
    pending_webhooks: int = 0


class Funds(Struct, frozen=True, kw_only=True):
    amount: int
    currency: str
    source_types: dict[str, int]


class Balance(Struct, frozen=True, kw_only=True):
    available: list[Funds]
    pending: list[Funds]
    livemode: bool = False
    object: Literal["balance"] = "balance"


Intent: TypeAlias = PaymentIntent | SetupIntent
T = TypeVar("T", bound=StripeObject)


NAMES: dict[type[StripeObject], str] = {
    PaymentMethod: "payment_method",
    Customer: "customer",
    PaymentIntent: "payment_intent",
    SetupIntent: "setup_intent",
    Charge: "charge",
    Refund: "refund",
    BalanceTransaction: "balance_transaction",
    Event: "event",
}
