"""The API in this process, over a real database, with tokens of our own key."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.http.auth import AUDIENCE, ISSUER
from domain.identity import City, Role
from infra.ids import new_id

KEY = Ed25519PrivateKey.generate()
KEY_ID = "test"


def a_token(
    city: City,
    *roles: Role,
    person: UUID | None = None,
    pools: Iterable[str] = (),
    key: Any = KEY,
    **claims: Any,
) -> str:
    """An access token as `kommobil token` makes it; `claims` replace or add, and `parties` are those for which each role counts."""
    parties = claims.pop("parties", ())
    now = datetime.now(UTC)  # noqa: TID251 - PyJWT compares with the real clock
    content = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(person or new_id()),
        "city": city,
        "roles": [role.value for role in roles or (Role.RESIDENT,)],
        "pools": list(pools),
        "parties": {role.value: list(parties) for role in roles},
        "iat": now,
        "exp": now + timedelta(minutes=10),
    } | claims
    return jwt.encode(content, key, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": KEY_ID})


def bearer(token: str, key: str | None = None) -> dict[str, str]:
    """Headers of a signed-in caller, with an Idempotency-Key."""
    return {"authorization": f"Bearer {token}", "idempotency-key": key or new_id().hex}


def client(app: Any, address: Callable[[], str] = lambda: "http://kommobil.test") -> httpx.AsyncClient:
    """An HTTP client that speaks to the app without a socket; a crash of the app is an answer, not an exception."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url=address(), timeout=10
    )
