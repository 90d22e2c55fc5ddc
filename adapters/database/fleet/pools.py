"""The pools that somebody runs, in PostgreSQL."""

from collections.abc import Sequence

import msgspec

from adapters.database.sheets import Sheet
from services.fleet.keeping import Reach
from services.fleet.pools import FleetPool, PoolsWanted

PAGE = """
SELECT p.id, p.name, p.approval_s AS answer_s, p.offer_min, p.sharing IS NOT NULL AS in_windows, (
  SELECT count(*) FROM resources r JOIN vehicles x ON x.city = r.city AND x.id = r.id
  WHERE r.city = p.city AND r.pool_id = p.id AND r.service = 'fleet' AND x.life <> 'retired') AS vehicles
FROM pools p WHERE p.city = :city AND (:every_pool OR p.id = ANY (CAST(:pools AS text[])))
  AND (CAST(:after AS text) IS NULL OR p.id > :after)
ORDER BY p.id LIMIT :limit
"""


class SqlFleetPoolBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def page(self, within: Reach, wanted: PoolsWanted) -> Sequence[FleetPool]:
        every_pool = within.everything or within.every_pool
        rows = await self._sheet.rows(
            PAGE, every_pool=every_pool, pools=list(within.pools), after=wanted.after, limit=wanted.limit
        )
        return [msgspec.convert(dict(row._mapping), FleetPool) for row in rows]  # noqa: SLF001 - SQLAlchemy's own name for it
