"""The queue of exceptions in PostgreSQL, and the history of each."""

from typing import Any

import msgspec

from adapters.database.banking.statements import LEFT
from adapters.database.sheets import Sheet
from domain.identity import PersonId, Role
from domain.reconciliation.exceptions import Changed, Exceptional, ExceptionId, ExceptionKind, Finding
from services.reconciliation.ports import Case

# The driver writes the calendar's last day as `infinity`, which no JSON reads as a day: what was put off to it, before that was
# refused, is read as what it was.
DUE_ON = "CASE WHEN {0}.due_on = 'infinity' THEN DATE '9999-12-31' ELSE {0}.due_on END"
# An exception as JSON, of exceptions e.
EXCEPTION = f"""json_build_object('id', e.id, 'raised_at', e.raised_at, 'due_on', {DUE_ON.format("e")}, 'owner', e.owner,
  'resolution', e.resolution, 'resolved_at', e.resolved_at, 'resolved_by', e.resolved_by, 'cleared', e.cleared,
  'cleared_to', e.cleared_to, 'finding', json_build_object(
    'kind', e.kind, 'source', e.source, 'words', e.words, 'on', e.since, 'amount', e.amount, 'currency', e.currency,
    'line_id', e.line_id, 'expected_id', e.expected_id, 'about', e.about))"""
KNOWN = f"""
SELECT {EXCEPTION}::text AS exception FROM exceptions e
WHERE e.city = :city AND e.kind = ANY (CAST(:kinds AS text[])) ORDER BY e.id
"""
# The same with its history, as a Case.
CASE = f"""json_build_object('now', {EXCEPTION}, 'history', (SELECT json_agg(json_build_object('kind', s.kind, 'by', s.by,
  'at', s.at, 'words', s.words, 'owner', s.owner, 'due_on', {DUE_ON.format("s")}, 'resolution', s.resolution, 'account', s.account,
  'amount', s.amount) ORDER BY s.at, s.id)
  FROM exception_steps s WHERE s.city = e.city AND s.exception_id = e.id))"""
BY_ID = f"SELECT {CASE}::text AS found FROM exceptions e WHERE e.city = :city AND e.id = :id"
KEEP = """
INSERT INTO exceptions (city, id, kind, source, words, since, amount, currency, line_id, expected_id, about, raised_at, due_on, owner,
  resolution, resolved_at, resolved_by, cleared, cleared_to)
VALUES (:city, :id, :kind, :source, :words, :since, :amount, :currency, :line_id, :expected_id, :about, :raised_at, :due_on, :owner,
  :resolution, :resolved_at, :resolved_by, :cleared, :cleared_to)
ON CONFLICT (city, id) DO UPDATE SET due_on = excluded.due_on, owner = excluded.owner, resolution = excluded.resolution,
  resolved_at = excluded.resolved_at, resolved_by = excluded.resolved_by, cleared = excluded.cleared,
  cleared_to = excluded.cleared_to
"""
STEP = """
INSERT INTO exception_steps (city, id, exception_id, kind, by, at, words, owner, due_on, resolution, account, amount)
VALUES (:city, :id, :exception_id, :kind, :by, :at, :words, :owner, :due_on, :resolution, :account, :amount)
"""
LEFT_OF_LINE = f'SELECT {LEFT} AS "left" FROM bank_lines l WHERE l.city = :city AND l.id = :line'
KEEPS_BOOKS = "SELECT 1 FROM role_grants g WHERE g.city = :city AND g.person_id = :person AND g.role = :role LIMIT 1"
_exception = msgspec.json.Decoder(Exceptional)
_case = msgspec.json.Decoder(Case)


class SqlExceptions:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def known(self, kinds: frozenset[ExceptionKind]) -> tuple[Exceptional, ...]:
        rows = await self._sheet.rows(KNOWN, kinds=sorted(kind.value for kind in kinds))
        return tuple(_exception.decode(row.exception) for row in rows)

    async def find(self, exception_id: ExceptionId) -> Case | None:
        rows = await self._sheet.rows(BY_ID, id=exception_id)
        return _case.decode(rows[0].found) if rows else None

    async def unexplained(self, found: Exceptional) -> int:
        finding = found.finding
        if finding.line_id is None:
            return finding.amount if finding.kind is ExceptionKind.UNEXPLAINED_MOVEMENT else 0
        rows = await self._sheet.rows(LEFT_OF_LINE, line=finding.line_id)
        return int(rows[0].left)

    async def keeps_books(self, person: PersonId) -> bool:
        return bool(await self._sheet.rows(KEEPS_BOOKS, person=person, role=Role.FINANCE.value))

    async def write(self, changed: Changed) -> None:
        now, step = changed.now, changed.step
        await self._sheet.write(KEEP, **_row(now))
        row = msgspec.structs.asdict(step) | {
            "id": self._sheet.new_id(),
            "exception_id": now.id,
            "kind": step.kind.value,
            "resolution": step.resolution and step.resolution.value,
        }
        await self._sheet.write(STEP, **row)


def _row(found: Exceptional) -> dict[str, Any]:
    finding: Finding = found.finding
    return {
        "id": found.id,
        "kind": finding.kind.value,
        "source": finding.source,
        "words": finding.words,
        "since": finding.on,
        "amount": finding.amount,
        "currency": finding.currency,
        "line_id": finding.line_id,
        "expected_id": finding.expected_id,
        "about": finding.about,
        "raised_at": found.raised_at,
        "due_on": found.due_on,
        "owner": found.owner,
        "resolution": found.resolution and found.resolution.value,
        "resolved_at": found.resolved_at,
        "resolved_by": found.resolved_by,
        "cleared": found.cleared,
        "cleared_to": found.cleared_to,
    }
