"""Settling accounts with the payment provider: what it moved, paid out, and what is disputed."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from msgspec import Struct

from domain.identity import City
from services.settlement.gathering import gather
from services.settlement.hearing import hear
from services.settlement.ports import Ports


class Settlement(Struct, frozen=True):
    """The use cases, bound to their adapters. `gather(city)` reads the provider's books, `hear(city, event)` follows up
    a message of its."""

    gather: Callable[[City], Awaitable[None]]
    hear: Callable[[City, UUID], Awaitable[None]]


def bound(ports: Ports) -> Settlement:
    return Settlement(gather=partial(gather, ports=ports), hear=partial(hear, ports=ports))
