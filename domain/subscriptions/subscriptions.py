"""A subscription: an address that is told, in order, what happens to a city's bookings and waitlists (Standard Webhooks 1.0)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.refusals import Refusal

SubscriptionId = NewType("SubscriptionId", UUID)

MOST = 20
OLD_SECRET_LASTS = timedelta(hours=24)
GIVEN_UP_AFTER = timedelta(days=3)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)


class Subscription(Struct, frozen=True):
    """`types` are the events that are told, all where it is empty. `generation` counts the secrets there have been.

    `retry_at` is when it is told again after a failure; `failing_since` and `failures` say how long it has not
    answered, `last_error` how; `enabled` turns false when it was given up.
    """

    id: SubscriptionId
    url: str
    types: frozenset[str]
    enabled: bool
    generation: int
    rotated_at: datetime | None
    retry_at: datetime
    failing_since: datetime | None
    failures: int
    last_error: str | None
    made_at: datetime
    version: int = 1

    def wants(self, type_: str) -> bool:
        return not self.types or type_ in self.types

    def generations(self, now: datetime) -> tuple[int, ...]:
        """The secrets that sign now, the newest first: for a day after a rotation the one before signs too."""
        if self.rotated_at is not None and now < self.rotated_at + OLD_SECRET_LASTS:
            return (self.generation, self.generation - 1)
        return (self.generation,)


class Subscribe(Struct, frozen=True):
    id: SubscriptionId
    url: str
    types: frozenset[str] = frozenset()


class ChangeSubscription(Struct, frozen=True):
    """None leaves a thing as it is."""

    id: SubscriptionId
    url: str | None = None
    types: frozenset[str] | None = None
    enabled: bool | None = None


class NotSubscribable(StrEnum):
    UNKNOWN_SUBSCRIPTION = "unknown_subscription"
    TOO_MANY_SUBSCRIPTIONS = "too_many_subscriptions"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"


def subscribed(
    command: Subscribe, others: Sequence[Subscription], now: datetime
) -> Subscription | Refusal[NotSubscribable]:
    """A new subscription, told of what happens from now on."""
    if len(others) >= MOST:
        return Refusal(NotSubscribable.TOO_MANY_SUBSCRIPTIONS)
    if not _is_address(command.url):
        return Refusal(NotSubscribable.ADDRESS_NOT_ALLOWED, "/url")
    return Subscription(command.id, command.url, command.types, True, 1, None, now, None, 0, None, now)


def changed(
    before: Subscription, command: ChangeSubscription, now: datetime
) -> Subscription | Refusal[NotSubscribable]:
    """Another address, other events, off, or on again: then what was missed is told first."""
    if command.url is not None and not _is_address(command.url):
        return Refusal(NotSubscribable.ADDRESS_NOT_ALLOWED, "/url")
    after = replace(
        before,
        url=before.url if command.url is None else command.url,
        types=before.types if command.types is None else command.types,
        enabled=before.enabled if command.enabled is None else command.enabled,
        version=before.version + 1,
    )
    if after.url != before.url or after.enabled > before.enabled:
        after = replace(after, retry_at=now, failing_since=None, failures=0, last_error=None)
    return after


def rotated(before: Subscription, now: datetime) -> Subscription:
    """A new secret; the old one signs beside it for a day, so that the receiver can change over in peace."""
    return replace(before, generation=before.generation + 1, rotated_at=now, version=before.version + 1)


def delivered(before: Subscription, now: datetime) -> Subscription:
    return replace(before, retry_at=now, failing_since=None, failures=0, last_error=None)


def failed(before: Subscription, error: str, now: datetime, *, gone: bool = False) -> Subscription:
    """Wait twice as long after each failure, an hour at most; given up after three days, or at once where it is `gone`."""
    since = before.failing_since or now
    pause = min(FIRST_PAUSE * 2 ** min(before.failures, 20), LONGEST_PAUSE)
    return replace(
        before,
        retry_at=now + pause,
        failing_since=since,
        failures=before.failures + 1,
        last_error=error,
        enabled=not gone and now < since + GIVEN_UP_AFTER,
    )


def _is_address(url: str) -> bool:
    """An absolute HTTP address without credentials or fragment; whether its host may be reached is seen on the way."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0
    return plain and whole and not parts.fragment and parts.username is None and parts.password is None
