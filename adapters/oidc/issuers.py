"""Access tokens of the cities' own issuers. A token decides nothing about how it is verified."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

import jwt
from jwt.types import Options

from adapters.oidc.fetching import key_set
from adapters.oidc.keys import IssuerKeys
from domain.cities.providers import OidcIssuer
from domain.identity import City
from domain.refusals import Refusal
from domain.sign_in.signing_in import ByIssuer
from services.sign_in.ports import NoToken, Vouched

AHEAD_S = 30.0
"""So far the issuer's clock may be ahead of ours."""
CHECKS: Options = {
    "require": ["exp", "iat", "sub", "aud", "iss"],
    "verify_exp": False,  # by our own clock, in _read
    "verify_iat": False,
    "verify_nbf": False,
}
LONGEST = 8192
LONGEST_SUBJECT = 255
TYPES = frozenset({"at+jwt", "application/at+jwt"})
Listed: TypeAlias = Callable[[], Awaitable[Mapping[City, tuple[OidcIssuer, ...]]]]


class OidcIssuers:
    """See services.sign_in.ports.Issuers. `listed` gives the issuers of every city."""

    def __init__(self, listed: Listed, *, loopback: bool = False) -> None:
        self._listed = listed
        self._loopback = loopback
        self._keys: dict[OidcIssuer, IssuerKeys] = {}

    async def vouched(self, city: City, token: str, now: datetime) -> Vouched | Refusal[NoToken]:
        try:
            return await self._vouched(city, token, now.timestamp())
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
            return Refusal(NoToken.UNAUTHORISED)

    async def _vouched(self, city: City, token: str, now: float) -> Vouched | Refusal[NoToken]:
        if len(token) > LONGEST:
            return Refusal(NoToken.UNAUTHORISED)
        header = jwt.get_unverified_header(token)
        claimed: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        if not is_access_token(header, claimed):
            return Refusal(NoToken.UNAUTHORISED)
        listed = await self._listed()
        issuer = next((i for i in listed.get(city, ()) if _is_of(claimed, i)), None)
        if issuer is None:
            elsewhere = any(_is_of(claimed, i) for issuers in listed.values() for i in issuers)
            return Refusal(NoToken.WRONG_CITY if elsewhere else NoToken.UNAUTHORISED)
        keys = self._keys.get(issuer)
        if keys is None:
            fetch = partial(key_set, issuer, loopback=self._loopback)
            keys = self._keys[issuer] = IssuerKeys(issuer.issuer, fetch)
        key = await keys.key(str(header["kid"]), now)
        if key is None or header.get("alg") != key.algorithm_name:
            return Refusal(NoToken.UNAUTHORISED)
        return _read(
            jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm_name],
                audience=issuer.audience,
                issuer=issuer.issuer,
                options=CHECKS,
            ),
            now,
        )


def is_access_token(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    """By RFC 9068, or as Keycloak says it: an ID token tells an app who somebody is, and opens nothing."""
    said = str(header.get("typ", "")).lower()
    return said in TYPES or (said == "jwt" and claims.get("typ") == "Bearer")


def _is_of(claims: Mapping[str, Any], issuer: OidcIssuer) -> bool:
    audience = claims.get("aud")
    return claims.get("iss") == issuer.issuer and (
        issuer.audience in audience if isinstance(audience, list) else issuer.audience == audience
    )


def _read(claims: Mapping[str, Any], now: float) -> Vouched | Refusal[NoToken]:
    issued_at, expires_at = float(claims["iat"]), float(claims["exp"])
    valid_from = max(issued_at, float(claims.get("nbf", issued_at)))
    if not valid_from - AHEAD_S <= now < expires_at:
        return Refusal(NoToken.UNAUTHORISED)
    subject: str = claims["sub"]
    if not subject.isprintable() or not 0 < len(subject) <= LONGEST_SUBJECT:
        return Refusal(NoToken.UNAUTHORISED)
    return Vouched(ByIssuer(str(claims["iss"]), subject, _address(claims)), issued_at, expires_at)


def _address(claims: Mapping[str, Any]) -> str | None:
    """The address, where the issuer has made sure that it is the person's."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    plain = email.isascii() and email.isprintable() and " " not in email and email.find("@") > 0 and len(email) <= 254
    return email.lower() if plain else None
