"""A payment as its holder sees it (section 5 of the public contract)."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from domain.booking.paying import PaymentDue
from domain.money import Money
from domain.payments.payments import Intent, Kind, PaymentId, PaymentState


class RedirectView(Struct, frozen=True):
    """Where the holder authenticates with her bank."""

    url: str
    type: Literal["redirect_to_url"] = "redirect_to_url"


class MandateView(Struct, frozen=True):
    """By which an account is debited; `debit_on` is when that is expected, where the provider says."""

    reference: str
    creditor_id: str | None
    debit_on: date | None


class PaymentDetails(Struct, frozen=True):
    """`client_secret` lets the holder's browser go on with the provider; `expires_at` is until when she may pay. `mandate` is
    there where a bank account is debited: its bank needs days to say whether it pays, and the state is `processing` so long."""

    id: PaymentId
    kind: Kind
    state: PaymentState
    amount: Money
    client_secret: str | None
    expires_at: datetime | None
    next_action: RedirectView | None
    mandate: MandateView | None = None


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
        mandate=MandateView(payment.mandate, payment.creditor_id, payment.debit_on) if payment.mandate else None,
    )
