"""Which grants make sense."""

import pytest

from domain.grants import Grant, NotGrantable, granted
from domain.identity import PoolId, Role
from domain.refusals import Refusal

POOLS = frozenset({PoolId("town-hall")})


@pytest.mark.parametrize(
    "grant",
    [
        *(Grant(role) for role in Role if role not in {Role.DEALER, Role.HR, Role.LESSOR}),
        Grant(Role.DRIVER, pool=PoolId("town-hall")),
        Grant(Role.FLEET_MANAGER, pool=PoolId("town-hall")),
        *(Grant(role, party="radhaus") for role in (Role.DEALER, Role.HR, Role.LESSOR)),
    ],
)
def test_a_role_is_granted_where_it_belongs(grant: Grant) -> None:
    assert granted(grant, POOLS) == grant


@pytest.mark.parametrize(
    ("grant", "reason", "pointer"),
    [
        (Grant(Role.RESIDENT, pool=PoolId("town-hall")), NotGrantable.ROLE_HAS_NO_POOL, "/pool"),
        (Grant(Role.DRIVER, pool=PoolId("moon")), NotGrantable.UNKNOWN_POOL, "/pool"),
        (Grant(Role.FINANCE, party="radhaus"), NotGrantable.ROLE_HAS_NO_PARTY, "/party"),
        (Grant(Role.LESSOR), NotGrantable.PARTY_MISSING, "/party"),
    ],
)
def test_a_grant_that_means_nothing_is_refused(grant: Grant, reason: NotGrantable, pointer: str) -> None:
    assert granted(grant, POOLS) == Refusal(reason, pointer)
