"""The blocks of a fleet's vehicles that lie ahead or are under way."""

from collections.abc import Sequence

from adapters.database.sheets import Sheet
from domain.booking.resources import ResourceId
from domain.fleet.maintenance import Stay

STAYS = """
SELECT id, resource_id, starts, ends, reason FROM blocks
WHERE city = :city AND resource_id = ANY (cast(:vehicles AS uuid[])) AND lifted_at IS NULL AND ends > :now ORDER BY starts, id
"""


class SqlStayBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def stays(self, vehicles: Sequence[ResourceId]) -> Sequence[Stay]:
        rows = await self._sheet.rows(STAYS, vehicles=list(vehicles))
        return [Stay(row.id, ResourceId(row.resource_id), row.starts, row.ends, row.reason) for row in rows]
