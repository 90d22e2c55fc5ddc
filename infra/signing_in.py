"""Signing in, put together: its keys, its books, the cities' issuers, and what was revoked."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from adapters.database.connections import Database
from adapters.database.issuers import SqlIssuers
from adapters.database.sessions import revoked
from adapters.database.sign_in import SqlSignIn
from adapters.oidc.issuers import OidcIssuers
from domain.identity import Actor
from domain.sign_in.sessions import ACCESS_LASTS, SessionId
from infra.sign_in_key import SignInKey
from infra.tokens import SigningKey
from services.sign_in.revocations import Revocations
from services.sign_in.signing_in import SignIns


class Keys(Struct, frozen=True):
    signing: SigningKey
    sign_in: SignInKey


def passing_keys() -> Keys:
    """Keys that nobody else knows, and that are gone with the process."""
    return Keys(SigningKey(Ed25519PrivateKey.generate()), SignInKey(os.urandom(32)))


def sign_ins(
    database: Database,
    keys: Keys,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    written: Callable[[], None],
    *,
    loopback: bool,
) -> SignIns:
    def sign(actor: Actor, session: SessionId, at: datetime) -> str:
        return keys.signing.access_token(actor, at, ACCESS_LASTS, session)

    issuers = OidcIssuers(SqlIssuers(database.transactions).listed, loopback=loopback)
    return SignIns(SqlSignIn(database.transactions, clock, new_id, written), keys.sign_in, sign, issuers)


def revocations(database: Database, clock: Callable[[], datetime]) -> Revocations:
    async def look() -> Mapping[UUID, float]:
        return await revoked(database.statements, clock())

    return Revocations(look)
