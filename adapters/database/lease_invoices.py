"""Invoices of leases in PostgreSQL: written, numbered and sealed as those of bookings are."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.invoices import DEBTOR, SqlOpenInvoices
from adapters.database.ledger import ENTRY
from adapters.database.transacting import Transacting
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.money.invoicing import sources_of
from domain.cities import CitySettings
from domain.identity import City
from domain.invoicing.invoices import Debtor, Invoice
from domain.invoicing.issuing import Counter
from services.bike_leasing.money.invoicing import LeaseDebts, invoice_claims
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


class _Found(Struct, frozen=True):
    lease: Lease
    settings: CitySettings
    debtor: Debtor
    posted: tuple[Recorded, ...]


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

    async def counter(self, series: str) -> Counter:
        return await self._shelf.counter(series)

    async def keep(self, invoice: Invoice) -> None:
        await self._shelf.keep(invoice)


class SqlLeaseInvoices(Transacting):
    async def of_lease(self, city: City, lease_id: LeaseId) -> tuple[Invoice, ...]:
        """What a lease's claims are invoiced with now. Raises Unavailable."""

        async def work(connection: Any) -> tuple[Invoice, ...]:
            shelf = SqlOpenInvoices(connection, city, None, self._new_id)
            books = SqlLeaseInvoiceBooks(connection, city, shelf)
            return await invoice_claims(lease_id, books=books, new_id=self._new_id, now=self._clock())

        return await self._done(city, work)
