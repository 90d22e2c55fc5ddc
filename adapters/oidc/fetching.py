"""Fetching what an issuer publishes: by https, without redirects, in time, and not too much of it."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import httpx

from domain.cities.providers import OidcIssuer

PATIENCE_S = 4.0
MOST_BYTES = 256 * 1024
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class NotFetched(Exception):
    """The address must not be asked, or answered with something else than JSON."""


async def key_set(issuer: OidcIssuer, *, loopback: bool) -> Any:
    """The issuer's key set; where the settings name no address for it, the one that the issuer publishes of itself.

    That one has to be the issuer's own (same scheme, host and port). Raises NotFetched, httpx.HTTPError, TimeoutError.
    """
    async with asyncio.timeout(PATIENCE_S):
        return await _json(issuer.jwks_url or await _published(issuer, loopback), loopback)


async def _published(issuer: OidcIssuer, loopback: bool) -> str:
    facts = await _json(issuer.issuer.rstrip("/") + "/.well-known/openid-configuration", loopback)
    if (
        not isinstance(facts, dict)
        or facts.get("issuer") != issuer.issuer
        or not isinstance(facts.get("jwks_uri"), str)
    ):
        raise NotFetched("the issuer describes another one")
    address: str = facts["jwks_uri"]
    if _origin(address) != _origin(issuer.issuer):
        raise NotFetched("the keys lie elsewhere; name their address in the city's settings")
    return address


async def _json(address: str, loopback: bool) -> Any:
    if not may_ask(address, loopback=loopback):
        raise NotFetched("https only")
    content = bytearray()
    async with (
        httpx.AsyncClient(follow_redirects=False, timeout=PATIENCE_S, trust_env=False) as client,
        client.stream("GET", address, headers={"accept": "application/json", "accept-encoding": "identity"}) as answer,
    ):
        if answer.status_code != 200:
            raise NotFetched(f"status {answer.status_code}")
        async for chunk in answer.aiter_raw():
            content += chunk
            if len(content) > MOST_BYTES:
                raise NotFetched("too much")
    return json.loads(content)


def may_ask(address: str, *, loopback: bool) -> bool:
    """https, or this machine where that is allowed."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (loopback and parts.scheme == "http" and parts.hostname in LOOPBACK)


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()
