"""What people have shown, in PostgreSQL: what counts now, and of a licence every look at it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import asdict

from adapters.database.operator import SqlCityBooks
from adapters.database.sheets import Sheet
from domain.identity import PersonId
from domain.proofs import CheckResult, LicenceCheck, Proof, ProofKind
from services.operator.proofs import Checked, Seen

# A statement of its own: what waits for a lock reads everything else as it was before.
LOCKED = "SELECT 1 FROM persons WHERE city = :city AND id = :person_id FOR NO KEY UPDATE"
DRIVES = """
SELECT EXISTS (SELECT FROM role_grants WHERE city = :city AND person_id = :person_id AND role IN ('driver', 'fleet_manager'))
"""
KEEP = """
INSERT INTO proofs (city, person_id, kind, valid_until, years, method, classes, checked_by, checked_at)
VALUES (:city, :person_id, :kind, :valid_until, :years, :method, :classes, :checked_by, :now)
ON CONFLICT (city, person_id, kind) DO UPDATE SET valid_until = excluded.valid_until, years = excluded.years,
  method = excluded.method, classes = excluded.classes, checked_by = excluded.checked_by, checked_at = excluded.checked_at
"""
DROP = "DELETE FROM proofs WHERE city = :city AND person_id = :person_id AND kind = :kind"
LOOK = """
INSERT INTO licence_checks (city, person_id, number, result, method, classes, licence_until, checked_by, checked_at,
  counts_until, remind_on)
SELECT :city, :person_id, coalesce(max(number) + 1, 0), :result, :method, :classes, :licence_until, :checked_by, :checked_at,
  :counts_until, :remind_on FROM licence_checks WHERE city = :city AND person_id = :person_id
"""
FORGET = (
    "UPDATE licence_checks SET remind_on = NULL WHERE city = :city AND person_id = :person_id AND remind_on IS NOT NULL"
)


class SqlProofBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def now(self) -> datetime:
        return self._sheet.now

    async def today(self) -> date:
        zone = await SqlCityBooks(self._sheet).time_zone()
        return self._sheet.now.astimezone(ZoneInfo(zone)).date()

    async def drives(self, person_id: PersonId) -> bool:
        await self._sheet.rows(LOCKED, person_id=person_id)
        return bool((await self._sheet.rows(DRIVES, person_id=person_id))[0].exists)

    async def of(self, person_id: PersonId) -> Sequence[Checked]:
        rows = await self._sheet.rows(
            "SELECT kind, valid_until, years, method, classes, checked_by, checked_at FROM proofs"
            " WHERE city = :city AND person_id = :person_id ORDER BY kind",
            person_id=person_id,
        )
        return [_checked(row) for row in rows]

    async def keep(self, person_id: PersonId, seen: Seen, look: LicenceCheck | None) -> Checked:
        await (enter_look(self._sheet, person_id, look, None) if look else enter_proof(self._sheet, person_id, seen))
        await self._sheet.note(f"operator.proof_kept:{seen.proof.kind.value}", person_id)
        return Checked(seen, PersonId(self._sheet.actor_id), self._sheet.now)

    async def drop(self, person_id: PersonId, kind: ProofKind, look: LicenceCheck | None) -> bool:
        dropped = await self._sheet.write(DROP, person_id=person_id, kind=kind.value)
        if dropped:
            if look is not None:
                await enter_look(self._sheet, person_id, look, None)
            await self._sheet.note(f"operator.proof_dropped:{kind.value}", person_id)
        return bool(dropped)


async def enter_proof(sheet: Sheet, person_id: PersonId, seen: Seen) -> None:
    """So that it counts wherever somebody asks what was shown; in place of an earlier one of the kind."""
    await sheet.write(
        KEEP,
        person_id=person_id,
        kind=seen.proof.kind.value,
        valid_until=seen.proof.valid_until,
        years=seen.proof.years,
        method=seen.method,
        classes=list(seen.classes),
        checked_by=sheet.actor_id,
    )


async def enter_look(sheet: Sheet, person_id: PersonId, look: LicenceCheck, remind_on: date | None) -> None:
    """Beside those before, which are not reminded of any more; the licence counts as it says, or no longer. The person's
    row is locked."""
    await sheet.write(FORGET, person_id=person_id)
    row = asdict(look) | {"result": look.result.value, "classes": list(look.classes)}
    await sheet.write(LOOK, person_id=person_id, remind_on=remind_on, **row)
    if look.result is CheckResult.VALID:
        await enter_proof(
            sheet, person_id, Seen(Proof(ProofKind.LICENCE, look.counts_until), look.method, look.classes)
        )
    else:
        await sheet.write(DROP, person_id=person_id, kind=ProofKind.LICENCE.value)


def _checked(row: Any) -> Checked:
    proof = Proof(ProofKind(row.kind), row.valid_until, row.years)
    return Checked(Seen(proof, row.method, tuple(row.classes)), PersonId(row.checked_by), row.checked_at)
