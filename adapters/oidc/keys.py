"""An issuer's keys: fetched, remembered, and fetched again when they have grown old or a new one turns up.

Keys overlap while an issuer changes them. A token signed with a key that is not known yet is worth a look, but for all
such tokens together one every few seconds: whoever makes key ids up must neither have us knock at the issuer's door each
time, nor keep us from seeing a new key.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from services.calls import Unavailable

YOUNG_S = 300.0
"""Older than that, they are fetched again beside the request."""
KEPT_S = 24 * 3600.0
"""So long they count while the issuer does not answer."""
UNKNOWN_EVERY_S = 5.0
AGAIN_S = 10.0
"""Between two looks of which the first failed."""
MOST_KEYS = 50
SHORTEST_RSA = 2048
ALGORITHMS = {("RSA", ""): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
"""By kind and curve of the key; the key decides, never the token."""

Fetch: TypeAlias = Callable[[], Awaitable[Any]]
"""The key set as JSON. Raises whatever goes wrong."""
logger = logging.getLogger(__name__)


class IssuerKeys:
    """Belongs to one event loop. Instants in seconds since 1970."""

    def __init__(self, issuer: str, fetch: Fetch) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched_at = self._tried_at = self._sought_at = -math.inf
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str, now: float) -> PyJWK | None:
        """Raises Unavailable where the issuer's keys cannot be had."""
        age = now - self._fetched_at
        if age >= KEPT_S:
            if self._is_fetching() or now - self._tried_at >= AGAIN_S:
                await self._fetched(now)
            if now - self._fetched_at >= KEPT_S:
                raise Unavailable(f"the keys of {self._issuer} cannot be had")
        elif age >= YOUNG_S and now - self._tried_at >= AGAIN_S:
            self._begin(now)
        found = self._keys.get(kid)
        if found is None and self._is_fetching():
            await self._fetched(now)
            found = self._keys.get(kid)
        if found is None and now - self._sought_at >= UNKNOWN_EVERY_S and self._may_answer(now):
            self._sought_at = now
            await self._fetched(now)
            found = self._keys.get(kid)
        return found

    def _is_fetching(self) -> bool:
        return self._fetching is not None and not self._fetching.done()

    def _may_answer(self, now: float) -> bool:
        """Not right after it did not."""
        return self._tried_at <= self._fetched_at or now - self._tried_at >= AGAIN_S

    def _begin(self, now: float) -> asyncio.Task[None]:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._take(now))
        return self._fetching

    async def _fetched(self, now: float) -> None:
        await asyncio.shield(self._begin(now))

    async def _take(self, now: float) -> None:
        self._tried_at = now
        try:
            found = usable(await self._fetch())
        except Exception as error:  # noqa: BLE001 - whatever the issuer says; what is known stays
            logger.warning("the keys of %s cannot be fetched: %s", self._issuer, type(error).__name__)
            return
        self._keys, self._fetched_at = found, now


def usable(key_set: Any) -> dict[str, PyJWK]:
    """The keys that may have signed something for us, by id. Raises ValueError where it is no key set."""
    listed = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no key set")
    found = {}
    for jwk in listed[:MOST_KEYS]:
        if isinstance(jwk, dict) and isinstance(jwk.get("kid"), str) and jwk.get("use", "sig") == "sig":
            key = _key(jwk)
            if key is not None:
                found[jwk["kid"]] = key
    return found


def _key(jwk: dict[str, Any]) -> PyJWK | None:
    algorithm = ALGORITHMS.get((str(jwk.get("kty")), str(jwk.get("crv", ""))))
    if algorithm is None or jwk.get("alg", algorithm) != algorithm:
        return None
    try:
        key = PyJWK(jwk, algorithm)
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    return None if getattr(key.key, "key_size", SHORTEST_RSA) < SHORTEST_RSA and jwk["kty"] == "RSA" else key
