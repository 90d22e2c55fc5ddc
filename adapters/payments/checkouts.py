"""Stripe's own payment page: https://docs.stripe.com/payments/checkout/how-checkout-works.

Whoever pays there needs no account, neither with the city nor with Stripe: no customer is made, and her card is not saved. The page
has an intent only once somebody has paid; until then it is known by its own id.
"""

from typing import Literal

from msgspec import Struct
from stripe.params.checkout import SessionCreateParams

from domain.payments.payments import Intent, Payment, PaymentState

CARD: Literal["card"] = "card"
PREFIX = "cs_"


class PageFacts(Struct, frozen=True):
    """`url` is there as long as somebody can pay at it."""

    id: str
    status: str
    url: str | None = None
    payment_intent: str | None = None

    @property
    def is_done(self) -> bool:
        return self.status == "complete"


def is_page(intent_id: str) -> bool:
    return intent_id.startswith(PREFIX)


def new_checkout(payment: Payment, metadata: dict[str, str], return_url: str | None) -> SessionCreateParams:
    """A page for the whole amount, which is held there and taken later. Its intent will carry the payment's id as well."""
    back = return_url or ""
    params: SessionCreateParams = {
        "mode": "payment",
        "client_reference_id": str(payment.id),
        "allowed_payment_method_types": [CARD],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": payment.amount.currency.lower(),
                    "unit_amount": payment.amount.amount,
                    "product_data": {"name": "Charging, at most (Laden, höchstens)"},
                },
            }
        ],
        "payment_intent_data": {"capture_method": "manual", "metadata": metadata},
        "metadata": metadata,
        "success_url": back,
        "cancel_url": back,
    }
    if payment.share is not None:
        params["payment_intent_data"] = {
            "capture_method": "manual",
            "metadata": metadata,
            "transfer_data": {"destination": payment.share.account},
            "transfer_group": str(payment.id),
            "application_fee_amount": payment.share.fee(payment.amount.amount),
        }
    return params


def open_page(page: PageFacts) -> Intent:
    """Nobody has paid at it: it is open, or shut for good."""
    state = PaymentState.RELEASED if page.status == "expired" else PaymentState.REQUIRES_PAYMENT_METHOD
    return Intent(page.id, state, action_url=page.url)
