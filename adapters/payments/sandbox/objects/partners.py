"""What goes on to connected accounts, and what the platform keeps of it:
https://docs.stripe.com/connect/destination-charges."""

from typing import Any, ClassVar, Literal

from msgspec import Struct, field

from adapters.payments.sandbox.objects.base import StripeObject


def _nothing() -> dict[str, Any]:
    return {"object": "list", "data": [], "has_more": False, "url": ""}


class TransferData(Struct, frozen=True, kw_only=True):
    """Whose account gets the whole charge."""

    destination: str
    amount: None = None


class Transfer(StripeObject, frozen=True, kw_only=True):
    """`reversals` are left out of the sandbox's answers; a refund names its own."""

    kind: ClassVar[str] = "transfer"
    noun: ClassVar[str] = "transfer"

    amount: int
    currency: str
    destination: str
    source_transaction: str
    transfer_group: str | None
    amount_reversed: int = 0
    balance_transaction: str | None = None
    description: str | None = None
    destination_payment: None = None
    livemode: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    object: Literal["transfer"] = "transfer"
    reversals: dict[str, Any] = field(default_factory=_nothing)
    reversed: bool = False
    source_type: str = "card"


class TransferReversal(StripeObject, frozen=True, kw_only=True):
    kind: ClassVar[str] = "transfer_reversal"
    noun: ClassVar[str] = "transfer reversal"

    amount: int
    currency: str
    source_refund: str
    transfer: str
    balance_transaction: str | None = None
    destination_payment_refund: None = None
    metadata: dict[str, str] = field(default_factory=dict)
    object: Literal["transfer_reversal"] = "transfer_reversal"


class ApplicationFee(StripeObject, frozen=True, kw_only=True):
    """`charge` is the payment on the connected account, which is not modelled; `originating_transaction` the platform's."""

    kind: ClassVar[str] = "application_fee"
    noun: ClassVar[str] = "application fee"

    account: str
    amount: int
    charge: str
    currency: str
    originating_transaction: str
    amount_refunded: int = 0
    application: str = "ca_sandbox"
    balance_transaction: str | None = None
    fee_source: None = None
    livemode: bool = False
    object: Literal["application_fee"] = "application_fee"
    refunded: bool = False
    refunds: dict[str, Any] = field(default_factory=_nothing)


class FeeRefund(StripeObject, frozen=True, kw_only=True):
    kind: ClassVar[str] = "fee_refund"
    noun: ClassVar[str] = "application fee refund"

    amount: int
    currency: str
    fee: str
    balance_transaction: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    object: Literal["fee_refund"] = "fee_refund"
