"""Customers, their saved cards and bank accounts, and what they allowed."""

from typing import Any, ClassVar, Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType, field

from adapters.payments.sandbox.objects.base import StripeObject

P = TypeVar("P")


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


class SavedDebit(Struct, frozen=True, kw_only=True):
    """`payment_method.sepa_debit`; the last four digits tell the test accounts apart."""

    bank_code: str
    country: str
    fingerprint: str
    last4: str
    branch_code: str | None = None
    generated_from: dict[str, None] = field(default_factory=lambda: dict.fromkeys(("charge", "setup_attempt")))


class PaymentMethod(StripeObject, frozen=True, kw_only=True):
    """A card or a bank account; the other one is left out."""

    kind: ClassVar[str] = "payment_method"
    noun: ClassVar[str] = "PaymentMethod"

    type: Literal["card", "sepa_debit"] = "card"
    card: SavedCard | UnsetType = UNSET
    sepa_debit: SavedDebit | UnsetType = UNSET
    customer: str | None = None
    allow_redisplay: str = "unspecified"
    billing_details: BillingDetails = BillingDetails()
    livemode: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    object: Literal["payment_method"] = "payment_method"

    @property
    def saved_card(self) -> SavedCard:
        """Of a card; a bank account has none."""
        return _certain(self.card)

    @property
    def saved_debit(self) -> SavedDebit:
        return _certain(self.sepa_debit)


def _certain(part: P | UnsetType) -> P:
    if isinstance(part, UnsetType):
        raise TypeError("the payment method is of the other type")
    return part


class Mandate(StripeObject, frozen=True, kw_only=True):
    """What lets a bank account be debited."""

    kind: ClassVar[str] = "mandate"
    noun: ClassVar[str] = "mandate"
    hidden: ClassVar[frozenset[str]] = frozenset({"created"})

    customer_acceptance: dict[str, Any]
    payment_method: str
    payment_method_details: dict[str, Any]
    livemode: bool = False
    multi_use: dict[str, Any] = field(default_factory=dict)
    object: Literal["mandate"] = "mandate"
    on_behalf_of: None = None
    single_use: None = None
    status: Literal["active", "inactive"] = "active"
    type: str = "multi_use"


class Customer(StripeObject, frozen=True, kw_only=True):
    kind: ClassVar[str] = "customer"
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
