"""Signatures of outgoing webhooks (Standard Webhooks 1.0): HMAC-SHA256 of id, timestamp and body."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from domain.identity import City
from domain.subscriptions.subscriptions import Subscription, SubscriptionId


class StandardSigner:
    """Secrets are derived from the installation's key, so that none is kept in the database or its backups."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        """At least 32 bytes: looked at when it is needed, as the OpenAPI document is written without it."""

    def secret(self, city: City, subscription: SubscriptionId, generation: int) -> str:
        return "whsec_" + b64encode(self._raw(city, subscription, generation)).decode()

    def headers(
        self, city: City, subscription: Subscription, message_id: str, body: bytes, now: datetime
    ) -> Mapping[str, str]:
        timestamp = str(int(now.timestamp()))
        signed = b".".join((message_id.encode(), timestamp.encode(), body))
        signatures = (
            "v1," + b64encode(hmac.digest(self._raw(city, subscription.id, generation), signed, "sha256")).decode()
            for generation in subscription.generations(now)
        )
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(signatures),
        }

    def _raw(self, city: City, subscription: SubscriptionId, generation: int) -> bytes:
        if len(self._key) < 32:
            raise ValueError("the key of outgoing webhooks has fewer than 32 bytes")
        return hmac.new(self._key, f"webhook/{city}/{subscription}/{generation}".encode(), sha256).digest()
