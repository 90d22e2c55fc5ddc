"""Bank statements and their lines in PostgreSQL."""

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.database.sheets import Sheet, as_json
from domain.reconciliation.statements import BankLine, BankStatement, Heading, StatementId

# A line as JSON, of bank_lines l, so that it can be decoded with whatever stands beside it.
# What of a line l is neither matched nor booked.
LEFT = """l.amount - coalesce((SELECT sum(p.amount)::bigint FROM match_parts p
  LEFT JOIN match_undoings u ON u.city = p.city AND u.match_id = p.match_id
  WHERE p.city = l.city AND p.line_id = l.id AND u.match_id IS NULL), 0)
  - coalesce((SELECT sum(x.cleared)::bigint FROM exceptions x WHERE x.city = l.city AND x.line_id = l.id), 0)"""
LINE = """json_build_object('id', l.id, 'booked_on', l.booked_on, 'value_on', l.value_on, 'amount', l.amount,
  'currency', l.currency, 'end_to_end_id', l.end_to_end_id, 'references', l."references", 'text', l.text,
  'counterparty', l.counterparty, 'counterparty_iban', l.counterparty_iban, 'bank_reference', l.bank_reference,
  'mandate_id', l.mandate_id, 'code', l.code, 'returned', l.returned, 'original', l.original, 'reversal', l.reversal)"""

KEEP = """
INSERT INTO bank_statements (city, id, iban, named, sequence, page, currency, opening, closing, opened_on, closed_on, made_at,
  skipped, line_count, digest, file, imported_at, imported_by)
VALUES (:city, :id, :iban, :named, :sequence, :page, :currency, :opening, :closing, :opened_on, :closed_on, :made_at,
  :skipped, :line_count, :digest, :file, :now, :by)
"""
# All lines at once: a statement of which a part is there does not add up.
KEEP_LINES = """
INSERT INTO bank_lines (city, id, statement_id, position, booked_on, value_on, amount, currency, end_to_end_id, "references",
  text, counterparty, counterparty_iban, bank_reference, mandate_id, code, returned, original, reversal)
SELECT :city, l.id, :statement_id, n.position, l.booked_on, l.value_on, l.amount, l.currency, l.end_to_end_id, l."references",
  l.text, l.counterparty, l.counterparty_iban, l.bank_reference, l.mandate_id, l.code, l.returned, l.original, l.reversal
FROM json_array_elements(CAST(:lines AS json)) WITH ORDINALITY n(line, position),
  json_to_record(n.line) l(id uuid, booked_on date, value_on date, amount bigint, currency text, end_to_end_id text,
    "references" text[], text text, counterparty text, counterparty_iban text, bank_reference text, mandate_id text, code text,
    returned text, original bigint, reversal bool)
"""
DIGEST = "SELECT digest FROM bank_statements WHERE city = :city AND id = :id"
HEADINGS = """
SELECT iban, named, sequence, page, currency, opening, closing, opened_on, closed_on, made_at, skipped
FROM bank_statements WHERE city = :city
"""
# What the bank calls by one reference, on one day and over one amount, in two of an account's statements. Parts of a batch
# share their reference, so the statement counts.
REPEATED = f"""
SELECT {LINE}::text AS line, (SELECT {LINE.replace("l.", "f.")}::text FROM bank_lines f WHERE f.city = p.city AND f.id = p.first) AS first
FROM (
  SELECT l.city, l.id, min(f.id::text)::uuid AS first
  FROM bank_lines l JOIN bank_statements s ON s.city = l.city AND s.id = l.statement_id
  JOIN bank_lines f ON f.city = l.city AND f.bank_reference = l.bank_reference AND f.booked_on = l.booked_on AND f.amount = l.amount
  JOIN bank_statements e ON e.city = f.city AND e.id = f.statement_id AND e.iban = s.iban
    AND (e.closed_on, coalesce(e.sequence, 0), e.page, e.id) < (s.closed_on, coalesce(s.sequence, 0), s.page, s.id)
  WHERE l.city = :city AND l.bank_reference <> '' GROUP BY l.city, l.id) p
JOIN bank_lines l ON l.city = p.city AND l.id = p.id
"""
_line = msgspec.json.Decoder(BankLine)


class SqlStatements:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def digest(self, statement_id: StatementId) -> str | None:
        rows = await self._sheet.rows(DIGEST, id=statement_id)
        return rows[0].digest if rows else None

    async def keep(self, statement: BankStatement, file: str) -> None:
        heading = statement.heading
        row: Mapping[str, Any] = {
            **msgspec.structs.asdict(heading),
            "id": heading.id,
            "line_count": len(statement.lines),
            "digest": statement.digest,
            "file": file,
            "by": self._sheet.actor_id,
        }
        await self._sheet.write(KEEP, **row)
        if statement.lines:
            await self._sheet.write(KEEP_LINES, statement_id=heading.id, lines=as_json(statement.lines))

    async def headings(self) -> tuple[Heading, ...]:
        return tuple(Heading(*row) for row in await self._sheet.rows(HEADINGS))

    async def repeated(self) -> tuple[tuple[BankLine, BankLine], ...]:
        rows = await self._sheet.rows(REPEATED)
        return tuple((_line.decode(row.line), _line.decode(row.first)) for row in rows)
