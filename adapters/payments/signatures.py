"""Stripe's webhooks: who signed them, when, and what they are about."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
import stripe
from msgspec import Struct, field

from domain.payments.payments import PaymentId
from services.payments.ports import Account, BadSignature, ProviderEvent

# Stripe's own tolerance, held on both sides: the SDK would take a message from any time to come.
TOLERANCE_S = 300


class _Object(Struct, frozen=True):
    id: str = ""
    object: str = ""
    payment_intent: str | None = None
    metadata: dict[str, str] | None = None


class _Data(Struct, frozen=True):
    object: _Object


class EventFacts(Struct, frozen=True):
    id: str
    type: str
    created: int
    livemode: bool
    data: _Data
    api_version: str | None = None
    account: str | None = field(default=None)


_event = msgspec.json.Decoder(EventFacts)


def told(event: EventFacts) -> ProviderEvent:
    """What the event is about."""
    thing = event.data.object
    intent_id = thing.id if thing.object in {"payment_intent", "setup_intent"} else thing.payment_intent
    return ProviderEvent(
        id=event.id,
        type=event.type,
        object_id=thing.id,
        created=event.created,
        api_version=event.api_version,
        payment_id=payment_of(thing.metadata),
        intent_id=intent_id,
    )


class StripeSignatures:
    """`secret` resolves a reference such as `env:NAME`; None where there is nothing."""

    def __init__(self, secret: Callable[[str], str | None]) -> None:
        self._secret = secret

    def verified(self, account: Account, raw: bytes, header: str, now: datetime) -> ProviderEvent:
        """Signature over the very bytes that came; then time, account and mode. Two signatures count while a secret changes."""
        secret = self._secret(account.webhook_secret)
        if secret is None or not header.isascii():  # the SDK fails to compare what is not ASCII
            raise BadSignature("no secret to check it with, or no signature")
        try:
            stripe.WebhookSignature.verify_header(raw, header, secret)
            event = _event.decode(raw)
        except (stripe.SignatureVerificationError, UnicodeDecodeError, msgspec.DecodeError) as error:
            raise BadSignature(type(error).__name__) from error
        if abs(now.timestamp() - _signed_at(header)) > TOLERANCE_S:
            raise BadSignature("signed too long ago, or in the future")
        if event.livemode != account.is_live or event.account not in {None, account.id}:
            raise BadSignature("another account's, or play money where real money is, or the other way round")
        return told(event)


def _signed_at(header: str) -> int:
    """The time in a header that was verified: the first, which is the one that the signature covers."""
    return int(next(part[2:] for part in header.split(",") if part.startswith("t=")))


def payment_of(metadata: Mapping[str, str] | None) -> PaymentId | None:
    """The payment that we wrote on the object."""
    try:
        return PaymentId(UUID((metadata or {}).get("payment_id", "")))
    except ValueError:
        return None
