"""Who is asking: access tokens (RFC 9068 in shape), ours or of a city's own issuers, verified once and remembered.

A token that is remembered costs three look-ups in memory: its own, its session's and its person's among the revoked.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.types import Options
from msgspec import Struct

from adapters.http.problems import Rejected
from domain.identity import Actor, City, PersonId, PoolId, Role
from domain.refusals import Refusal
from domain.sign_in.sessions import SessionId
from domain.sign_in.signing_in import TermsMissing
from services.sign_in.ports import Caller
from services.sign_in.revocations import Revocations
from services.sign_in.signing_in import SignIns

ISSUER = AUDIENCE = "kommobil"
LONGEST = 4096
AHEAD_S = 5.0
"""So far the clock of whoever signed a token may be ahead of ours."""
LOOKED_UP_S = 30.0
"""So long an issuer's token stands for the person and the roles that were looked up for it."""
CHECKS: Options = {
    "require": ["exp", "iat", "sub", "aud", "iss"],
    "verify_exp": False,  # by our own clock, below
    "verify_iat": False,
    "verify_nbf": False,
}


class Bearer(Struct, frozen=True):
    """A good token: who asks, by which sign-in; instants in seconds since 1970. Remembered until `remembered_until`."""

    actor: Actor
    session: SessionId
    issued_at: float
    expires_at: float
    remembered_until: float


class Tokens:
    """Verifies access tokens; keeps the last verified ones, since a signature costs more than all else in a request."""

    def __init__(
        self,
        keys: Mapping[str, Ed25519PublicKey],
        revocations: Revocations | None = None,
        sign_ins: SignIns | None = None,
        remember: int = 8192,
    ) -> None:
        self._keys = keys
        self._revocations = revocations
        self._sign_ins = sign_ins
        self._remember = remember
        self._known: dict[tuple[City, str], Bearer] = {}

    async def bearer(self, authorization: str | None, city: City, at: datetime, caller: Callable[[], Caller]) -> Bearer:
        """The bearer of an `Authorization: Bearer` header in the city. Raises Rejected and Unavailable."""
        now = at.timestamp()
        if authorization is None or len(authorization) > LONGEST:
            raise Rejected("unauthorised")
        known = self._known.get((city, authorization))
        if known is None or known.remembered_until <= now:
            known = await self._new(authorization, city, at, caller)
        revoked = self._revocations
        if revoked is not None:
            if not revoked.is_fresh(now):
                await revoked.refresh(now)
            if revoked.revokes(known.session, known.actor.id, known.issued_at):
                raise Rejected("unauthorised")
        return known

    def outdate(self) -> None:
        """Something was revoked here: the next request looks."""
        if self._revocations is not None:
            self._revocations.outdate()

    async def _new(self, authorization: str, city: City, at: datetime, caller: Callable[[], Caller]) -> Bearer:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Rejected("unauthorised")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("kid") in self._keys:
                found = self._ours(token, header, at.timestamp())
            else:
                found = await self._issuers(token, city, at, caller)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise Rejected("unauthorised") from error
        if found.actor.city != city:
            raise Rejected("wrong_city")
        if len(self._known) >= self._remember:
            self._known.clear()
        self._known[city, authorization] = found
        return found

    def _ours(self, token: str, header: dict[str, Any], now: float) -> Bearer:
        if header.get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("not an access token")
        claims: dict[str, Any] = jwt.decode(
            token, self._keys[header["kid"]], algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER, options=CHECKS
        )
        issued_at, expires_at = float(claims.get("iat_ms", 1000 * claims["iat"])) / 1000, float(claims["exp"])
        valid_from = max(issued_at, float(claims.get("nbf", issued_at)))
        if not valid_from - AHEAD_S <= now < expires_at:
            raise jwt.InvalidTokenError("not now")
        actor = Actor(
            PersonId(UUID(claims["sub"])),
            City(claims["city"]),
            frozenset(map(Role, claims["roles"])),
            frozenset(map(PoolId, claims.get("pools", ()))),
            frozenset(
                (Role(role), party) for role, named in dict(claims.get("parties", {})).items() for party in named
            ),
        )
        session = SessionId(UUID(claims["sid"])) if "sid" in claims else _session_of(token)
        return Bearer(actor, session, issued_at, expires_at, expires_at)

    async def _issuers(self, token: str, city: City, at: datetime, caller: Callable[[], Caller]) -> Bearer:
        if self._sign_ins is None:
            raise Rejected("unauthorised")
        found = await self._sign_ins.recognise(city, caller(), token, at)
        if isinstance(found, Refusal):
            raise Rejected(found.reason.value)
        if isinstance(found, TermsMissing):
            raise Rejected("terms_not_accepted", terms=dict(found.missing))
        remembered_until = min(found.expires_at, at.timestamp() + LOOKED_UP_S)
        return Bearer(found.actor, _session_of(token), found.issued_at, found.expires_at, remembered_until)


def _session_of(token: str) -> SessionId:
    """A token that names no session is one by itself."""
    return SessionId(uuid5(NAMESPACE_URL, token))
