"""Access tokens: what `adapters.http.auth` verifies, made and signed (RFC 9068 in shape, EdDSA, RFC 8037)."""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from domain.grants import OF_A_PARTY
from domain.identity import Actor
from infra.secrets import SecretMissing, kept
from infra.settings import Settings
from infra.sign_in_key import SHORTEST, SignInKey

ISSUER = AUDIENCE = "kommobil"


class SigningKey:
    """An Ed25519 key and the name by which verifiers find its public half: a digest of it, so that it needs no list."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        raw = self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()[:12]).decode()

    @property
    def public(self) -> Ed25519PublicKey:
        return self._private.public_key()

    def access_token(self, actor: Actor, issued_at: datetime, lasts: timedelta, session: UUID | None = None) -> str:
        """A token that says who the actor is, in which city, as what, until when, and by which sign-in if by any.

        `iat_ms` says to the millisecond what `iat` says to the second, so that a token that is issued right after others
        were revoked is not taken for one of them.
        """
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(actor.id),
            "city": actor.city,
            "roles": sorted(actor.roles),
            "pools": sorted(actor.pools),
            "parties": {role.value: sorted(named) for role in OF_A_PARTY if (named := actor.parties_as(role))},
            "iat": issued_at,
            "iat_ms": int(issued_at.timestamp() * 1000),
            "exp": issued_at + lasts,
        }
        if session is not None:
            claims["sid"] = str(session)
        return jwt.encode(claims, self._private, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": self.id})


def signing_key(settings: Settings) -> SigningKey:
    """The installation's key: the file that the settings name, else one made at first use. Raises SecretMissing."""
    place = settings.jwt_key_file or settings.secrets / "jwt.pem"
    pem = _read(place) if settings.jwt_key_file else kept(place, _new_key)
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as problem:
        raise SecretMissing(f"{place} holds no readable private key in PEM form") from problem
    if not isinstance(private, Ed25519PrivateKey):
        raise SecretMissing(f"{place} holds a key of another kind than Ed25519")
    return SigningKey(private)


def _read(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError as problem:
        raise SecretMissing(f"the key in {place} cannot be read: {problem.strerror}") from problem


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def webhook_key(settings: Settings) -> bytes:
    """From which the secrets of outgoing webhooks come; found or made as the signing key is. Raises SecretMissing."""
    place = settings.webhook_key_file or settings.secrets / "webhooks.key"
    found = _read(place) if settings.webhook_key_file else kept(place, lambda: secrets.token_bytes(SHORTEST))
    if len(found) < SHORTEST:
        raise SecretMissing(f"{place} holds no key: a key has {SHORTEST} bytes at least")
    return found


def sign_in_key(settings: Settings) -> SignInKey:
    """From which codes and refresh tokens come; found or made likewise. Raises SecretMissing."""
    place = settings.sign_in_key_file or settings.secrets / "sign-in.key"
    found = _read(place) if settings.sign_in_key_file else kept(place, lambda: secrets.token_bytes(SHORTEST))
    try:
        return SignInKey(found)
    except ValueError as problem:
        raise SecretMissing(f"{place} holds no key: {problem}") from problem
