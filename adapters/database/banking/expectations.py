"""What is expected at the bank, in PostgreSQL: invoices that are paid by transfer, payouts of the payment provider."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Transactions
from adapters.database.invoicing.invoices import BY_TRANSFER
from adapters.database.payments.settlements import PAYOUT
from adapters.database.transacting import in_city
from domain.identity import City
from domain.invoicing.invoices import Invoice
from domain.payments.dunning import BY_WORD
from domain.payments.owing import Claim
from domain.payments.transactions import Payout
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from domain.reconciliation.payouts import awaited

GIVEN_UP = ", ".join(f"'{state.value}'" for state in sorted(BY_WORD))
# What is collected comes with a payout. What was credited, or given up by a person's word however long ago, is owed no more,
# unless it was paid before. What leases owe is expected by their own names. Of a few invoices it is looked up one by one, of all of them it is summed up once.
TRANSFERS = f"""
SELECT i.content, coalesce(c.credited, 0) + coalesce(g.given_up, 0) AS owed_no_more, coalesce(m.matched, 0) AS matched FROM invoices i
LEFT JOIN (SELECT n.corrects, sum(n.gross)::bigint AS credited FROM invoices n
  WHERE n.city = :city AND n.corrects IS NOT NULL GROUP BY 1) c ON c.corrects = i.id
LEFT JOIN (SELECT p.expected_id, sum(p.amount)::bigint AS matched FROM match_parts p WHERE p.city = :city AND NOT EXISTS (
  SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id) GROUP BY 1) m ON m.expected_id = 'invoice:' || i.id
LEFT JOIN (SELECT claim ->> 'invoice_id' AS invoice_id, sum((claim ->> 'open')::bigint)::bigint AS given_up
  FROM dunning_cases k, json_array_elements(k.claims) claim
  WHERE k.city = :city AND k.state IN ({GIVEN_UP}) GROUP BY 1) g ON g.invoice_id = i.id::text
WHERE i.city = :city AND i.booking_id IS NOT NULL AND i.kind = 'invoice' AND {BY_TRANSFER}
"""
SINCE = """
  AND (i.issued_on >= :since OR coalesce(m.matched, 0) < i.gross - coalesce(c.credited, 0) - coalesce(g.given_up, 0))
"""
THESE = f"""
SELECT i.content, coalesce(c.credited, 0) + coalesce(g.given_up, 0) AS owed_no_more, coalesce(m.matched, 0) AS matched FROM invoices i
LEFT JOIN LATERAL (SELECT sum(n.gross)::bigint AS credited FROM invoices n WHERE n.city = i.city AND n.corrects = i.id) c ON true
LEFT JOIN LATERAL (SELECT sum(p.amount)::bigint AS matched FROM match_parts p
  WHERE p.city = i.city AND p.expected_id = 'invoice:' || i.id AND NOT EXISTS (
    SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id)) m ON true
LEFT JOIN LATERAL (SELECT sum((claim ->> 'open')::bigint)::bigint AS given_up
  FROM dunning_cases k, json_array_elements(k.claims) claim WHERE k.city = i.city AND k.booking_id = i.booking_id
    AND k.state IN ({GIVEN_UP}) AND claim ->> 'invoice_id' = i.id::text) g ON true
WHERE i.city = :city AND i.id = ANY (CAST(:ids AS uuid[])) AND i.booking_id IS NOT NULL AND i.kind = 'invoice' AND {BY_TRANSFER}
"""
# What arrived since, and what has not come yet or only in part. The return of a failed one is told by its arrival.
PAYOUTS = text(rf"""
SELECT {PAYOUT}::text AS payout FROM payouts o WHERE o.city = :city AND (o.arrives_on >= :since OR (o.state <> 'canceled'
  AND o.amount <> coalesce((SELECT sum(p.amount) FROM match_parts p WHERE p.city = o.city AND p.expected_id = 'payout\:' || o.payout_id
    AND NOT EXISTS (SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id)), 0)))
""")
# What reminders ask for, or asked for.
DUNNED = """
SELECT json_build_object('claims', k.claims, 'currency', k.currency, 'is_open', k.state = 'open', 'due_on', k.opened_at::date)::text
FROM dunning_cases k WHERE k.city = :city AND ({which}) ORDER BY k.opened_at
"""
LATELY = DUNNED.format(which="k.state = 'open' OR k.updated_at >= :since")
OF_THESE = DUNNED.format(
    which="k.booking_id IN (SELECT i.booking_id FROM invoices i WHERE i.city = :city AND i.id = ANY (CAST(:ids AS uuid[])))"
)
UNDER = "stripe"  # a part of the name under which the provider pays
_payout = msgspec.json.Decoder(Payout)
_invoice = msgspec.json.Decoder(Invoice)


class SqlExpectations(ABC):
    """What one kind of thing has the city expect at the bank, all of it read in one transaction."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def of(self, city: City, since: date) -> tuple[Expected, ...]:
        scope = {"city": city, "since": since}
        return await in_city(self._transactions, city, lambda connection: self._found(connection, scope))

    @abstractmethod
    async def _found(self, connection: AsyncConnection, scope: Mapping[str, object]) -> tuple[Expected, ...]:
        """`scope` names the `city` and the day `since`."""


class SqlInvoiceExpectations(SqlExpectations):
    async def _found(self, connection: AsyncConnection, scope: Mapping[str, object]) -> tuple[Expected, ...]:
        return await _invoiced(connection, TRANSFERS + SINCE, LATELY, scope)


class SqlPayoutExpectations(SqlExpectations):
    async def _found(self, connection: AsyncConnection, scope: Mapping[str, object]) -> tuple[Expected, ...]:
        rows = await connection.execute(PAYOUTS, scope)
        return awaited([_payout.decode(row.payout) for row in rows], UNDER)


async def expected_of(connection: AsyncConnection, city: City, invoices: Sequence[UUID]) -> dict[ExpectedId, int]:
    """What is expected of these invoices as the connection's transaction sees it now; nothing of such as are not expected."""
    found = await _invoiced(connection, THESE, OF_THESE, {"city": city, "ids": list(invoices)})
    return {each.id: each.amount for each in found}


async def _invoiced(
    connection: AsyncConnection, transfers: str, cases: str, scope: Mapping[str, object]
) -> tuple[Expected, ...]:
    rows = await connection.execute(text(transfers), scope)
    found = [_expected(_invoice.decode(row.content), row.owed_no_more, row.matched) for row in rows]
    asking = [_dunned.decode(row) for row in (await connection.execute(text(cases), scope)).scalars()]
    return dunned(found, [case for case in asking if case.claims])


class Dunned(Struct, frozen=True):
    """What a dunning case asks for; `due_on` is when it was opened."""

    claims: tuple[Claim, ...]
    currency: str
    is_open: bool
    due_on: date


def dunned(expected: Iterable[Expected], cases: Iterable[Dunned]) -> tuple[Expected, ...]:
    """The same, and what reminders ask to be transferred: so much of each invoice as they say, all of it together under the
    first one's reference as well."""
    found = {each.id: each for each in expected}
    by_transfer = frozenset(found)
    for case in cases:
        asked = sorted((claim for claim in case.claims if claim.open), key=lambda claim: claim.fee)
        together = (asked[0].cash_reference,) if len(asked) > 1 and case.is_open else ()
        for claim in case.claims:
            name = ExpectedId(f"invoice:{claim.invoice_id}")
            amount = claim.open + claim.transferred if case.is_open else claim.transferred
            known = found.get(name) or Expected(
                name, ExpectedKind.INVOICE, amount, case.currency, case.due_on, (claim.cash_reference, claim.number)
            )
            # Of what is not asked for the case says only what came: the rest may fall due later, without it.
            if amount and (name not in by_transfer or (case.is_open and claim.open)):
                found[name] = replace(known, amount=amount, asked_with=together)
    return tuple(found.values())


_dunned = msgspec.json.Decoder(Dunned)


def _expected(invoice: Invoice, owed_no_more: int, matched: int) -> Expected:
    return Expected(
        ExpectedId(f"invoice:{invoice.id}"),
        ExpectedKind.INVOICE,
        max(invoice.gross.amount - owed_no_more, matched),
        invoice.gross.currency,
        invoice.payable_by or invoice.issued_on,
        (invoice.cash_reference, invoice.number),
        invoice.debtor.name or "",
    )
