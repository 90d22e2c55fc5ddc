"""The subscriptions' books, and the road by which messages go out."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.identity import Actor, City
from domain.subscriptions.subscriptions import Subscription, SubscriptionId
from services.live.ports import Mark


class Told(Struct, frozen=True):
    """A subscription, and how far in the city's log it has been told."""

    subscription: Subscription
    mark: Mark


class SubscriptionBooks(Protocol):
    """Open for one call in one city, in one transaction. What the operator changes leaves a line in the audit trail."""

    async def all(self) -> tuple[Subscription, ...]:
        """Oldest first; locked against others who change them."""

    async def find(self, subscription_id: SubscriptionId) -> Told | None:
        """Locked likewise."""

    async def add(self, subscription: Subscription, by: Actor) -> None:
        """Told from now on."""

    async def change(self, subscription: Subscription, by: Actor) -> None: ...

    async def remove(self, subscription_id: SubscriptionId, by: Actor) -> None: ...

    async def keep(self, told: Told) -> None:
        """How a delivery went; not a change that anybody asked for."""


class Due(Struct, frozen=True):
    city: City
    id: SubscriptionId


class Message(Struct, frozen=True):
    """One delivery: `headers` carry id, timestamp and signatures of the `body`."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Courier(Protocol):
    async def deliver(self, message: Message) -> int:
        """The status of the answer. Raises NotDelivered where there was none."""


class NotDelivered(Exception):
    """Nobody answered in time, or the address may not be reached; says which in few words, without what was sent."""


OpenBooks: TypeAlias = Callable[[City], AbstractAsyncContextManager[SubscriptionBooks]]


class Signer(Protocol):
    def secret(self, city: City, subscription: SubscriptionId, generation: int) -> str:
        """`whsec_` and 32 bytes in base64; the same again for the same."""

    def headers(
        self, city: City, subscription: Subscription, message_id: str, body: bytes, now: datetime
    ) -> Mapping[str, str]: ...


class Desk(Struct, frozen=True):
    """What every use case of subscriptions needs."""

    books: OpenBooks
    signer: Signer
    clock: Callable[[], datetime]
