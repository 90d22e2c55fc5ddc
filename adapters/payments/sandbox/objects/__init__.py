"""Stripe's objects as they travel, reduced to what card payments use; every field name is Stripe's own.

Amounts are minor units, times are seconds since 1970. Fields that never differ here carry their value as default, so that
a reader of the JSON finds what the SDK's classes promise. Ids stand where an object may be expanded.
"""

from adapters.payments.sandbox.objects.balance import Balance, BalanceTransaction, FeeDetail, Funds
from adapters.payments.sandbox.objects.base import StripeObject, T, plain
from adapters.payments.sandbox.objects.charges import (
    Availability,
    Charge,
    ChargedCard,
    ChargedDebit,
    Outcome,
    Overcapture,
    PaymentMethodDetails,
    Refund,
    ThreeDSecure,
)
from adapters.payments.sandbox.objects.checkouts import CheckoutSession, IntentData
from adapters.payments.sandbox.objects.disputes import (
    Dispute,
    DisputedCard,
    DisputedMethod,
    DisputeStatus,
    EvidenceDetails,
)
from adapters.payments.sandbox.objects.events import Event, EventData, EventRequest
from adapters.payments.sandbox.objects.intents import (
    AutomaticPaymentMethods,
    Intent,
    IntentStatus,
    NextAction,
    PaymentError,
    PaymentIntent,
    RedirectToUrl,
    SetupIntent,
)
from adapters.payments.sandbox.objects.partners import (
    ApplicationFee,
    FeeRefund,
    Transfer,
    TransferData,
    TransferReversal,
)
from adapters.payments.sandbox.objects.payouts import Payout, TraceId
from adapters.payments.sandbox.objects.people import (
    BillingDetails,
    Checks,
    Customer,
    DeletedCustomer,
    Mandate,
    Networks,
    PaymentMethod,
    SavedCard,
    SavedDebit,
)

__all__ = [
    "ApplicationFee",
    "AutomaticPaymentMethods",
    "Availability",
    "Balance",
    "BalanceTransaction",
    "BillingDetails",
    "Charge",
    "ChargedCard",
    "ChargedDebit",
    "CheckoutSession",
    "Checks",
    "Customer",
    "DeletedCustomer",
    "Dispute",
    "DisputeStatus",
    "DisputedCard",
    "DisputedMethod",
    "Event",
    "EventData",
    "EventRequest",
    "EvidenceDetails",
    "FeeDetail",
    "FeeRefund",
    "Funds",
    "Intent",
    "IntentData",
    "IntentStatus",
    "Mandate",
    "Networks",
    "NextAction",
    "Outcome",
    "Overcapture",
    "PaymentError",
    "PaymentIntent",
    "PaymentMethod",
    "PaymentMethodDetails",
    "Payout",
    "RedirectToUrl",
    "Refund",
    "SavedCard",
    "SavedDebit",
    "SetupIntent",
    "StripeObject",
    "T",
    "ThreeDSecure",
    "TraceId",
    "Transfer",
    "TransferData",
    "TransferReversal",
    "plain",
]
