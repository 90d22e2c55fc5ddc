"""Legal holds in PostgreSQL: placed once, lifted once, never taken away."""

from typing import Any
from uuid import UUID

import msgspec

from adapters.database.sheets import Sheet
from domain.retention.holds import Hold, HoldId, HoldOn, PlaceHold

KNOWN = {
    HoldOn.PERSON: "SELECT 1 FROM persons WHERE city = :city AND id = :id",
    HoldOn.BOOKING: "SELECT 1 FROM bookings WHERE city = :city AND id = :id",
    HoldOn.DOCUMENT: """SELECT 1 FROM invoices WHERE city = :city AND id = :id
  UNION ALL SELECT 1 FROM leases WHERE city = :city AND id = :id
  UNION ALL SELECT 1 FROM lease_payment_orders WHERE city = :city AND id = :id
  UNION ALL SELECT 1 FROM lease_reminders WHERE city = :city AND id = :id
  UNION ALL SELECT 1 FROM withdrawals WHERE city = :city AND id = :id
  UNION ALL SELECT 1 FROM bank_lines WHERE city = :city AND id = :id
  UNION ALL SELECT 1 FROM bank_statements WHERE city = :city AND id = :id""",
}
HOLD = """id, kind AS "on", subject_id, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_because"""
FIND = f"SELECT {HOLD} FROM legal_holds WHERE city = :city AND id = :id FOR UPDATE"
LIST = f"""
SELECT {HOLD} FROM legal_holds WHERE city = :city AND (CAST(:lifted AS bool) OR lifted_at IS NULL) ORDER BY placed_at DESC, id
"""
PLACE = """
INSERT INTO legal_holds (city, id, kind, subject_id, reason, placed_by, placed_at)
VALUES (:city, :id, :kind, :subject_id, :reason, :placed_by, :placed_at)
"""
LIFT = """
UPDATE legal_holds SET lifted_by = :lifted_by, lifted_at = :lifted_at, lifted_because = :lifted_because
WHERE city = :city AND id = :id
"""


class SqlHolds:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def knows(self, command: PlaceHold) -> bool:
        if command.on is HoldOn.CITY:
            return True
        return bool(await self._sheet.rows(KNOWN[command.on], id=command.subject_id))

    async def find(self, hold_id: HoldId) -> Hold | None:
        rows = await self._sheet.rows(FIND, id=hold_id)
        return hold_of(rows[0]) if rows else None

    async def all(self, *, lifted: bool) -> tuple[Hold, ...]:
        return tuple(map(hold_of, await self._sheet.rows(LIST, lifted=lifted)))

    async def place(self, hold: Hold) -> None:
        row = {"kind": hold.on.value, "reason": hold.reason, "subject_id": hold.subject_id}
        by = {"placed_by": hold.placed_by, "placed_at": hold.placed_at}
        await self._sheet.write(PLACE, id=hold.id, **row, **by)
        await self._sheet.note("retention.hold_placed", UUID(str(hold.subject_id or hold.id)))

    async def lift(self, hold: Hold) -> None:
        said = {"lifted_by": hold.lifted_by, "lifted_at": hold.lifted_at, "lifted_because": hold.lifted_because}
        await self._sheet.write(LIFT, id=hold.id, **said)
        await self._sheet.note("retention.hold_lifted", UUID(str(hold.subject_id or hold.id)))


def hold_of(row: Any) -> Hold:
    return msgspec.convert(row, Hold, from_attributes=True)
