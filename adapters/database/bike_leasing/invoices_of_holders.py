"""Invoices of the months that holders pay themselves, in PostgreSQL: a batch of them in a transaction, each once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.bike_leasing.charges import CHARGED, mark_invoiced, take_turn
from adapters.database.invoicing.invoices import DEBTOR, SqlOpenInvoices
from domain.bike_leasing.money.collecting import ChargeId
from domain.identity import City
from domain.invoicing.invoices import Invoice
from domain.invoicing.issuing import Counter
from services.bike_leasing.money.invoicing import HoldersDebts

BATCH = 100
LEFT = "bike_leasing.invoices_left"

# What was taken back before it was invoiced is owed by nobody. Asked for each charge by its name, which has an index: as a join it was planned
# over all of the ledger.
OWED = r"""c.city = :city AND c.payer = 'holder' AND c.invoice_id IS NULL
  AND c.month >= (SELECT coalesce(CAST(s.settings -> 'leasing' ->> 'holders_invoiced_from' AS date), '-infinity') FROM cities s WHERE s.city = :city)
  AND (SELECT r.id FROM ledger_entries r WHERE r.city = c.city AND r.source = 'reversal\:' || (SELECT e.id FROM ledger_entries e
    WHERE e.city = c.city AND e.source = 'lease\:' || c.lease_id || '\:' || to_char(c.month, 'YYYY-MM'))) IS NULL"""
# What a run that is under way has charged is seen together with the run, so a month is invoiced when its run is through.
FOUND = text(f"""
SELECT c.id, c.lease_id FROM lease_charges c WHERE {OWED}
  AND NOT EXISTS (SELECT FROM lease_runs r WHERE r.city = c.city AND r.ended_at IS NULL) ORDER BY c.month, c.lease_id LIMIT :limit
""")
# In the order of their ids: two that hold several never wait for each other.
LOCK = text(
    """SELECT 1 FROM leases WHERE city = :city AND id = ANY (CAST(:leases AS uuid[])) ORDER BY id FOR NO KEY UPDATE"""
)
# Of what is under way to be collected it is said when and by which mandate. Nobody debits what failed for the last time: that is
# transferred. What the provider has not heard of yet is taken from the account that was named last.
MONTHS = text(f"""
SELECT json_build_object('settings', y.settings, 'months', (
  SELECT coalesce(json_agg(json_build_object('lease', l.lease, 'month', c.month, 'debtor', {DEBTOR.format("c")}, 'charged', {CHARGED},
      'debit', CASE WHEN k.id IS NOT NULL THEN json_build_object('on', k.debited_on, 'mandate', m.mandate, 'creditor_id', m.creditor_id) END)
    ORDER BY c.month, c.lease_id), '[]'::json)
  FROM lease_charges c JOIN leases l ON l.city = c.city AND l.id = c.lease_id
    LEFT JOIN persons h ON h.city = c.city AND h.id = c.holder_id LEFT JOIN debtors d ON d.city = c.city AND d.person_id = c.holder_id
    LEFT JOIN LATERAL (SELECT q.id, CAST(coalesce(q.asked_at, greatest(q.due_at, :now)) AT TIME ZONE y.time_zone AS date) AS debited_on,
        CASE WHEN q.asked_at IS NULL THEN coalesce((SELECT n.method_id FROM lease_debits n
          WHERE n.city = q.city AND n.lease_id = q.lease_id AND n.holder_id = q.holder_id), q.method_id) ELSE q.method_id END AS method_id
      FROM lease_collections q WHERE q.city = c.city AND q.charge_id = c.id AND q.state NOT IN ('failed', 'returned')) k ON true
    LEFT JOIN LATERAL (SELECT p.mandate, p.creditor_id FROM payments p WHERE p.city = c.city AND p.holder_id = c.holder_id
        AND p.method_id = k.method_id AND p.mandate IS NOT NULL AND p.creditor_id IS NOT NULL ORDER BY p.made_at DESC LIMIT 1) m ON true
  WHERE {OWED} AND c.id = ANY (CAST(:charges AS uuid[]))))::text
FROM cities y WHERE y.city = :city
""")
COME_AGAIN = text(
    """INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at) VALUES (:city, :id, :kind, :id, :now, :now)"""
)

_debts = msgspec.json.Decoder(HoldersDebts)


class SqlHolderInvoiceBooks:
    def __init__(
        self, connection: AsyncConnection, city: City, shelf: SqlOpenInvoices, new_id: Callable[[], UUID], now: datetime
    ) -> None:
        self._connection = connection
        self._city = city
        self._shelf = shelf
        self._new_id = new_id
        self._now = now

    async def next_months(self) -> HoldersDebts:
        scope = {"city": self._city, "now": self._now}
        await take_turn(self._connection, self._city)
        found = (await self._connection.execute(FOUND, scope | {"limit": BATCH})).all()
        await self._connection.execute(LOCK, scope | {"leases": [row.lease_id for row in found]})
        # A third statement: what was withdrawn from while we waited for its lock is owed no more.
        read = await self._connection.execute(MONTHS, scope | {"charges": [row.id for row in found]})
        if len(found) == BATCH:
            await self._connection.execute(COME_AGAIN, scope | {"id": self._new_id(), "kind": LEFT})
        return _debts.decode(read.scalar_one())

    async def counter(self, series: str) -> Counter:
        return await self._shelf.counter(series)

    async def keep(self, invoice: Invoice, charges: Sequence[ChargeId]) -> None:
        await self._shelf.keep(invoice)
        await mark_invoiced(self._connection, self._city, invoice.id, charges)
