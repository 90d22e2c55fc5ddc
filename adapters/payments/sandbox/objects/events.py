"""What happened."""

from typing import Any, ClassVar, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from adapters.payments.sandbox.objects.base import StripeObject


class EventData(Struct, frozen=True, kw_only=True):
    object: Raw
    previous_attributes: dict[str, Any] | UnsetType = UNSET


class EventRequest(Struct, frozen=True, kw_only=True):
    """Which call made the event; both null where no call did (a hold expired)."""

    id: str | None
    idempotency_key: str | None


class Event(StripeObject, frozen=True, kw_only=True):
    kind: ClassVar[str] = "event"
    noun: ClassVar[str] = "event"

    api_version: str
    data: EventData
    request: EventRequest
    type: str
    livemode: bool = False
    object: Literal["event"] = "event"
    pending_webhooks: int = 0
