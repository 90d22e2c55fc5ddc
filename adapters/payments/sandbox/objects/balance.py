"""The account's money."""

from typing import ClassVar, Literal

from msgspec import Struct

from adapters.payments.sandbox.objects.base import StripeObject


class FeeDetail(Struct, frozen=True, kw_only=True):
    amount: int
    currency: str
    application: None = None
    description: str = "Stripe processing fees"
    type: str = "stripe_fee"


class BalanceTransaction(StripeObject, frozen=True, kw_only=True):
    """One movement of the account's balance: `net` = `amount` - `fee`. The books follow these and nothing else."""

    kind: ClassVar[str] = "balance_transaction"
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
    exchange_rate: float | None = None
    object: Literal["balance_transaction"] = "balance_transaction"
    status: str = "pending"


class Funds(Struct, frozen=True, kw_only=True):
    amount: int
    currency: str
    source_types: dict[str, int]


class Balance(Struct, frozen=True, kw_only=True):
    available: list[Funds]
    pending: list[Funds]
    livemode: bool = False
    object: Literal["balance"] = "balance"
