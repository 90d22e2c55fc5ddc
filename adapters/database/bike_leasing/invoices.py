"""Invoices of leases in PostgreSQL: written, numbered and sealed as those of bookings are."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.bike_leasing.charges import CHARGED, mark_invoiced, take_turn
from adapters.database.bike_leasing.invoices_of_holders import SqlHolderInvoiceBooks
from adapters.database.invoicing.invoices import DEBTOR, SqlOpenInvoices
from adapters.database.ledger.journal import ENTRY
from adapters.database.transacting import Transacting
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.money.collecting import ChargeId
from domain.bike_leasing.money.invoicing import sources_of
from domain.cities.settings import CitySettings
from domain.identity import City
from domain.invoicing.invoices import Debtor, Invoice
from domain.invoicing.issuing import Counter
from services.bike_leasing.money.invoicing import (
    EmployersDebt,
    LeaseDebts,
    LeaseUndone,
    credit_undone,
    invoice_claims,
    invoice_employer,
    invoice_holders,
)
from services.ledger.ports import Recorded

LOCK = text("SELECT 1 FROM leases WHERE city = :city AND id = :id FOR NO KEY UPDATE")
DEBTS = text(f"""
SELECT json_build_object('lease', l.lease, 'settings', y.settings, 'debtor', {DEBTOR.format("l")},
  'posted', (SELECT coalesce(json_agg({ENTRY} ORDER BY e.effective_at, e.source), '[]'::json) FROM ledger_entries e
    WHERE e.city = l.city AND e.source = ANY (:sources)
      AND NOT EXISTS (SELECT FROM invoices i WHERE i.city = e.city AND i.source = e.source)))::text
FROM leases l JOIN cities y ON y.city = l.city
  LEFT JOIN persons h ON h.city = l.city AND h.id = l.holder_id
  LEFT JOIN debtors d ON d.city = l.city AND d.person_id = l.holder_id
WHERE l.city = :city AND l.id = :id
""")

UNDONE = text(r"""
SELECT json_build_object('settings', y.settings, 'undone', (
  SELECT coalesce(json_agg(json_build_object('invoice', i.content::json, 'credited', n.notes) ORDER BY i.issued_at, i.position), '[]'::json)
  FROM invoices i JOIN ledger_entries e ON e.city = i.city AND e.source = i.source
    JOIN ledger_entries r ON r.city = e.city AND r.source = 'reversal\:' || e.id
    CROSS JOIN LATERAL (SELECT coalesce(sum(c.gross), 0) AS gone,
      coalesce(json_agg(c.content::json ORDER BY c.issued_at, c.position), '[]'::json) AS notes
      FROM invoices c WHERE c.city = i.city AND c.corrects = i.id) n
  WHERE i.city = :city AND i.lease_id = :id AND i.kind = 'invoice' AND i.gross > n.gone))::text
FROM cities y WHERE y.city = :city
""")

# What a run that is under way has charged is seen together with the run, so a month is invoiced when its run is through.
MONTH = text(f"""
WITH n AS MATERIALIZED (
  SELECT c.month, c.employer FROM lease_charges c WHERE c.city = :city AND c.payer = 'employer' AND c.invoice_id IS NULL
    AND NOT EXISTS (SELECT FROM lease_runs r WHERE r.city = c.city AND r.ended_at IS NULL) ORDER BY c.month, c.employer LIMIT 1)
SELECT json_build_object('settings', y.settings,
  'billed_to', (SELECT f.framework -> 'billed_to' FROM lease_frameworks f WHERE f.city = y.city AND f.employer = n.employer
    ORDER BY f.framework ->> 'billed_to' IS NULL, f.framework -> 'span' ->> 'since' DESC, f.lessor LIMIT 1),
  'month', json_build_object('employer', n.employer, 'month', n.month,
    'invoiced', (SELECT count(*) FROM invoices i WHERE i.city = y.city AND i.employer = n.employer AND i.kind = 'invoice'
      AND starts_with(i.source, 'lease_month:' || n.employer || ':' || to_char(n.month, 'YYYY-MM') || ':')),
    'charged', (SELECT json_agg({CHARGED} ORDER BY c.lease_id)
      FROM lease_charges c WHERE c.city = y.city AND c.payer = 'employer' AND c.employer = n.employer AND c.month = n.month
        AND c.invoice_id IS NULL)))::text
FROM n JOIN cities y ON y.city = :city
""")


class _Found(Struct, frozen=True):
    lease: Lease
    settings: CitySettings
    debtor: Debtor
    posted: tuple[Recorded, ...]


_debt = msgspec.json.Decoder(EmployersDebt)
_undone = msgspec.json.Decoder(LeaseUndone)
_found = msgspec.json.Decoder(_Found)


class SqlLeaseInvoiceBooks:
    def __init__(self, connection: AsyncConnection, city: City, shelf: SqlOpenInvoices) -> None:
        self._connection = connection
        self._city = city
        self._shelf = shelf

    async def debts(self, lease_id: LeaseId) -> LeaseDebts | None:
        scope = {"city": self._city, "id": lease_id}
        await self._connection.execute(LOCK, scope)
        # A second statement: one that had to wait for the lock would not see what the one before it has issued.
        read = await self._connection.execute(DEBTS, scope | {"sources": sources_of(lease_id)})
        kept = read.scalar_one_or_none()
        if kept is None:
            return None
        found = _found.decode(kept)
        return LeaseDebts(found.lease, found.settings, found.debtor, [each.entry for each in found.posted])

    async def undone(self, lease_id: LeaseId) -> LeaseUndone:
        scope = {"city": self._city, "id": lease_id}
        await self._connection.execute(LOCK, scope)
        return _undone.decode((await self._connection.execute(UNDONE, scope)).scalar_one())

    async def counter(self, series: str) -> Counter:
        return await self._shelf.counter(series)

    async def keep(self, invoice: Invoice) -> None:
        await self._shelf.keep(invoice)


class SqlEmployerInvoiceBooks:
    def __init__(self, connection: AsyncConnection, city: City, shelf: SqlOpenInvoices) -> None:
        self._connection = connection
        self._city = city
        self._shelf = shelf

    async def next_month(self) -> EmployersDebt | None:
        await take_turn(self._connection, self._city)
        found = (await self._connection.execute(MONTH, {"city": self._city})).scalar_one_or_none()
        return _debt.decode(found) if found is not None else None

    async def counter(self, series: str) -> Counter:
        return await self._shelf.counter(series)

    async def keep(self, invoice: Invoice, charges: Sequence[ChargeId]) -> None:
        await self._shelf.keep(invoice)
        await mark_invoiced(self._connection, self._city, invoice.id, charges)


class SqlLeaseInvoices(Transacting):
    async def of_employers(self, city: City) -> tuple[Invoice, ...]:
        """What employers' months are invoiced with now, each in a transaction of its own. Raises Unavailable."""
        issued: list[Invoice] = []

        async def work(connection: Any) -> tuple[Invoice, ...] | None:
            books = SqlEmployerInvoiceBooks(connection, city, SqlOpenInvoices(connection, city, None, self._new_id))
            return await invoice_employer(books=books, new_id=self._new_id, now=self._clock())

        while (made := await self._done(city, work)) is not None:
            issued += made
        return tuple(issued)

    async def of_holders(self, city: City) -> tuple[Invoice, ...]:
        """What a batch of holders' months is invoiced with now. Raises Unavailable."""

        async def work(connection: Any) -> tuple[Invoice, ...]:
            shelf = SqlOpenInvoices(connection, city, None, self._new_id)
            books = SqlHolderInvoiceBooks(connection, city, shelf, self._new_id, self._clock())
            return await invoice_holders(books=books, new_id=self._new_id, now=self._clock())

        return await self._done(city, work)

    async def of_lease(self, city: City, lease_id: LeaseId) -> tuple[Invoice, ...]:
        """What a lease's claims are invoiced with now. Raises Unavailable."""

        async def work(connection: Any) -> tuple[Invoice, ...]:
            shelf = SqlOpenInvoices(connection, city, None, self._new_id)
            books = SqlLeaseInvoiceBooks(connection, city, shelf)
            return await invoice_claims(lease_id, books=books, new_id=self._new_id, now=self._clock())

        return await self._done(city, work)

    async def of_undone(self, city: City, lease_id: LeaseId) -> tuple[Invoice, ...]:
        """What is credited now of a lease's invoices, as it was taken back. Raises Unavailable."""

        async def work(connection: Any) -> tuple[Invoice, ...]:
            books = SqlLeaseInvoiceBooks(connection, city, SqlOpenInvoices(connection, city, None, self._new_id))
            return await credit_undone(lease_id, books=books, new_id=self._new_id, now=self._clock())

        return await self._done(city, work)
