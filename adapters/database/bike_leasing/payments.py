"""Payments to dealers, and back to holders, in PostgreSQL: what the ledger says is owed, what was ordered of it, and that it is expected at the
bank."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.banking.expectations import SqlExpectations
from adapters.database.bike_leasing.runs import PLACE
from adapters.database.connections import Within
from adapters.database.ledger.writing import Posting, write
from adapters.database.sheets import Sheet, as_json
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.money.paying import CreditTransfer, OrderId, PaidFor, PartyAccount, Payable, PaymentOrder
from domain.identity import PersonId
from domain.ledger.entries import Entry
from domain.money import Money
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from services.bike_leasing.money.paying import Filed, Payer

# By the ledger's own entries; what was taken back there is owed no more. What was matched with months of a lease that is undone goes back.
PAYABLES = r"""
WITH owed AS (
  SELECT 'bike' AS paid_for, l.id AS subject, l.id AS lease_id, 'lease_bought:' || l.id AS source FROM leases l WHERE l.city = :city
  UNION ALL SELECT 'service', s.id, s.lease_id, 'lease_service:' || s.id FROM lease_service_invoices s
  WHERE s.city = :city AND s.state = 'accepted'),
standing AS (
  SELECT o.paid_for, o.subject, o.lease_id, g.cost_centre AS dealer, CAST(NULL AS uuid) AS holder_id, g.amount, g.currency,
    e.effective_at AS since, CAST(NULL AS text) AS name, CAST(NULL AS text) AS iban FROM owed o
  JOIN ledger_entries e ON e.city = :city AND e.source = o.source
  JOIN ledger_legs g ON g.city = e.city AND g.entry_id = e.id AND g.account = 'dealers'
  WHERE NOT EXISTS (SELECT FROM ledger_entries r WHERE r.city = e.city AND r.source = 'reversal:' || e.id)
  UNION ALL
  SELECT 'refund', CAST(md5(p.match_id::text || p.line_id::text || p.expected_id) AS uuid), c.lease_id, NULL, c.holder_id, p.amount, b.currency,
    greatest(m.made_at, l.updated_at), left(coalesce(nullif(b.counterparty, ''), '-'), 70), upper(replace(b.counterparty_iban, ' ', ''))
  FROM leases l JOIN lease_charges c ON c.city = l.city AND c.lease_id = l.id AND c.payer = 'holder'
  JOIN match_parts p ON p.city = c.city AND p.expected_id = 'charge\:' || c.id AND p.amount > 0
  JOIN matches m ON m.city = p.city AND m.id = p.match_id JOIN bank_lines b ON b.city = p.city AND b.id = p.line_id
  WHERE l.city = :city AND l.state = 'withdrawn'
    AND NOT EXISTS (SELECT FROM match_undoings u WHERE u.city = m.city AND u.match_id = m.id))
SELECT s.*, 1 + (SELECT count(*) FROM lease_payments b WHERE b.city = :city AND b.subject = s.subject) AS attempt FROM standing s
WHERE NOT EXISTS (SELECT FROM lease_payments p WHERE p.city = :city AND p.subject = s.subject AND p.returned_at IS NULL)
ORDER BY s.since, s.subject
"""
ACCOUNTS = "SELECT party, name, iban FROM lease_accounts WHERE city = :city"
KEEP_ACCOUNT = """INSERT INTO lease_accounts (city, party, name, iban, said_by, said_at) VALUES (:city, :party, :name, :iban, :by, :now)
ON CONFLICT (city, party) DO UPDATE SET name = excluded.name, iban = excluded.iban, said_by = excluded.said_by, said_at = excluded.said_at"""
KEEP = """INSERT INTO lease_payment_orders (city, id, execute_on, ordered_by, ordered_at) VALUES (:city, :id, :execute_on, :by, :now)"""
KEEP_PAYMENTS = """INSERT INTO lease_payments (city, subject, attempt, paid_for, lease_id, since, order_id, dealer, holder_id, name, iban, amount, currency, reference)
SELECT :city, p.subject, p.attempt, p.paid_for, p.lease_id, p.since, :id, p.dealer, p.holder_id, p.name, p.iban, p.amount, p.currency, p.reference
FROM jsonb_to_recordset(CAST(:payments AS jsonb)) p(subject uuid, attempt int, paid_for text, lease_id uuid, since timestamptz, dealer text, holder_id uuid, name text, iban text, amount bigint, currency text,
  reference text)"""
# A payment as JSON, of lease_payments p; an order, of lease_payment_orders o.
PAYMENT = """json_build_object('payable', json_build_object('paid_for', p.paid_for, 'subject', p.subject, 'lease_id', p.lease_id,
        'dealer', p.dealer, 'holder', p.holder_id, 'since', p.since, 'attempt', p.attempt,
        'amount', json_build_object('amount', p.amount, 'currency', p.currency)),
      'account', json_build_object('party', coalesce(p.dealer, p.holder_id::text), 'name', p.name, 'iban', p.iban), 'returned_at', p.returned_at)"""
ORDER = f"""json_build_object('id', o.id, 'execute_on', o.execute_on, 'made_at', o.ordered_at, 'payments',
  (SELECT coalesce(json_agg({PAYMENT} ORDER BY p.since, p.subject), '[]')
    FROM lease_payments p WHERE p.city = o.city AND p.order_id = o.id))::text"""
ORDERS = f"""SELECT {ORDER} AS made FROM lease_payment_orders o WHERE o.city = :city ORDER BY o.ordered_at DESC, o.id LIMIT 200"""
FILED = f"""SELECT {ORDER} AS made, c.settings ->> 'legal_entity' AS name, replace(c.settings ->> 'iban', ' ', '') AS iban
FROM lease_payment_orders o JOIN cities c ON c.city = o.city WHERE o.city = :city AND o.id = :id"""
NAMED = (
    f"SELECT {PAYMENT}::text AS made FROM lease_payments p WHERE p.city = :city AND p.reference = :reference FOR UPDATE"
)
RETURNED = (
    """UPDATE lease_payments SET returned_at = :at, returned_by = :by WHERE city = :city AND reference = :reference"""
)
# What was ordered lately, and what the bank has not booked yet, or only in part.
EXPECTED = r"""
SELECT p.subject, p.attempt, p.amount, p.currency, p.name, p.reference, p.order_id, o.execute_on, p.returned_at,
  (SELECT count(*) FROM lease_payments x WHERE x.city = p.city AND x.order_id = p.order_id) AS in_order
FROM lease_payments p JOIN lease_payment_orders o ON o.city = p.city AND o.id = p.order_id
WHERE p.city = :city AND (o.execute_on >= :since OR p.amount + coalesce((SELECT sum(m.amount) FROM match_parts m
  WHERE m.city = p.city AND m.expected_id = 'dealer\:' || p.subject || CASE WHEN p.attempt > 1 THEN '\:' || p.attempt ELSE '' END AND NOT EXISTS (
    SELECT FROM match_undoings u WHERE u.city = m.city AND u.match_id = m.match_id)), 0) <> 0 OR p.returned_at >= :since)
"""
_order = msgspec.json.Decoder(PaymentOrder)
_payment = msgspec.json.Decoder(CreditTransfer)


class SqlPaymentBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def today(self) -> date:
        today: date = (await self._sheet.rows(PLACE))[0].today
        return today

    async def payables(self) -> Sequence[Payable]:
        return [_payable(row) for row in await self._sheet.rows(PAYABLES)]

    async def accounts(self) -> Mapping[PartyId, PartyAccount]:
        rows = await self._sheet.rows(ACCOUNTS)
        return {PartyId(row.party): PartyAccount(PartyId(row.party), row.name, row.iban) for row in rows}

    async def keep_account(self, account: PartyAccount) -> None:
        said = {"party": account.party, "name": account.name, "iban": account.iban}
        await self._sheet.write(KEEP_ACCOUNT, by=self._sheet.actor_id, **said)
        await self._sheet.note("bike_leasing.party_account_said", self._sheet.named("lease_accounts", account.party))

    async def keep(self, order: PaymentOrder, entries: Sequence[Entry]) -> None:
        sheet = self._sheet
        await sheet.write(KEEP, id=order.id, execute_on=order.execute_on, by=sheet.actor_id)
        await sheet.write(KEEP_PAYMENTS, id=order.id, payments=as_json(_rows(order)))
        posting = Posting({sheet.new_id(): each for each in entries}, sheet.now)
        await write(Within(sheet.connection), sheet.city, posting)
        await sheet.note("bike_leasing.dealers_paid", order.id)

    async def orders(self) -> Sequence[PaymentOrder]:
        return [_order.decode(row.made) for row in await self._sheet.rows(ORDERS)]

    async def order(self, order_id: OrderId) -> Filed | None:
        rows = await self._sheet.rows(FILED, id=order_id)
        return Filed(_order.decode(rows[0].made), Payer(rows[0].name, rows[0].iban)) if rows else None

    async def payment(self, reference: str) -> CreditTransfer | None:
        rows = await self._sheet.rows(NAMED, reference=reference)
        return _payment.decode(rows[0].made) if rows else None

    async def keep_returned(self, payment: CreditTransfer, entry: Entry) -> None:
        sheet, said = self._sheet, {"reference": payment.reference, "at": payment.returned_at}
        await sheet.write(RETURNED, by=sheet.actor_id, **said)
        await write(Within(sheet.connection), sheet.city, Posting({sheet.new_id(): entry}, sheet.now))
        await sheet.note("bike_leasing.payment_returned", payment.payable.subject)


class SqlDealerExpectations(SqlExpectations):
    """What was ordered at the bank goes out of the account: each transfer by its reference, or all of an order as one sum."""

    async def _found(self, connection: AsyncConnection, scope: Mapping[str, object]) -> tuple[Expected, ...]:
        rows = await connection.execute(text(EXPECTED), scope)
        return tuple(each for row in rows for each in _expected(row))


def _payable(row: Any) -> Payable:
    came_from = PartyAccount(PartyId(str(row.holder_id)), row.name, row.iban) if row.iban else None
    return Payable(
        PaidFor(row.paid_for),
        row.subject,
        LeaseId(row.lease_id),
        PartyId(row.dealer) if row.dealer is not None else None,
        Money(row.amount, row.currency),
        row.since,
        row.attempt,
        PersonId(row.holder_id) if row.holder_id is not None else None,
        came_from,
    )


def _expected(row: Any) -> Iterator[Expected]:
    """That it goes out, and where somebody said so that it comes back."""
    order = UUID(str(row.order_id)).hex.upper()
    alone = row.in_order == 1
    again = f":{row.attempt}" if row.attempt > 1 else ""
    yield Expected(
        ExpectedId(f"dealer:{row.subject}{again}"),
        ExpectedKind.TRANSFER,
        -row.amount,
        row.currency,
        row.execute_on,
        (row.reference, order) if alone else (row.reference,),
        row.name,
        asked_with=() if alone else (order,),
    )
    if row.returned_at is not None:
        yield Expected(
            ExpectedId(f"returned:{row.subject}:{row.attempt}"),
            ExpectedKind.OTHER,
            row.amount,
            row.currency,
            row.returned_at.date(),
            (row.reference,),
            row.name,
        )


def _rows(order: PaymentOrder) -> list[dict[str, Any]]:
    return [
        {
            "subject": each.payable.subject,
            "attempt": each.payable.attempt,
            "paid_for": each.payable.paid_for.value,
            "lease_id": each.payable.lease_id,
            "since": each.payable.since,
            "dealer": each.payable.dealer,
            "holder_id": each.payable.holder,
            "name": each.account.name,
            "iban": each.account.iban,
            "amount": each.payable.amount.amount,
            "currency": each.payable.amount.currency,
            "reference": each.reference,
        }
        for each in order.payments
    ]
