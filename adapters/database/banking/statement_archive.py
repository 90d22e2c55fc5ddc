"""Bank statements and their lines in PostgreSQL, to be read."""

from typing import Any

import msgspec
from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.banking.statements import LEFT, LINE
from adapters.database.connections import Transactions
from domain.identity import City
from domain.reconciliation.statements import BankLineId, StatementId
from services.reconciliation.records import KeptLine, KeptStatement, LinesWanted, StatementsWanted

KEPT = f"""json_build_object('id', s.id, 'file', s.file, 'digest', s.digest, 'imported_at', s.imported_at,
  'imported_by', s.imported_by, 'lines', s.line_count,
  'heading', json_build_object('iban', s.iban, 'named', s.named, 'sequence', s.sequence, 'page', s.page, 'currency', s.currency,
    'opening', s.opening, 'closing', s.closing, 'opened_on', s.opened_on, 'closed_on', s.closed_on, 'made_at', s.made_at,
    'skipped', s.skipped),
  'open_lines', (SELECT count(*) FROM bank_lines l WHERE l.city = s.city AND l.statement_id = s.id AND {LEFT} <> 0),
  'came_in', (SELECT coalesce(sum(l.amount), 0) FROM bank_lines l
    WHERE l.city = s.city AND l.statement_id = s.id AND l.amount > 0),
  'went_out', (SELECT coalesce(-sum(l.amount), 0) FROM bank_lines l
    WHERE l.city = s.city AND l.statement_id = s.id AND l.amount < 0))::text"""
KEPT_LINE = f"""json_build_object('line', {LINE}, 'statement_id', l.statement_id, 'position', l.position, 'left', {LEFT},
  'matches', (SELECT coalesce(json_agg(DISTINCT p.match_id), '[]') FROM match_parts p
    LEFT JOIN match_undoings u ON u.city = p.city AND u.match_id = p.match_id
    WHERE p.city = l.city AND p.line_id = l.id AND u.match_id IS NULL),
  'expected', (SELECT coalesce(json_agg(DISTINCT p.expected_id), '[]') FROM match_parts p
    LEFT JOIN match_undoings u ON u.city = p.city AND u.match_id = p.match_id
    WHERE p.city = l.city AND p.line_id = l.id AND u.match_id IS NULL),
  'exceptions', (SELECT coalesce(json_agg(e.id ORDER BY e.raised_at, e.id), '[]') FROM exceptions e
    WHERE e.city = l.city AND e.line_id = l.id AND e.resolution IS DISTINCT FROM 'gone'))::text"""
STATEMENTS = f"""
SELECT {KEPT} AS found FROM bank_statements s WHERE s.city = :city
  AND (CAST(:iban AS text) IS NULL OR s.iban = :iban)
  AND (CAST(:since AS date) IS NULL OR s.closed_on >= :since) AND (CAST(:until AS date) IS NULL OR s.closed_on < :until)
  AND (CAST(:on AS date) IS NULL OR s.closed_on < :on OR (s.closed_on = :on AND s.id > :id))
ORDER BY s.closed_on DESC, s.id LIMIT :limit
"""
STATEMENT = f"SELECT {KEPT} AS found FROM bank_statements s WHERE s.city = :city AND s.id = :id"
LINES_OF = f"""
SELECT {KEPT_LINE} AS found FROM bank_lines l
WHERE l.city = :city AND l.statement_id = :id AND l.position > :after ORDER BY l.position LIMIT :limit
"""
LINES = f"""
SELECT {KEPT_LINE} AS found FROM bank_lines l WHERE l.city = :city
  AND (CAST(:since AS date) IS NULL OR l.booked_on >= :since) AND (CAST(:until AS date) IS NULL OR l.booked_on < :until)
  AND (CAST(:on AS date) IS NULL OR l.booked_on < :on OR (l.booked_on = :on AND l.id > :id))
  AND (CAST(:is_open AS bool) IS NULL OR :is_open = ({LEFT} <> 0))
ORDER BY l.booked_on DESC, l.id LIMIT :limit
"""
ONE_LINE = f"SELECT {KEPT_LINE} AS found FROM bank_lines l WHERE l.city = :city AND l.id = :id"
_statement = msgspec.json.Decoder(KeptStatement)
_line = msgspec.json.Decoder(KeptLine)


class SqlStatementArchive:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def statements(self, city: City, wanted: StatementsWanted) -> tuple[KeptStatement, ...]:
        return tuple(map(_statement.decode, await self._read(STATEMENTS, city, **_asked(wanted))))

    async def statement(self, city: City, statement_id: StatementId) -> KeptStatement | None:
        found = await self._read(STATEMENT, city, id=statement_id)
        return _statement.decode(found[0]) if found else None

    async def lines_of(self, city: City, statement_id: StatementId, after: int, limit: int) -> tuple[KeptLine, ...]:
        found = await self._read(LINES_OF, city, id=statement_id, after=after, limit=limit)
        return tuple(map(_line.decode, found))

    async def lines(self, city: City, wanted: LinesWanted) -> tuple[KeptLine, ...]:
        return tuple(map(_line.decode, await self._read(LINES, city, **_asked(wanted))))

    async def line(self, city: City, line_id: BankLineId) -> KeptLine | None:
        found = await self._read(ONE_LINE, city, id=line_id)
        return _line.decode(found[0]) if found else None

    async def _read(self, sql: str, city: City, **values: object) -> list[str]:
        async def once() -> list[str]:
            async with self._transactions.city(city) as connection:
                return [row.found for row in await connection.execute(text(sql), {"city": city} | values)]

        return await through(once)


def _asked(wanted: StatementsWanted | LinesWanted) -> dict[str, Any]:
    after = wanted.after
    asked = msgspec.structs.asdict(wanted) | {"on": after and after.on, "id": after and after.id}
    del asked["after"]
    return asked
