"""The windows in which pools are shared with residents, where a statement has to know which pools are closed to them."""

from datetime import datetime

import msgspec
from msgspec import Struct

from domain.booking.sharing import Sharing
from domain.identity import PoolId
from domain.periods import Period

SHARING = "CASE WHEN r.shared AND r.pool_id IS NOT NULL THEN sharing_of(r.city, r.pool_id) END"
"""Of a resource `r`: what domain.booking.resources.Resource.sharing says."""

SHARED_POOLS = """
SELECT (SELECT coalesce(json_agg(json_build_object('pool_id', p.id, 'sharing', sharing_of(p.city, p.id))), '[]')
        FROM pools p WHERE p.city = $1::text AND p.sharing IS NOT NULL)::text
"""


class _Pool(Struct, frozen=True):
    pool_id: PoolId
    sharing: Sharing


_pools = msgspec.json.Decoder(tuple[_Pool, ...])


def closed_to_residents(found: str, period: Period, now: datetime) -> list[PoolId]:
    """The pools whose windows do not cover the period, of those that SHARED_POOLS found."""
    return [pool.pool_id for pool in _pools.decode(found) if not pool.sharing.covers(period, now)]


def shared(closed: str) -> str:
    """Whether residents may have a resource `r` then; `closed` are the pools that are closed to them."""
    return f"(r.pool_id IS NULL OR (r.shared AND r.pool_id <> ALL ({closed}::text[])))"
