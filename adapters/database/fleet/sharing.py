"""The windows of a fleet's pools in PostgreSQL: they stand with the pool, and whoever changes them holds its row."""

from collections.abc import Sequence

import msgspec

from adapters.database.sheets import Sheet, as_json
from domain.booking.sharing import SharingWindow
from domain.fleet.sharing import PoolSharing, SharingSet, Standing
from domain.identity import PoolId

POOL = """
SELECT p.sharing, p.sharing_version, p.release_after_s, y.time_zone, y.settings ->> 'state' AS state
FROM pools p JOIN cities y ON y.city = p.city WHERE p.city = :city AND p.id = :id
"""
KEEP = """
UPDATE pools SET sharing = cast(:windows AS jsonb), sharing_version = :version, release_after_s = :release_after_s
WHERE city = :city AND id = :id
"""
SHARED = """
SELECT count(*) AS count FROM resources r JOIN vehicles v ON v.city = r.city AND v.id = r.id
WHERE r.city = :city AND r.pool_id = :id AND r.shared AND v.life <> 'retired'
"""
# By their claims: those that are over have none. A booking with an extension has two.
STANDING = """
SELECT DISTINCT b.starts AS start, b.id AS booking_id, b.resource_id AS vehicle_id, r.name AS vehicle, b.state, b.ends AS "end"
FROM resources r JOIN claims c ON c.city = r.city AND c.resource_id = r.id
JOIN bookings b ON b.city = c.city AND b.id = c.booking_id
WHERE r.city = :city AND r.pool_id = :id AND c.claimed_until > :now AND b.payer = 'self' AND b.ends > :now
  AND b.state IN ('held', 'confirmed', 'in_use')
ORDER BY b.starts, b.id
"""


class SqlSharingBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def find(self, pool_id: PoolId, *, locked: bool = False) -> PoolSharing | None:
        lock = " FOR NO KEY UPDATE OF p" if locked else ""
        rows = await self._sheet.rows(POOL + lock, id=pool_id)
        if not rows:
            return None
        windows = msgspec.convert(rows[0].sharing, tuple[SharingWindow, ...] | None)
        row = rows[0]
        return PoolSharing(pool_id, windows, row.time_zone, row.state, row.sharing_version, row.release_after_s)

    async def shared_vehicles(self, pool_id: PoolId) -> int:
        return int((await self._sheet.rows(SHARED, id=pool_id))[0].count)

    async def standing(self, pool_id: PoolId) -> Sequence[Standing]:
        rows = await self._sheet.rows(STANDING, id=pool_id)
        return [msgspec.convert(dict(row._mapping), Standing) for row in rows]  # noqa: SLF001 - SQLAlchemy's own name for it

    async def keep(self, event: SharingSet) -> None:
        pool = event.pool
        windows = as_json(pool.windows) if pool.windows is not None else None
        released = pool.release_after_s
        await self._sheet.write(KEEP, id=pool.pool_id, windows=windows, version=pool.version, release_after_s=released)
        await self._sheet.note("fleet.sharing_set", self._sheet.named("pools", pool.pool_id))
