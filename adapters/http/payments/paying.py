"""Paying for a booking, and what Stripe tells us."""

from typing import Annotated, TypeAlias

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import BOOKERS, PUBLIC, Access, Ask, Endpoint, Reply, Rule, answer
from adapters.http.tags import seen
from domain.booking.bookings import BookingId
from domain.booking.deposits import ClaimDeposit
from domain.identity import Role
from domain.refusals import Refusal
from services.payments import Payments
from services.payments.deposits import ClaimView
from services.payments.pay import PayBooking
from services.payments.views import PaymentDetails

# An id of the provider's, never a card's number: those stay between the holder's browser and the provider.
MethodId: TypeAlias = Annotated[str, Meta(pattern="^[a-z]+_[A-Za-z0-9_]{1,250}$", max_length=255)]
Url: TypeAlias = Annotated[str, Meta(pattern=r"^https?://[^\s/?#@\\]+(/[^\s\\]*)?$", max_length=2000)]


LONGEST_BROWSER = 500
CLAIMERS = Rule(Access.ROLES, frozenset({Role.FLEET_MANAGER, Role.FINANCE}))


class PaymentRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`payment_method_id` is a card to ask at once, or a bank account to debit; without it the browser goes on with the
    answer's `client_secret`. `mandate_accepted` says that the holder has read the mandate to debit this account and agrees
    to it; not needed where she did so before.

    `return_url` is where the bank sends the holder back to, should it want to see her.
    """

    payment_method_id: MethodId | None = None
    return_url: Url | None = None
    mandate_accepted: bool = False


class Amount(Struct, forbid_unknown_fields=True, frozen=True):
    """In minor units; the currency is that of the deposit."""

    amount: Annotated[int, Meta(ge=1, le=500_000)]


class ClaimRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`reason` stands on the holder's invoice: what is damaged, and nobody's name."""

    amount: Amount
    reason: Annotated[str, Meta(min_length=3, max_length=300)]


class Received(Struct, frozen=True):
    received: bool = True


def payments(service: Payments) -> tuple[Endpoint, ...]:
    async def pay(ask: Ask) -> Reply:
        booking_id = BookingId(ask.path("booking_id"))
        asked = await ask.body_or(PaymentRequest, PaymentRequest())
        call = ask.call((booking_id, asked), answer)
        browser = (ask.header("user-agent") or "-")[:LONGEST_BROWSER] if asked.mandate_accepted else None
        command = PayBooking(booking_id, asked.payment_method_id, asked.return_url, browser, seen(ask))
        return await service.pay(call, command)

    async def claim(ask: Ask) -> Reply:
        booking_id = BookingId(ask.path("booking_id"))
        asked = await ask.body(ClaimRequest)
        call = ask.call((booking_id, asked), answer)
        return await service.claim(call, ClaimDeposit(booking_id, asked.amount.amount, asked.reason, seen(ask)))

    async def receive(ask: Ask) -> Reply:
        return await _received(ask, str(ask.path("account")))

    async def receive_default(ask: Ask) -> Reply:
        return await _received(ask, None)

    async def _received(ask: Ask, account: str | None) -> Reply:
        refusal = await service.receive(await ask.raw(), ask.header("stripe-signature") or "", account)
        return ask.refuse(refusal) if isinstance(refusal, Refusal) else answer(Received())

    return (
        Endpoint(
            HttpMethod.POST,
            BOOKERS,
            "/v1/{city:str}/bookings/{booking_id:uuid}/payment",
            "payBooking",
            "payment",
            "Pay: hold the price on a card, save the card for a hold later, or take the first month from a card or by direct debit",
            pay,
            {200: PaymentDetails},
            codes=(
                "unknown_booking",
                "wrong_state",
                "nothing_to_pay",
                "too_late_to_pay",
                "payments_not_available",
                "payment_declined",
                "unknown_payment_method",
                "debit_cannot_hold",
                "debit_not_offered",
                "mandate_required",
                "version_mismatch",
            ),
            body=PaymentRequest,
            keyed=True,
            example={"payment_method_id": "pm_card_visa", "return_url": "https://city.example/bookings"},
            examples={200: EXAMPLE},
        ),
        Endpoint(
            HttpMethod.POST,
            CLAIMERS,
            "/v1/{city:str}/bookings/{booking_id:uuid}/deposit/claim",
            "claimDeposit",
            "payment",
            "Take a part of the deposit for damage, or all of it, after the use; the rest goes back to the holder",
            claim,
            {200: ClaimView},
            codes=(
                "unknown_booking",
                "version_mismatch",
                "wrong_state",
                "no_deposit",
                "deposit_claimed",
                "deposit_gone",
                "more_than_deposit",
            ),
            body=ClaimRequest,
            keyed=True,
            example={"amount": {"amount": 9000}, "reason": "Kratzer an der Tür hinten links"},
            examples={200: CLAIM},
        ),
        Endpoint(
            HttpMethod.POST,
            PUBLIC,
            "/v1/webhooks/stripe/{account:str}",
            "receiveStripeEvent",
            "payment",
            "Stripe's signed events of one city's account",
            receive,
            {200: Received},
            codes=("bad_signature", "unknown_account"),
            examples={200: {"received": True}},
        ),
        Endpoint(
            HttpMethod.POST,
            PUBLIC,
            "/v1/webhooks/stripe",
            "receiveLocalStripeEvent",
            "payment",
            "Stripe's signed events; whose they are is told by the secret that signed them",
            receive_default,
            {200: Received},
            codes=("bad_signature",),
            examples={200: {"received": True}},
        ),
    )


EXAMPLE = msgspec.json.decode(
    b"""{
      "id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
      "kind": "payment",
      "state": "requires_action",
      "amount": {"amount": 480, "currency": "EUR"},
      "client_secret": "pi_3Example_secret_shown_once",
      "expires_at": "2026-12-01T12:15:00Z",
      "next_action": {"type": "redirect_to_url", "url": "https://hooks.stripe.com/redirect/authenticate/example"},
      "mandate": null
    }"""
)
CLAIM = {
    "booking_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d10",
    "amount": {"amount": 9000, "currency": "EUR"},
    "reason": "Kratzer an der Tür hinten links",
    "fee": {"amount": 13400, "currency": "EUR"},
    "version": 6,
}
