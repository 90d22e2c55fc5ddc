"""What is owed for leases and comes by transfer, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.banking.expectations import SqlExpectations
from adapters.database.sheets import Sheet
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.money.receivables import Receivable
from domain.identity import PersonId
from domain.money import Money
from domain.reconciliation.expected import Expected, ExpectedId


# Leases go one by one when they are old enough, so of an employer's month that was paid less may be left than came for it: nothing is open then.
# What an account is debited for comes with the provider's payouts, as long as the bank has not said no for the last time. A claim is what
# the ledger has a holder owe beside her rates, due within the days of an invoice. Of a lease that is undone no month is owed, whoever may still transfer it.
def _owed(
    of_employer: str = "", of_holder: str = "", of_debtor: str = "", expected: str = "", reminded: str = ""
) -> str:
    """What has not come of all of a city, or as far as these conditions on charges, legs, matches and reminders narrow it down."""
    return rf"""
WITH owed AS (
  SELECT 'employer\:' || to_char(c.month, 'YYYY-MM') || '\:' || c.employer AS id, to_char(c.month, 'YYYY-MM') AS about, c.employer,
    CAST(NULL AS uuid) AS holder_id, CAST(NULL AS uuid) AS lease_id, sum(c.amount)::bigint AS amount, c.currency, max(c.due_on) AS due_on,
    false AS undone
  FROM lease_charges c WHERE c.city = :city AND c.payer = 'employer' {of_employer} GROUP BY c.month, c.employer, c.currency
  UNION ALL SELECT 'charge\:' || c.id, to_char(c.month, 'YYYY-MM'), NULL, c.holder_id, c.lease_id, c.amount, c.currency,
    greatest(c.due_on, (SELECT max(CAST(k.updated_at AT TIME ZONE y.time_zone AS date)) FROM lease_collections k JOIN cities y ON y.city = k.city
      WHERE k.city = c.city AND k.charge_id = c.id)),
    EXISTS (SELECT FROM leases l WHERE l.city = c.city AND l.id = c.lease_id AND l.state = 'withdrawn')
  FROM lease_charges c WHERE c.city = :city AND c.payer = 'holder' {of_holder} AND NOT EXISTS (SELECT FROM lease_collections k
    WHERE k.city = c.city AND k.charge_id = c.id AND k.state NOT IN ('failed', 'returned'))
  UNION ALL SELECT 'claim\:' || replace(e.source, 'lease_', ''), split_part(replace(e.source, 'lease_', ''), '\:', 1), NULL, g.debtor_id,
    CAST(split_part(e.source, '\:', 2) AS uuid), g.amount, g.currency,
    CAST(e.effective_at AT TIME ZONE y.time_zone AS date) + coalesce((y.settings -> 'invoicing' ->> 'payable_within_days')::int, 14), false
  FROM ledger_entries e JOIN ledger_legs g ON g.city = e.city AND g.entry_id = e.id AND g.account = 'receivables' JOIN cities y ON y.city = e.city
  WHERE e.city = :city AND e.kind = 'lease_settled' AND g.side = 'debit' {of_debtor}),
matched AS (SELECT p.expected_id, sum(p.amount)::bigint AS amount FROM match_parts p WHERE p.city = :city
  AND p.expected_id ~ '^(employer|charge|claim)\:' {expected} AND NOT EXISTS (
    SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id) GROUP BY 1)
SELECT o.id, o.about, o.employer, o.holder_id, o.lease_id, o.currency, o.due_on, o.amount + coalesce(d.fees, 0) AS amount,
  coalesce(m.amount, 0) AS paid, coalesce(d.steps, 0) AS steps, o.undone
FROM owed o LEFT JOIN matched m ON m.expected_id = o.id
LEFT JOIN (SELECT r.receivable, sum(r.fee)::bigint AS fees, count(*) AS steps FROM lease_reminders r WHERE r.city = :city {reminded} GROUP BY 1) d
  ON d.receivable = o.id
WHERE o.due_on >= :since OR (NOT o.undone AND o.amount + coalesce(d.fees, 0) > coalesce(m.amount, 0)) ORDER BY o.due_on, o.id
"""


OPEN = _owed()
# An id says which one of a debtor's it is; by the debtor its rows are found.
OPEN_OF = _owed(
    "AND c.employer = :employer",
    "AND c.holder_id = :holder",
    "AND g.debtor_id = :holder",
    "AND p.expected_id = :receivable",
    "AND r.receivable = :receivable",
)
FOREVER = date.max


async def open_receivables(sheet: Sheet) -> Sequence[Receivable]:
    """What has not come, or only in part; the first that was due first."""
    return [receivable(row) for row in await sheet.rows(OPEN, since=FOREVER)]


async def open_receivable(
    sheet: Sheet, receivable_id: str, employer: PartyId | None, holder: PersonId | None
) -> Receivable | None:
    """What has not come of that one, which the employer or the holder owes; None where nothing is open of it."""
    asked = {"receivable": receivable_id, "employer": employer, "holder": holder, "since": FOREVER}
    rows = await sheet.rows(OPEN_OF, **asked)
    return next((receivable(row) for row in rows if row.id == receivable_id), None)


class SqlLeaseExpectations(SqlExpectations):
    async def _found(self, connection: AsyncConnection, scope: Mapping[str, object]) -> tuple[Expected, ...]:
        rows = await connection.execute(text(OPEN), scope)
        return tuple(receivable(row).expected() for row in rows)


def receivable(row: Any) -> Receivable:
    """A row of `OPEN`."""
    return Receivable(
        ExpectedId(row.id),
        row.about,
        Money(row.amount, row.currency),
        row.due_on,
        Money(row.paid, row.currency),
        PartyId(row.employer) if row.employer is not None else None,
        PersonId(row.holder_id) if row.holder_id is not None else None,
        LeaseId(row.lease_id) if row.lease_id is not None else None,
        row.steps,
        row.undone,
    )
