"""What is matched at the bank, in PostgreSQL: put together once, taken apart by a row that says so."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from adapters.database.banking.expectations import expected_of
from adapters.database.banking.statements import LEFT, LINE
from adapters.database.sheets import Sheet, as_json
from domain.identity import SYSTEM, PersonId
from domain.reconciliation.events import BankEvent, Matched, MatchedByHand, MatchUndone
from domain.reconciliation.exceptions import Resolution
from domain.reconciliation.expected import ExpectedId
from domain.reconciliation.matching import MatchId, Pair
from domain.reconciliation.statements import BankLine, BankLineId
from services.reconciliation.ports import ExpectedOtherwise, Match

LIVE = "NOT EXISTS (SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id)"
# What somebody has resolved is hers: only what was found gone is looked at again.
OPEN = f"""
SELECT {LINE}::text AS line, l.amount - coalesce(m.amount, 0) - coalesce(c.amount, 0) AS "left" FROM bank_lines l
LEFT JOIN (SELECT p.line_id, sum(p.amount)::bigint AS amount FROM match_parts p WHERE p.city = :city AND {LIVE} GROUP BY 1) m
  ON m.line_id = l.id
LEFT JOIN (SELECT x.line_id, sum(x.cleared)::bigint AS amount FROM exceptions x
  WHERE x.city = :city AND x.cleared IS NOT NULL GROUP BY 1) c ON c.line_id = l.id
WHERE l.city = :city AND l.amount <> coalesce(m.amount, 0) + coalesce(c.amount, 0) AND NOT EXISTS (SELECT FROM exceptions e
  WHERE e.city = l.city AND e.line_id = l.id AND e.kind <> 'repeated_line' AND e.resolution <> '{Resolution.GONE.value}'
    AND e.cleared IS NULL)
ORDER BY l.booked_on, l.id
"""
WANTED = f"""
SELECT {LINE}::text AS line, {LEFT} AS "left"
FROM bank_lines l WHERE l.city = :city AND l.id = ANY (CAST(:wanted AS uuid[])) ORDER BY l.id
"""
SETTLED = f"""
SELECT p.expected_id, sum(p.amount)::bigint AS amount FROM match_parts p
WHERE p.city = :city AND p.expected_id = ANY (CAST(:expected AS text[])) AND {LIVE} GROUP BY p.expected_id
"""
REJECTED = """
SELECT DISTINCT p.line_id, p.expected_id FROM match_undoings u
JOIN match_parts p ON p.city = u.city AND p.match_id = u.match_id
WHERE u.city = :city AND u.undone_by <> :system
"""
KEEP = """
INSERT INTO matches (city, id, rule, score, reason, made_by, made_at)
VALUES (:city, :id, :rule, :score, :reason, :made_by, :made_at)
"""
KEEP_PARTS = """
INSERT INTO match_parts (city, match_id, line_id, expected_id, amount, expected_amount)
SELECT :city, :id, p.line_id, p.expected_id, p.amount, (CAST(:expected AS json) ->> p.expected_id)::bigint
FROM json_to_recordset(CAST(:parts AS json)) p(line_id uuid, expected_id text, amount bigint)
"""
# A match as JSON, of matches m and match_undoings u.
MATCH = """json_build_object('id', m.id, 'made_by', m.made_by, 'made_at', m.made_at, 'undone_at', u.undone_at,
  'undone_by', u.undone_by, 'undone_for', coalesce(u.reason, ''),
  'currency', (SELECT min(l.currency) FROM match_parts p JOIN bank_lines l ON l.city = p.city AND l.id = p.line_id
    WHERE p.city = m.city AND p.match_id = m.id),
  'expected', (SELECT json_object_agg(p.expected_id, p.expected_amount) FROM match_parts p WHERE p.city = m.city AND p.match_id = m.id),
  'proposal', json_build_object('rule', m.rule, 'score', m.score, 'reason', m.reason, 'parts',
    (SELECT json_agg(json_build_object('line_id', p.line_id, 'expected_id', p.expected_id, 'amount', p.amount)
       ORDER BY p.line_id, p.expected_id) FROM match_parts p WHERE p.city = m.city AND p.match_id = m.id)))"""
FOUND = f"""
SELECT {MATCH}::text AS match FROM matches m LEFT JOIN match_undoings u ON u.city = m.city AND u.match_id = m.id
WHERE m.city = :city AND m.id = :id
"""
UNDO = """
INSERT INTO match_undoings (city, match_id, undone_by, undone_at, reason)
VALUES (:city, :id, :by, :at, :reason) ON CONFLICT DO NOTHING
"""
_line = msgspec.json.Decoder(BankLine)
_match = msgspec.json.Decoder(Match)


# Whoever closes a case has the booking's row, so that comes before a match, or its end, or after it. In one order, as it
# may be several.
LOCK_OWING = """
SELECT i.id FROM invoices i JOIN bookings b ON b.city = i.city AND b.id = i.booking_id
WHERE i.city = :city AND i.id = ANY (CAST(:named AS uuid[])) ORDER BY b.id FOR UPDATE OF b
"""


class SqlMatches:
    """`tell` writes to the outbox and the audit trail."""

    def __init__(self, sheet: Sheet, tell: Callable[[BankEvent], Awaitable[None]]) -> None:
        self._sheet = sheet
        self._tell = tell

    async def open_lines(self, wanted: Iterable[BankLineId] | None = None) -> tuple[tuple[BankLine, int], ...]:
        if wanted is None:
            rows = await self._sheet.rows(OPEN)
        else:
            rows = await self._sheet.rows(WANTED, wanted=list(wanted))
        return tuple((_line.decode(row.line), row.left) for row in rows)

    async def settled(self, expected: Iterable[ExpectedId]) -> Mapping[ExpectedId, int]:
        rows = await self._sheet.rows(SETTLED, expected=list(expected))
        return {ExpectedId(row.expected_id): row.amount for row in rows}

    async def rejected(self) -> frozenset[Pair]:
        rows = await self._sheet.rows(REJECTED, system=SYSTEM)
        return frozenset((BankLineId(row.line_id), ExpectedId(row.expected_id)) for row in rows)

    async def keep(self, match: Match) -> None:
        await self._still_expected(match)
        proposal = match.proposal
        row = {
            "id": match.id,
            "rule": proposal.rule.value,
            "score": proposal.score,
            "reason": proposal.reason,
            "made_by": match.made_by,
            "made_at": match.made_at,
        }
        await self._sheet.write(KEEP, **row)
        parts, expected = as_json(proposal.parts), as_json(match.expected)
        await self._sheet.write(KEEP_PARTS, id=match.id, parts=parts, expected=expected)
        await self._tell(Matched(match.id) if match.made_by == SYSTEM else MatchedByHand(match.id))

    async def _still_expected(self, match: Match) -> None:
        named = {invoice_id: each for each in match.expected if (invoice_id := _invoice_of(each)) is not None}
        if not named:
            return
        locked = await self._lock(named)
        now = await expected_of(self._sheet.connection, self._sheet.city, locked)
        if any(now.get(named[each]) != match.expected[named[each]] for each in locked):
            raise ExpectedOtherwise

    async def _lock(self, invoices: Iterable[UUID]) -> list[UUID]:
        """Of those of bookings, until the transaction is over."""
        return [row.id for row in await self._sheet.rows(LOCK_OWING, named=list(invoices))]

    async def find(self, match_id: MatchId) -> Match | None:
        rows = await self._sheet.rows(FOUND, id=match_id)
        return _match.decode(rows[0].match) if rows else None

    async def undo(self, match_id: MatchId, by: PersonId, reason: str, now: datetime) -> bool:
        match = await self.find(match_id)
        if match is not None:
            await self._lock(filter(None, map(_invoice_of, match.expected)))
        done = await self._sheet.write(UNDO, id=match_id, by=by, at=now, reason=reason) == 1
        if done:
            await self._tell(MatchUndone(match_id))
        return done


def _invoice_of(expected: ExpectedId) -> UUID | None:
    """The invoice that is expected to be paid, where it may be one of ours."""
    kind, _, name = expected.partition(":")
    try:
        return UUID(name) if kind == "invoice" else None
    except ValueError:
        return None
