"""A payment as its holder sees it (section 5 of the public contract)."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from domain.booking.paying import PaymentDue
from domain.money import Money
from domain.payments.payments import Intent, Kind, PaymentId, PaymentState


class RedirectView(Struct, frozen=True):
    """Where the holder authenticates with her bank."""

    url: str
    type: Literal["redirect_to_url"] = "redirect_to_url"


class PaymentDetails(Struct, frozen=True):
    """`client_secret` lets the holder's browser go on with the provider; `expires_at` is until when she may pay."""

    id: PaymentId
    kind: Kind
    state: PaymentState
    amount: Money
    client_secret: str | None
    expires_at: datetime | None
    next_action: RedirectView | None


def payment_details(due: PaymentDue, intent: Intent) -> PaymentDetails:
    payment = due.payment
    return PaymentDetails(
        id=payment.id,
        kind=payment.kind,
        state=payment.state,
        amount=payment.amount,
        client_secret=intent.client_secret,
        expires_at=due.expires_at,
        next_action=RedirectView(intent.action_url) if intent.action_url else None,
    )
