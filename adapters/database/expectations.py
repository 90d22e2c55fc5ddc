"""What is expected at the bank, in PostgreSQL: invoices that are paid by transfer, payouts of the payment provider."""

from datetime import date

import msgspec
from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.connections import Transactions
from adapters.database.settlements import PAYOUT
from domain.identity import City
from domain.invoicing.invoices import Invoice
from domain.payments.transactions import Payout
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from domain.reconciliation.payouts import awaited

# What is collected comes with a payout. What was credited is owed no more, unless it was paid before.
BY_TRANSFER = text(r"""
SELECT i.content, coalesce(c.credited, 0) AS credited, coalesce(m.matched, 0) AS matched FROM invoices i
LEFT JOIN (SELECT n.corrects, sum(n.gross)::bigint AS credited FROM invoices n
  WHERE n.city = :city AND n.corrects IS NOT NULL GROUP BY 1) c ON c.corrects = i.id
LEFT JOIN (SELECT p.expected_id, sum(p.amount)::bigint AS matched FROM match_parts p WHERE p.city = :city AND NOT EXISTS (
  SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id) GROUP BY 1) m ON m.expected_id = 'invoice:' || i.id
WHERE i.city = :city AND i.kind = 'invoice' AND i.content LIKE '%"collected"\:false%'
  AND (i.issued_on >= :since OR coalesce(m.matched, 0) < i.gross - coalesce(c.credited, 0))
""")
# What arrived since, and what has not come yet or only in part. The return of a failed one is told by its arrival.
PAYOUTS = text(rf"""
SELECT {PAYOUT}::text AS payout FROM payouts o WHERE o.city = :city AND (o.arrives_on >= :since OR (o.state <> 'canceled'
  AND o.amount <> coalesce((SELECT sum(p.amount) FROM match_parts p WHERE p.city = o.city AND p.expected_id = 'payout\:' || o.payout_id
    AND NOT EXISTS (SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id)), 0)))
""")
UNDER = "stripe"  # a part of the name under which the provider pays
_payout = msgspec.json.Decoder(Payout)
_invoice = msgspec.json.Decoder(Invoice)


class SqlInvoiceExpectations:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def of(self, city: City, since: date) -> tuple[Expected, ...]:
        async def once() -> tuple[Expected, ...]:
            async with self._transactions.city(city) as connection:
                rows = await connection.execute(BY_TRANSFER, {"city": city, "since": since})
                return tuple(_expected(_invoice.decode(row.content), row.credited, row.matched) for row in rows)

        return await through(once)


class SqlPayoutExpectations:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def of(self, city: City, since: date) -> tuple[Expected, ...]:
        async def once() -> tuple[Expected, ...]:
            async with self._transactions.city(city) as connection:
                rows = await connection.execute(PAYOUTS, {"city": city, "since": since})
                return awaited([_payout.decode(row.payout) for row in rows], UNDER)

        return await through(once)


def _expected(invoice: Invoice, credited: int, matched: int) -> Expected:
    return Expected(
        ExpectedId(f"invoice:{invoice.id}"),
        ExpectedKind.INVOICE,
        max(invoice.gross.amount - credited, matched),
        invoice.gross.currency,
        invoice.payable_by or invoice.issued_on,
        (invoice.cash_reference, invoice.number),
        invoice.debtor.name or "",
    )
