"""Who takes from which budget, and how callers are told (draft-ietf-httpapi-ratelimit-headers: RateLimit, RateLimit-Policy)."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

from adapters.http.problems import Rejected
from domain.identity import Actor
from services.limits.ports import Budget, Limiter

UNLIMITED: Mapping[str, str] = {}
SUBNET = 64  # bits of an IPv6 address that belong to one customer; the rest he chooses himself


def budget_of(path: str, *, writes: bool, tag: str) -> str | None:
    """The name of an operation's budget, by what it declares; None for what must always answer.

    Probes are asked all the time, and the payment provider's events are signed, and come from few addresses.
    """
    if not path.startswith("/v1/") or path.startswith("/v1/webhooks/"):
        return None
    if "/auth/" in path:
        return "sign_in"
    if "/withdrawals" in path:
        return "withdrawal"
    if writes and "/charging/ad-hoc" in path:
        return "ad_hoc"
    if writes and ("/bookings" in path or "/fleet/series" in path or path.endswith("/quotes")):
        return "booking"
    return "search" if tag == "finding" else "rest"


class Limits:
    """The budgets that are limited, and who counts."""

    def __init__(self, limiter: Limiter, budgets: Mapping[str, Budget]) -> None:
        self._limiter = limiter
        self._budgets = budgets
        self._policies = {
            budget.name: f'"{budget.name}";q={budget.quota};w={budget.window_s}' for budget in budgets.values()
        }

    async def admit(self, name: str, actor: Actor | None, address: str) -> Mapping[str, str]:
        """Count a request of the actor, or of his address where he is not signed in; the headers that tell him so.

        Raises Rejected("rate_limited").
        """
        budget = self._budgets.get(name)
        if budget is None:
            return UNLIMITED
        taken = await self._limiter.take(budget, principal(str(actor.id) if actor else subscriber(address)))
        told = {"ratelimit-policy": self._policies[name], "ratelimit": f'"{name}";r={taken.remaining};t={taken.wait_s}'}
        if not taken.admitted:
            raise Rejected("rate_limited", told | {"retry-after": str(taken.wait_s)})
        return told


@lru_cache(maxsize=8192)
def principal(who: str) -> str:
    """A name that says nothing of the person or the address, for it lies in Redis."""
    return blake2b(who.encode(), digest_size=12).hexdigest()


@lru_cache(maxsize=8192)
def subscriber(address: str) -> str:
    """An IPv6 address by its subnet, any other as it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(IPv6Address(int(found) >> (128 - SUBNET) << (128 - SUBNET)))
    return address
