"""A city's pools in PostgreSQL."""

from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.database.sheets import Sheet
from domain.identity import PoolId
from services.operator.inventory import Pool
from services.operator.pools import KnownPool

POOLS = """
SELECT p.id, p.name, p.approval_s, p.offer_min, p.version, (
  SELECT count(DISTINCT g.person_id) FROM role_grants g
  WHERE g.city = p.city AND g.role = 'fleet_manager' AND g.pool_id IN (p.id, '')
) AS approvers
FROM pools p WHERE p.city = :city
"""
# What is the same already is not written again, so its version stays.
CHANGE = """
UPDATE pools SET name = :name, approval_s = :approval_s, offer_min = :offer_min, version = version + 1
WHERE city = :city AND id = :id AND version = :version
  AND (name, approval_s, offer_min) IS DISTINCT FROM (:name, cast(:approval_s AS int), cast(:offer_min AS int))
"""
MAKE = """
INSERT INTO pools (city, id, name, approval_s, offer_min) VALUES (:city, :id, :name, :approval_s, :offer_min)
"""


class SqlPoolBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def find(self, pool_id: PoolId) -> KnownPool | None:
        rows = await self._sheet.rows(POOLS + " AND p.id = :id", id=pool_id)
        return _known(rows[0]) if rows else None

    async def page(self, after: PoolId, limit: int) -> Sequence[KnownPool]:
        rows = await self._sheet.rows(POOLS + " AND p.id > :after ORDER BY p.id LIMIT :limit", after=after, limit=limit)
        return [_known(row) for row in rows]

    async def write(self, pool: Pool, seen: int | None) -> bool | None:
        values = msgspec.structs.asdict(pool)
        held = await self._sheet.rows(
            "SELECT version FROM pools WHERE city = :city AND id = :id FOR NO KEY UPDATE", id=pool.id
        )
        if seen is not None and seen != (held[0].version if held else None):
            return None
        if held:
            written = await self._sheet.write(CHANGE, **values, version=held[0].version)
        else:
            written = await self._sheet.write(MAKE, **values)
        if written:
            await self._sheet.note("operator.pool_set", self._sheet.named("pools", pool.id))
        return not held


def _known(row: Any) -> KnownPool:
    return KnownPool(Pool(PoolId(row.id), row.name, row.approval_s, row.offer_min), row.version, row.approvers)
