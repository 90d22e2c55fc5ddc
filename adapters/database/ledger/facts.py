"""What the ledger posts, read where it was written down."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from adapters.database.banking.statements import LINE
from adapters.database.booking.reading import BOOKING, IN_CITY, PAYMENT
from adapters.database.connections import Session
from adapters.database.payments.settlements import LOST_DISPUTE
from domain.booking.bookings import BookingId
from domain.identity import City, PersonId
from domain.invoicing.invoices import Invoice, InvoiceId
from domain.reconciliation.matching import MatchId, Part
from domain.reconciliation.statements import BankLine, StatementId
from services.ledger.ports import Disputed, Explained, Losing, MatchedLines, Moved, Statement, UsedBooking

# Payments of which all is posted by now are left out: of most news of a booking nothing follows. What is asked in scalars the
# planner answers from the index alone.
POSTED = "(SELECT 1 FROM ledger_entries e WHERE e.city = p.city AND e.source = '{}:' || p.id) IS NOT NULL"
BOOKED = IN_CITY.format(
    query=f"""
SELECT json_build_object(
  'payments', (SELECT coalesce(json_agg({PAYMENT} ORDER BY p.made_at, p.id), '[]'::json) FROM payments p
    WHERE p.city = b.city AND p.booking_id = b.id AND NOT ({POSTED.format("hold_end")} OR (
      p.state NOT IN ('captured', 'released', 'refunded') AND {POSTED.format("hold")}))),
  'use', CASE WHEN b.payer = 'cost_centre' THEN (
    SELECT json_build_object('booking', {BOOKING}, 'tariff', t.tariff, 'time_zone', y.time_zone) FROM cities y JOIN tariffs t
      ON t.city = y.city AND t.id = b.tariff_id AND t.version = b.tariff_version WHERE y.city = b.city) END)
FROM bookings b WHERE b.city = $1::text AND b.id = $2::uuid
"""
)
INVOICE = IN_CITY.format(query="SELECT content FROM invoices WHERE city = $1::text AND id = $2::uuid")
STATEMENT = IN_CITY.format(
    query=f"""
SELECT json_build_object('zone', y.time_zone, 'lines', (SELECT coalesce(json_agg({LINE} ORDER BY l.position), '[]'::json)
  FROM bank_lines l WHERE l.city = s.city AND l.statement_id = s.id))
FROM bank_statements s JOIN cities y ON y.city = s.city WHERE s.city = $1::text AND s.id = $2::uuid
"""
)
MATCH = IN_CITY.format(
    query=f"""
SELECT json_build_object('zone', y.time_zone, 'undone_at', u.undone_at,
  'parts', (SELECT json_agg(json_build_object('line_id', p.line_id, 'expected_id', p.expected_id, 'amount', p.amount)
      ORDER BY p.line_id, p.expected_id) FROM match_parts p WHERE p.city = m.city AND p.match_id = m.id),
  'lines', (SELECT json_agg({LINE}) FROM bank_lines l WHERE l.city = m.city
      AND l.id IN (SELECT p.line_id FROM match_parts p WHERE p.city = m.city AND p.match_id = m.id)))
FROM matches m JOIN cities y ON y.city = m.city LEFT JOIN match_undoings u ON u.city = m.city AND u.match_id = m.id
WHERE m.city = $1::text AND m.id = $2::uuid
"""
)

MOVEMENT = IN_CITY.format(
    query="""
SELECT json_build_object('debtor', coalesce(p.holder_id, c.holder_id), 'transaction', json_build_object('id', t.transaction_id, 'kind', t.kind,
  'amount', t.amount, 'fee', t.fee, 'net', t.net, 'currency', t.currency, 'source_id', t.source_id, 'created_at', t.created_at,
  'available_at', t.available_at, 'payout_id', t.payout_id, 'payment_id', t.payment_id, 'booking_id', t.booking_id,
  'presented', CASE WHEN t.presented_amount IS NOT NULL THEN
    json_build_object('amount', t.presented_amount, 'currency', t.presented_currency) END))
FROM provider_transactions t LEFT JOIN payments p ON p.city = t.city AND p.id = t.payment_id
  LEFT JOIN lease_collections c ON c.city = t.city AND c.id = t.lease_collection
WHERE t.city = $1::text AND t.id = $2::uuid
"""
)
DISPUTE = IN_CITY.format(
    query=f"""
SELECT json_build_object('debtor', coalesce(p.holder_id, c.holder_id), 'dispute', {LOST_DISPUTE})
FROM disputes d LEFT JOIN payments p ON p.city = d.city AND p.id = d.payment_id
  LEFT JOIN lease_collections c ON c.city = d.city AND c.id = d.lease_collection
WHERE d.city = $1::text AND d.id = $2::uuid AND d.lost_at IS NOT NULL
"""
)

# What people said of the booking's debts. A claim is of so much of an invoice.
SAID = """(SELECT coalesce(json_agg(json_build_object('id', k.id, 'at', k.closed_at, 'debtor', k.debtor_id,
      'amount', json_build_object('amount', k.owed + k.fees, 'currency', k.currency),
      'of', (SELECT coalesce(json_agg(json_build_array(c ->> 'invoice_id', (c ->> 'open')::bigint)), '[]'::json)
        FROM json_array_elements(k.claims) c)) ORDER BY k.closed_at), '[]'::json)
    FROM dunning_cases k WHERE k.city = b.city AND k.booking_id = b.id AND k.state = '{state}')"""
LOSING = IN_CITY.format(
    query=f"""
SELECT json_build_object(
  'issued', (SELECT coalesce(json_agg(i.content::json ORDER BY i.issued_at, i.position), '[]'::json) FROM invoices i
    WHERE i.city = b.city AND i.booking_id = b.id),
  'disputes', (SELECT coalesce(json_agg({LOST_DISPUTE} ORDER BY d.lost_at, d.id), '[]'::json) FROM disputes d
    WHERE d.city = b.city AND d.booking_id = b.id AND d.lost_at IS NOT NULL),
  'given_up', {SAID.format(state="written_off")}, 'paid_otherwise', {SAID.format(state="paid_otherwise")})
FROM bookings b WHERE b.city = $1::text AND b.id = $2::uuid
"""
)

# No words that a person typed: they stay with the exception's steps, since what is posted can never be erased.
EXPLAINED = IN_CITY.format(
    query="""
SELECT coalesce(json_agg(json_build_object('cleared', json_build_object('id', s.id, 'account', s.account, 'at', s.at, 'by', s.by,
    'why', s.resolution || ' ' || s.id, 'amount', json_build_object('amount', s.amount, 'currency', x.currency),
    'origin', json_build_object('bank_line', x.line_id, 'provider_id', substring(x.about FROM '^movement:(.*)$'))),
  'undone', (SELECT json_build_object('at', r.at, 'by', r.by, 'why', 'reopened ' || r.id) FROM exception_steps r
    WHERE r.city = s.city AND r.exception_id = s.exception_id AND r.kind = 'reopened' AND (r.at, r.id) > (s.at, s.id)
    ORDER BY r.at, r.id LIMIT 1)) ORDER BY s.at, s.id), '[]'::json)
FROM exceptions x JOIN exception_steps s ON s.city = x.city AND s.exception_id = x.id
WHERE x.city = $1::text AND x.id = $2::uuid AND s.account IS NOT NULL
"""
)


LEASE_DEBTOR = IN_CITY.format(
    query="""
SELECT coalesce(
  (SELECT c.holder_id FROM lease_charges c WHERE c.city = $1::text
    AND c.id = CASE WHEN $2::text LIKE 'charge:%' THEN substr($2::text, 8)::uuid END),
  (SELECT g.debtor_id FROM ledger_entries e JOIN ledger_legs g ON g.city = e.city AND g.entry_id = e.id AND g.account = 'receivables'
    WHERE e.city = $1::text AND e.source = replace($2::text, 'claim:', 'lease_')))
"""
)


class _Lines(Struct, frozen=True):
    lines: tuple[BankLine, ...]
    zone: str


_booked = msgspec.json.Decoder(UsedBooking)
_invoice = msgspec.json.Decoder(Invoice)


class _Matched(_Lines, frozen=True):
    undone_at: datetime | None
    parts: tuple[Part, ...]


_moved = msgspec.json.Decoder(Moved)
_explained = msgspec.json.Decoder(tuple[Explained, ...])
_losing = msgspec.json.Decoder(Losing)
_disputed = msgspec.json.Decoder(Disputed)
_lines = msgspec.json.Decoder(_Lines)
_matched = msgspec.json.Decoder(_Matched)


class SqlFacts:
    """Each is read by one statement."""

    def __init__(self, session: Session, city: City) -> None:
        self._session = session
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

    async def movement(self, movement_id: UUID) -> Moved | None:
        found = await self._one(MOVEMENT, movement_id)
        return _moved.decode(found) if found else None

    async def dispute(self, dispute_id: UUID) -> Disputed | None:
        found = await self._one(DISPUTE, dispute_id)
        return _disputed.decode(found) if found else None

    async def losing(self, booking_id: UUID) -> Losing | None:
        found = await self._one(LOSING, booking_id)
        return _losing.decode(found) if found else None

    async def lease_debtor(self, expected_id: str) -> PersonId | None:
        found = await self._session.one(LEASE_DEBTOR, self._city, expected_id)
        return PersonId(UUID(found)) if found else None

    async def explained(self, exception_id: UUID) -> tuple[Explained, ...]:
        return _explained.decode(await self._one(EXPLAINED, exception_id) or "[]")

    async def _one(self, sql: str, identifier: UUID) -> str | None:
        found: str | None = await self._session.one(sql, self._city, identifier)
        return found


def _statement(found: _Lines) -> Statement:
    return Statement(found.lines, ZoneInfo(found.zone))
