"""What the exports are made of, in PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import through
from adapters.database.connections import Transactions
from adapters.database.ledger.debtor_numbers import SqlDebtorNumbers
from adapters.database.ledger.journal import ENTRY
from adapters.database.sheets import Sheet
from domain.cities.settings import CitySettings
from domain.identity import SYSTEM, City, PersonId
from domain.ledger.accounts import AccountKey
from services.accounting.ports import Booked, Owed

T = TypeVar("T")

MORE_TIME = text("SELECT set_config('statement_timeout', '60000', true)")
SETTINGS = text("SELECT settings FROM cities WHERE city = :city")
# A credit note settles the invoice that it is about, a payment the first of its booking. What is owed beside a lease's rates is invoiced under its entry's name, a
# month as its charge says; what takes that back settles the same invoice.
BOOKED = text(f"""
SELECT ({ENTRY}::jsonb || jsonb_build_object(
  'document', coalesce(c.number, i.number, (SELECT f.number FROM invoices f WHERE f.city = e.city AND f.booking_id = e.booking_id
    AND f.kind = 'invoice' ORDER BY f.issued_at, f.position LIMIT 1),
    (SELECT f.number FROM invoices f WHERE f.city = e.city AND f.source = e.source),
    (SELECT f.number FROM ledger_entries o JOIN invoices f ON f.city = o.city AND f.source = o.source WHERE o.city = e.city AND o.id = e.reverses),
    CASE WHEN e.kind = 'lease_charged' THEN (SELECT f.number FROM lease_charges k JOIN invoices f ON f.city = k.city AND f.id = k.invoice_id
      WHERE k.city = e.city AND k.lease_id = split_part(e.source, ':', 2)::uuid
        AND k.month = (split_part(e.source, ':', 3) || '-01')::date) END, ''),
  'performed_on', CASE WHEN i.id IS NOT NULL THEN
    (((i.content::json -> 'performed' ->> 'end')::timestamptz - interval '1 microsecond') AT TIME ZONE y.time_zone)::date END))::text AS found
FROM ledger_entries e JOIN cities y ON y.city = e.city
  LEFT JOIN invoices i ON i.city = e.city AND i.id = e.invoice_id LEFT JOIN invoices c ON c.city = i.city AND c.id = i.corrects
WHERE e.city = :city AND e.period >= :first AND e.period <= :last ORDER BY e.effective_at, e.id LIMIT :at_most
""")
NAMES = text("SELECT key, name FROM ledger_accounts WHERE city = :city")
CLOSED = text("SELECT max(month) AS month FROM ledger_periods WHERE city = :city")
# What came in for receivables is a credit of theirs; what a bank or the provider took back, or was undone, lessens it.
OWED = text("""
WITH wanted AS (
  SELECT DISTINCT booking_id FROM invoices WHERE city = :city AND issued_on >= :since AND issued_on < :until),
received AS (
  SELECT coalesce(e.booking_id, i.booking_id) AS booking_id, coalesce(o.kind, e.kind) IN ('refund', 'refund_failed') AS is_back,
    CASE l.side WHEN 'credit' THEN l.amount ELSE -l.amount END AS amount, (l.effective_at AT TIME ZONE y.time_zone)::date AS on_day
  FROM ledger_legs l JOIN ledger_entries e ON e.city = l.city AND e.id = l.entry_id JOIN cities y ON y.city = l.city
  LEFT JOIN ledger_entries o ON o.city = e.city AND o.id = e.reverses
  LEFT JOIN invoices i ON i.city = e.city AND i.id = e.invoice_id
  WHERE l.city = :city AND l.account = 'receivables' AND coalesce(o.kind, e.kind) NOT IN ('invoice', 'credit_note', 'write_off', 'loss_changed')),
sums AS (
  SELECT booking_id, coalesce(sum(amount) FILTER (WHERE NOT is_back), 0)::bigint AS paid,
    max(on_day) FILTER (WHERE NOT is_back AND amount > 0) AS paid_on,
    coalesce(-sum(amount) FILTER (WHERE is_back), 0)::bigint AS given_back, max(on_day) FILTER (WHERE is_back AND amount < 0) AS given_back_on
  FROM received GROUP BY booking_id)
SELECT json_build_object('issued', json_agg(i.content::json ORDER BY i.issued_at, i.position), 'paid', coalesce(min(s.paid), 0),
  'paid_on', min(s.paid_on), 'given_back', coalesce(min(s.given_back), 0), 'given_back_on', min(s.given_back_on))::text AS found
FROM wanted w JOIN invoices i ON i.city = :city AND i.booking_id = w.booking_id LEFT JOIN sums s ON s.booking_id = w.booking_id
GROUP BY w.booking_id ORDER BY w.booking_id
""")
_booked = msgspec.json.Decoder(Booked)
_owed = msgspec.json.Decoder(Owed)


class SqlAccountingFacts:
    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def settings(self, city: City) -> CitySettings | None:
        found = [row.settings for row in await self._rows(city, SETTINGS)]
        return msgspec.convert(found[0], CitySettings) if found else None

    async def booked(self, city: City, first: date, last: date, at_most: int) -> tuple[Booked, ...]:
        rows = await self._rows(city, BOOKED, first=first, last=last, at_most=at_most)
        return tuple(_booked.decode(row.found) for row in rows)

    async def names(self, city: City) -> Mapping[AccountKey, str]:
        return {AccountKey(row.key): row.name for row in await self._rows(city, NAMES)}

    async def closed_until(self, city: City) -> date | None:
        (row,) = await self._rows(city, CLOSED)
        closed: date | None = row.month
        return closed

    async def owed(self, city: City, year: int) -> tuple[Owed, ...]:
        """An invoice is due within a quarter of a year of its issue."""
        rows = await self._rows(city, OWED, since=date(year - 1, 9, 1), until=date(year + 1, 1, 1))
        return tuple(_owed.decode(row.found) for row in rows)

    async def numbers(self, city: City, persons: Sequence[PersonId]) -> Mapping[PersonId, int]:
        async def make(connection: AsyncConnection) -> Mapping[PersonId, int]:
            sheet = Sheet(connection, city, SYSTEM, "accounting", self._clock(), self._new_id)
            return await SqlDebtorNumbers(sheet).numbers(persons)

        return await self._through(city, make)

    async def _rows(self, city: City, sql: Any, **values: object) -> Sequence[Any]:
        async def read(connection: AsyncConnection) -> Sequence[Any]:
            await connection.execute(MORE_TIME)
            return (await connection.execute(sql, {"city": city} | values)).all()

        return await self._through(city, read)

    async def _through(self, city: City, do: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._transactions.city(city) as connection:
                return await do(connection)

        return await through(once)
