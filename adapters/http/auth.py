"""Who is asking: our own access tokens (RFC 9068 in shape), verified once and remembered until they expire."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapters.http.problems import Rejected
from domain.identity import Actor, City, PersonId, PoolId, Role

ISSUER = AUDIENCE = "kommobil"
LONGEST = 4096


class Tokens:
    """Verifies access tokens; keeps the last verified ones, since a signature costs more than all else in a request."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey], remember: int = 8192) -> None:
        self._keys = keys
        self._remember = remember
        self._known: dict[str, tuple[Actor, float]] = {}

    def actor(self, authorization: str | None, now: float) -> Actor:
        """The actor of an `Authorization: Bearer` header. Raises Rejected("unauthorised")."""
        if authorization is None or len(authorization) > LONGEST:
            raise Rejected("unauthorised")
        known = self._known.get(authorization)
        if known is not None and known[1] > now:
            return known[0]
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Rejected("unauthorised")
        try:
            actor, expires_at = self._verified(token)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
            raise Rejected("unauthorised") from error
        if len(self._known) >= self._remember:
            self._known.clear()
        self._known[authorization] = (actor, expires_at)
        return actor

    def _verified(self, token: str) -> tuple[Actor, float]:
        header = jwt.get_unverified_header(token)
        if header.get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("not an access token")
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys[header["kid"]],
            algorithms=["EdDSA"],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
        actor = Actor(
            PersonId(UUID(claims["sub"])),
            City(claims["city"]),
            frozenset(map(Role, claims["roles"])),
            frozenset(map(PoolId, claims.get("pools", ()))),
            frozenset(claims.get("parties", ())),
        )
        return actor, float(claims["exp"])
