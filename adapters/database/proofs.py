"""What people have shown, in PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from adapters.database.operator import Sheet
from domain.identity import PersonId
from domain.proofs import Proof, ProofKind
from services.operator.proofs import Checked, Seen

KEEP = """
INSERT INTO proofs (city, person_id, kind, valid_until, method, classes, checked_by, checked_at)
VALUES (:city, :person_id, :kind, :valid_until, :method, :classes, :checked_by, :now)
ON CONFLICT (city, person_id, kind) DO UPDATE SET valid_until = excluded.valid_until, method = excluded.method,
  classes = excluded.classes, checked_by = excluded.checked_by, checked_at = excluded.checked_at
"""


class SqlProofBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def of(self, person_id: PersonId) -> Sequence[Checked]:
        rows = await self._sheet.rows(
            "SELECT kind, valid_until, method, classes, checked_by, checked_at FROM proofs"
            " WHERE city = :city AND person_id = :person_id ORDER BY kind",
            person_id=person_id,
        )
        return [_checked(row) for row in rows]

    async def keep(self, person_id: PersonId, seen: Seen) -> Checked:
        await self._sheet.write(
            KEEP,
            person_id=person_id,
            kind=seen.proof.kind.value,
            valid_until=seen.proof.valid_until,
            method=seen.method,
            classes=list(seen.classes),
            checked_by=self._sheet.actor_id,
        )
        await self._sheet.note(f"operator.proof_kept:{seen.proof.kind.value}", person_id)
        return Checked(seen, PersonId(self._sheet.actor_id), self._sheet.now)

    async def drop(self, person_id: PersonId, kind: ProofKind) -> bool:
        dropped = await self._sheet.write(
            "DELETE FROM proofs WHERE city = :city AND person_id = :person_id AND kind = :kind",
            person_id=person_id,
            kind=kind.value,
        )
        if dropped:
            await self._sheet.note(f"operator.proof_dropped:{kind.value}", person_id)
        return bool(dropped)


def _checked(row: Any) -> Checked:
    proof = Proof(ProofKind(row.kind), row.valid_until)
    return Checked(Seen(proof, row.method, tuple(row.classes)), PersonId(row.checked_by), row.checked_at)
