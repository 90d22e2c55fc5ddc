"""The page at which somebody pays without the merchant's own."""

from typing import ClassVar, Literal, TypeAlias

from msgspec import Struct, field

from adapters.payments.sandbox.objects.base import StripeObject
from adapters.payments.sandbox.objects.partners import TransferData

CheckoutStatus: TypeAlias = Literal["open", "complete", "expired"]


class IntentData(Struct, frozen=True, kw_only=True):
    """What the page's intent will be made with."""

    capture_method: str = "automatic_async"
    metadata: dict[str, str] = field(default_factory=dict)
    application_fee_amount: int | None = None
    transfer_data: TransferData | None = None
    transfer_group: str | None = None


class CheckoutSession(StripeObject, frozen=True, kw_only=True):
    """`intent_data` is kept, and not shown; `url` is there as long as the page is open."""

    kind: ClassVar[str] = "checkout.session"
    noun: ClassVar[str] = "checkout.session"
    hidden: ClassVar[frozenset[str]] = frozenset({"intent_data"})

    amount_total: int
    currency: str
    expires_at: int
    success_url: str
    url: str | None
    allowed_payment_method_types: list[str] | None = None
    amount_subtotal: int
    cancel_url: str | None = None
    client_reference_id: str | None = None
    customer: str | None = None
    intent_data: IntentData = IntentData()
    livemode: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    mode: Literal["payment"] = "payment"
    object: Literal["checkout.session"] = "checkout.session"
    payment_intent: str | None = None
    payment_status: Literal["paid", "unpaid"] = "unpaid"
    status: CheckoutStatus = "open"
