"""What a merchant intends: to be paid, or to save a card."""

from typing import Any, ClassVar, Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType, field

from adapters.payments.sandbox.objects.base import StripeObject
from adapters.payments.sandbox.objects.partners import TransferData
from adapters.payments.sandbox.objects.people import PaymentMethod

IntentStatus: TypeAlias = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "canceled",
    "succeeded",
]


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
    kind: ClassVar[str] = "payment_intent"
    noun: ClassVar[str] = "payment_intent"

    amount: int
    client_secret: str
    currency: str
    amount_capturable: int = 0
    amount_details: dict[str, Any] = field(default_factory=lambda: {"tip": {}})
    amount_received: int = 0
    application: None = None
    application_fee_amount: int | None = None
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
    transfer_data: TransferData | None = None
    transfer_group: str | None = None


class SetupIntent(StripeObject, frozen=True, kw_only=True):
    kind: ClassVar[str] = "setup_intent"
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
    mandate: str | None = None
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


Intent: TypeAlias = PaymentIntent | SetupIntent
