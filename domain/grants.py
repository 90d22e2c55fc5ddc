"""Granting a role: which roles belong to a pool or a party, and which grants make no sense."""

from collections.abc import Iterable, Set
from enum import StrEnum

from msgspec import Struct

from domain.identity import PoolId, Role
from domain.refusals import Refusal

OF_A_POOL = frozenset({Role.DRIVER, Role.FLEET_MANAGER})
OF_A_PARTY = frozenset({Role.DEALER, Role.HR, Role.LESSOR})


class Grant(Struct, frozen=True):
    """A role in a city: in one pool, or in all of them where none is named; or for one party to leasing contracts."""

    role: Role
    pool: PoolId | None = None
    party: str | None = None


class NotGrantable(StrEnum):
    ROLE_HAS_NO_POOL = "role_has_no_pool"
    UNKNOWN_POOL = "unknown_pool"
    ROLE_HAS_NO_PARTY = "role_has_no_party"
    PARTY_MISSING = "party_missing"


def granted(grant: Grant, pools: Set[PoolId]) -> Grant | Refusal[NotGrantable]:
    """The grant, if it makes sense in a city with these pools."""
    if grant.pool is not None and grant.role not in OF_A_POOL:
        return Refusal(NotGrantable.ROLE_HAS_NO_POOL, "/pool")
    if grant.pool is not None and grant.pool not in pools:
        return Refusal(NotGrantable.UNKNOWN_POOL, "/pool")
    if grant.party is not None and grant.role not in OF_A_PARTY:
        return Refusal(NotGrantable.ROLE_HAS_NO_PARTY, "/party")
    if grant.party is None and grant.role in OF_A_PARTY:
        return Refusal(NotGrantable.PARTY_MISSING, "/party")
    return grant


def for_all(roles: Iterable[Role], parties: Iterable[str]) -> frozenset[tuple[Role, str]]:
    """Those of the roles that belong to a party, each for each of the parties."""
    named = tuple(parties)
    return frozenset((role, party) for role in roles if role in OF_A_PARTY for party in named)
