"""What the ledger posts, read where it was written down."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.bank_statements import LINE
from adapters.database.booking_sheets import BOOKING, PAYMENTS
from domain.booking.bookings import BookingId
from domain.identity import City
from domain.invoicing.invoices import Invoice, InvoiceId
from domain.reconciliation.matching import MatchId, Part
from domain.reconciliation.statements import BankLine, StatementId
from services.ledger.ports import MatchedLines, Statement, UsedBooking

BOOKED = text(f"""
SELECT json_build_object('booking', {BOOKING}, 'payments', {PAYMENTS}, 'tariff', t.tariff, 'time_zone', y.time_zone)::text
FROM bookings b JOIN cities y ON y.city = b.city
  JOIN tariffs t ON t.city = b.city AND t.id = b.tariff_id AND t.version = b.tariff_version
WHERE b.city = :city AND b.id = :id
""")
INVOICE = text("SELECT content FROM invoices WHERE city = :city AND id = :id")
STATEMENT = text(f"""
SELECT json_build_object('zone', y.time_zone, 'lines', (SELECT coalesce(json_agg({LINE} ORDER BY l.position), '[]'::json)
  FROM bank_lines l WHERE l.city = s.city AND l.statement_id = s.id))::text
FROM bank_statements s JOIN cities y ON y.city = s.city WHERE s.city = :city AND s.id = :id
""")
MATCH = text(f"""
SELECT json_build_object('zone', y.time_zone, 'undone_at', u.undone_at,
  'parts', (SELECT json_agg(json_build_object('line_id', p.line_id, 'expected_id', p.expected_id, 'amount', p.amount)
      ORDER BY p.line_id, p.expected_id) FROM match_parts p WHERE p.city = m.city AND p.match_id = m.id),
  'lines', (SELECT json_agg({LINE}) FROM bank_lines l WHERE l.city = m.city
      AND l.id IN (SELECT p.line_id FROM match_parts p WHERE p.city = m.city AND p.match_id = m.id)))::text
FROM matches m JOIN cities y ON y.city = m.city LEFT JOIN match_undoings u ON u.city = m.city AND u.match_id = m.id
WHERE m.city = :city AND m.id = :id
""")


class _Lines(Struct, frozen=True):
    lines: tuple[BankLine, ...]
    zone: str


_booked = msgspec.json.Decoder(UsedBooking)
_invoice = msgspec.json.Decoder(Invoice)


class _Matched(_Lines, frozen=True):
    undone_at: datetime | None
    parts: tuple[Part, ...]


_lines = msgspec.json.Decoder(_Lines)
_matched = msgspec.json.Decoder(_Matched)


class SqlFacts:
    """Read in one transaction in one city."""

    def __init__(self, connection: AsyncConnection, city: City) -> None:
        self._connection = connection
        self._city = city

    async def booking(self, booking_id: BookingId) -> UsedBooking | None:
        found = await self._one(BOOKED, booking_id)
        return _booked.decode(found) if found else None

    async def invoice(self, invoice_id: InvoiceId) -> Invoice | None:
        found = await self._one(INVOICE, invoice_id)
        return _invoice.decode(found) if found else None

    async def statement(self, statement_id: StatementId) -> Statement | None:
        found = await self._one(STATEMENT, statement_id)
        return _statement(_lines.decode(found)) if found else None

    async def match(self, match_id: MatchId) -> MatchedLines | None:
        found = await self._one(MATCH, match_id)
        if not found:
            return None
        match = _matched.decode(found)
        return MatchedLines(match.parts, _statement(match), match.undone_at)

    async def _one(self, sql: TextClause, identifier: UUID) -> str | None:
        found: str | None = (
            await self._connection.execute(sql, {"city": self._city, "id": identifier})
        ).scalar_one_or_none()
        return found


def _statement(found: _Lines) -> Statement:
    return Statement(found.lines, ZoneInfo(found.zone))
