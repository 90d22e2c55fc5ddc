"""The ledger in PostgreSQL, to be read.

What stands on an account is the sum of its months as far as they are sealed, and of the few legs that are not yet. So a trial
balance costs as much as there are accounts and months, however many entries there are.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import through
from adapters.database.connections import Transactions
from adapters.database.ledger.journal import ENTRY
from domain.identity import City
from domain.ledger.entries import EntryId
from services.ledger.ports import Recorded
from services.ledger.records import (
    EntriesWanted,
    Months,
    Related,
    Span,
    StatementLine,
    StatementWanted,
    Turnover,
)

# `effective_at <=` bounds the index scan; the rest of the cursor looks at the rows that it finds.
ENTRIES = """
SELECT {entry}::text AS found FROM ledger_entries e WHERE e.city = :city
  AND e.effective_at <= coalesce(CAST(:at AS timestamptz), 'infinity')
  AND (CAST(:at AS timestamptz) IS NULL OR e.effective_at < :at OR e.id < :id)
  AND e.effective_at >= coalesce(CAST(:since AS timestamptz), '-infinity')
  AND e.effective_at < coalesce(CAST(:until AS timestamptz), 'infinity')
  AND (cardinality(CAST(:kinds AS text[])) = 0 OR e.kind = ANY (CAST(:kinds AS text[]))) {more}
ORDER BY e.effective_at DESC, e.id DESC LIMIT :limit
"""
FILTERS = {
    "source": "AND e.source = :source",
    "booking_id": "AND e.booking_id = :booking_id",
    "exception_id": """AND e.id IN (SELECT c.id FROM exception_steps s JOIN ledger_entries c ON c.city = s.city
        AND c.source = 'cleared:' || s.id WHERE s.city = :city AND s.exception_id = :exception_id AND s.account IS NOT NULL
    UNION ALL SELECT u.id FROM exception_steps s JOIN ledger_entries c ON c.city = s.city AND c.source = 'cleared:' || s.id
        JOIN ledger_entries u ON u.city = c.city AND u.source = 'reversal:' || c.id
      WHERE s.city = :city AND s.exception_id = :exception_id AND s.account IS NOT NULL)""",
    "period": "AND e.period = :period",
}
ONE = f"SELECT {ENTRY}::text AS found FROM ledger_entries e WHERE e.city = :city AND e.id = :id"
# What a person booked for an exception is named after the step by which she did. Each looked up through its key: as joins the
# planner would rather read the whole journal once.
RELATED = """
SELECT e.id,
  (SELECT u.id FROM ledger_entries u WHERE u.city = e.city AND u.source = 'reversal:' || e.id) AS reversed_by,
  (SELECT s.exception_id FROM exception_steps s WHERE s.city = e.city
    AND s.id = CASE WHEN starts_with(w.source, 'cleared:') THEN substr(w.source, 9)::uuid END) AS exception_id
FROM ledger_entries e CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT o.source FROM ledger_entries o WHERE o.city = e.city AND o.id = e.reverses), e.source) AS source OFFSET 0) w
WHERE e.city = :city AND e.id = ANY (CAST(:ids AS uuid[]))
"""
_SEALED = """SELECT account, currency, period, debit, credit FROM ledger_balances
  WHERE city = :city AND period <= :last {of}"""
# OFFSET 0: entry by entry through the key. The planner would rather read all legs once, as it does not know how few wait.
_WAITING = """SELECT w.account, w.currency, w.period, w.debit, w.credit FROM ledger_unsealed u CROSS JOIN LATERAL (
    SELECT l.account, l.currency, l.period, CASE l.side WHEN 'debit' THEN l.amount ELSE 0 END AS debit,
      CASE l.side WHEN 'credit' THEN l.amount ELSE 0 END AS credit
    FROM ledger_legs l WHERE l.city = u.city AND l.entry_id = u.entry_id OFFSET 0) w
  WHERE u.city = :city AND w.period <= :last {of}"""
_OF_DEBTOR = """SELECT l.account, l.currency, l.period, CASE l.side WHEN 'debit' THEN l.amount ELSE 0 END AS debit,
    CASE l.side WHEN 'credit' THEN l.amount ELSE 0 END AS credit
  FROM ledger_legs l WHERE l.city = :city AND l.debtor_id = :debtor AND l.account = :account AND l.currency = :currency
    AND l.period <= :last"""
_TURNOVERS = """
SELECT json_build_object('account', json_build_object('key', a.key, 'kind', a.kind, 'name', a.name), 'currency', s.currency,
  'opening', s.opening, 'debit', s.debit, 'credit', s.credit)::text AS found
FROM (SELECT account, currency,
    coalesce(sum(debit - credit) FILTER (WHERE period < :first), 0) AS opening,
    coalesce(sum(debit) FILTER (WHERE period >= :first), 0) AS debit,
    coalesce(sum(credit) FILTER (WHERE period >= :first), 0) AS credit
  FROM ({parts}) p GROUP BY account, currency) s
JOIN ledger_accounts a ON a.city = :city AND a.key = s.account ORDER BY a.key, s.currency
"""
_OF = "AND account = :account AND currency = :currency"
ALL = _TURNOVERS.format(parts=f"{_SEALED.format(of='')} UNION ALL {_WAITING.format(of='')}")
OF_ONE = _TURNOVERS.format(parts=f"{_SEALED.format(of=_OF)} UNION ALL {_WAITING.format(of=_OF)}")
OF_DEBTOR = _TURNOVERS.format(parts=_OF_DEBTOR)
LINES = """
SELECT json_build_object('entry_id', l.entry_id, 'number', l.number, 'kind', e.kind, 'source', e.source, 'text', e.text,
  'origin', json_build_object('booking_id', e.booking_id, 'payment_id', e.payment_id, 'invoice_id', e.invoice_id,
    'provider_id', e.provider_id, 'bank_line', e.bank_line),
  'effective_at', l.effective_at, 'period', l.period, 'side', l.side, 'amount', l.amount, 'debtor', l.debtor_id,
  'cost_centre', l.cost_centre)::text AS found
FROM (SELECT * FROM ledger_legs l WHERE l.city = :city AND l.account = :account AND l.currency = :currency
    AND l.period >= :first AND l.period <= :last {more}
  ORDER BY l.period, l.effective_at, l.entry_id, l.number LIMIT :limit) l
JOIN ledger_entries e ON e.city = l.city AND e.id = l.entry_id ORDER BY l.period, l.effective_at, l.entry_id, l.number
"""
AFTER = "AND (l.period, l.effective_at, l.entry_id, l.number) > (:period, :at, :entry_id, :number)"
BY_DEBTOR = "AND l.debtor_id = :debtor"
MONTHS = """
SELECT json_build_object(
  'posted', (SELECT coalesce(json_agg(p.period ORDER BY p.period), '[]'::json) FROM (
    SELECT period FROM ledger_balances WHERE city = :city
    UNION SELECT w.period FROM ledger_unsealed u CROSS JOIN LATERAL (
      SELECT e.period FROM ledger_entries e WHERE e.city = u.city AND e.id = u.entry_id OFFSET 0) w WHERE u.city = :city) p),
  'closed', (SELECT coalesce(json_agg(json_build_object('month', month, 'closed_at', closed_at, 'closed_by', closed_by)
    ORDER BY month), '[]'::json) FROM ledger_periods WHERE city = :city))::text AS found
"""
BEGINNING = date(2000, 1, 1)  # before any month that could be asked for

_recorded = msgspec.json.Decoder(Recorded)
_turnover = msgspec.json.Decoder(Turnover)
_line = msgspec.json.Decoder(StatementLine)
_months = msgspec.json.Decoder(Months)


class SqlLedgerArchive:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def entries(self, city: City, wanted: EntriesWanted) -> tuple[Recorded, ...]:
        named = {name: value for name in FILTERS if (value := getattr(wanted, name)) is not None}
        sql = ENTRIES.format(entry=ENTRY, more=" ".join(FILTERS[name] for name in named))
        after = wanted.after
        values = {
            "at": after and after.at,
            "id": after and after.id,
            "since": wanted.since,
            "until": wanted.until,
            "kinds": [kind.value for kind in wanted.kinds],
            "limit": wanted.limit,
        }
        return tuple(map(_recorded.decode, await self._read(sql, city, **values, **named)))

    async def entry(self, city: City, entry_id: EntryId) -> Recorded | None:
        found = await self._read(ONE, city, id=entry_id)
        return _recorded.decode(found[0]) if found else None

    async def turnovers(self, city: City, span: Span, of: StatementWanted | None = None) -> tuple[Turnover, ...]:
        values = _span(span)
        if of is None:
            return tuple(map(_turnover.decode, await self._read(ALL, city, **values)))
        values |= {"account": of.account, "currency": of.currency}
        if of.debtor is None:
            return tuple(map(_turnover.decode, await self._read(OF_ONE, city, **values)))
        return tuple(map(_turnover.decode, await self._read(OF_DEBTOR, city, debtor=of.debtor, **values)))

    async def lines(self, city: City, wanted: StatementWanted) -> tuple[StatementLine, ...]:
        values: dict[str, object] = {"account": wanted.account, "currency": wanted.currency, "limit": wanted.limit}
        more = []
        if wanted.after is not None:
            more.append(AFTER)
            after = msgspec.structs.asdict(wanted.after)
            del after["balance"]
            values |= after
        if wanted.debtor is not None:
            more.append(BY_DEBTOR)
            values["debtor"] = wanted.debtor
        found = await self._read(LINES.format(more=" ".join(more)), city, **_span(wanted.span), **values)
        return tuple(map(_line.decode, found))

    async def months(self, city: City) -> Months:
        return _months.decode((await self._read(MONTHS, city))[0])

    async def related(self, city: City, entries: tuple[EntryId, ...]) -> Mapping[EntryId, Related]:
        async def once() -> dict[EntryId, Related]:
            async with self._transactions.city(city) as connection:
                rows = await connection.execute(text(RELATED), {"city": city, "ids": list(entries)})
                return {EntryId(row.id): Related(row.reversed_by, row.exception_id) for row in rows}

        return await through(once)

    async def _read(self, sql: str, city: City, **values: object) -> list[str]:
        async def once() -> list[str]:
            async with self._transactions.city(city) as connection:
                return await read(connection, sql, city, **values)

        return await through(once)


async def entry_of(connection: AsyncConnection, city: City, entry_id: EntryId) -> Recorded | None:
    found = await read(connection, ONE, city, id=entry_id)
    return _recorded.decode(found[0]) if found else None


async def read(connection: AsyncConnection, sql: str, city: City, **values: object) -> list[str]:
    return [row.found for row in await connection.execute(text(sql), {"city": city} | values)]


def _span(span: Span) -> dict[str, Any]:
    return {"first": span.first or BEGINNING, "last": span.last}
