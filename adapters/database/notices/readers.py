"""Who of a city's staff reads a letter, in PostgreSQL: by role and pool."""

from typing import Any

from adapters.database.sheets import Sheet
from domain.identity import PoolId
from services.notices.ports import Holder

READERS = """
SELECT DISTINCT p.email, p.language FROM role_grants g JOIN persons p ON p.city = g.city AND p.id = g.person_id
WHERE g.city = :city AND p.email IS NOT NULL AND p.erased_at IS NULL AND g.role = :role
  AND (:any_pool OR g.pool_id = '' OR g.pool_id = ANY (cast(:pools AS text[]))) ORDER BY p.email
"""


async def managers_of(sheet: Sheet, pool: PoolId | None) -> tuple[Holder, ...]:
    """Whoever runs the pool, or the operators where nobody does."""
    readers = await readers_of(sheet, "fleet_manager", [pool] if pool else [])
    if pool is None or not readers:
        return await readers_of(sheet, "operator", [], any_pool=True)
    return readers


async def readers_of(sheet: Sheet, role: str, pools: list[Any], *, any_pool: bool = False) -> tuple[Holder, ...]:
    rows = await sheet.rows(READERS, role=role, pools=pools, any_pool=any_pool)
    return tuple(Holder(row.email, row.language) for row in rows)
