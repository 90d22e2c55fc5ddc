"""Budgets of requests, and who keeps count of what was taken from them."""

from typing import Protocol

from msgspec import Struct


class Budget(Struct, frozen=True):
    """So many requests in so many seconds, for each principal. The name is told to clients."""

    name: str
    quota: int
    window_s: int


class Taken(Struct, frozen=True):
    """What became of one request. `wait_s`: until the window ends, or, where it was not admitted, until one will be."""

    admitted: bool
    remaining: int
    wait_s: int


class Limiter(Protocol):
    async def take(self, budget: Budget, principal: str) -> Taken:
        """Count one request of the principal, a person or an address, if there is room. Never fails."""
