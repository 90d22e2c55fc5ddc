"""The ledger's journal in PostgreSQL: written once, under the name of its fact."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import through
from adapters.database.connections import Transactions
from adapters.database.ledger_facts import SqlFacts
from domain.identity import City
from domain.ledger.accounts import account_of
from domain.ledger.entries import Entry, balanced
from services.ledger.ports import OpenLedger, Recorded

T = TypeVar("T")

# Entries in the order of their sources: two that post the same facts wait for each other and do not lock each other up.
POST = text("""
WITH given AS (
  SELECT * FROM json_to_recordset(CAST(:entries AS json)) g(id uuid, kind text, source text, effective_at timestamptz, text text,
    booking_id uuid, payment_id uuid, invoice_id uuid, provider_id text, bank_line uuid, reverses uuid, legs json)),
opened AS (
  INSERT INTO ledger_accounts (city, key, kind, name)
  SELECT :city, a.key, a.kind, a.name FROM json_to_recordset(CAST(:accounts AS json)) a(key text, kind text, name text)
  WHERE NOT EXISTS (SELECT FROM ledger_accounts k WHERE k.city = :city AND k.key = a.key)
  ORDER BY a.key ON CONFLICT DO NOTHING),
posted AS (
  INSERT INTO ledger_entries (city, id, kind, source, effective_at, period, created_at, leg_count, booking_id, payment_id,
    invoice_id, provider_id, bank_line, text, reverses)
  SELECT :city, id, kind, source, effective_at, '-infinity', :now, json_array_length(legs), booking_id, payment_id, invoice_id,
    provider_id, bank_line, text, reverses
  FROM given ORDER BY source ON CONFLICT (city, source) DO NOTHING RETURNING id, period, effective_at),
written AS (
  INSERT INTO ledger_legs (city, entry_id, number, account, side, amount, currency, debtor_id, cost_centre, vat_rate,
    effective_at, period)
  SELECT :city, p.id, n.number, l.account, l.side, (l.amount ->> 'amount')::bigint, l.amount ->> 'currency', l.debtor,
    l.cost_centre, l.vat_rate, p.effective_at, p.period
  FROM posted p JOIN given g ON g.id = p.id CROSS JOIN json_array_elements(g.legs) WITH ORDINALITY n(leg, number),
    json_to_record(n.leg) l(account text, side text, amount json, debtor uuid, cost_centre text, vat_rate numeric))
SELECT count(*) FROM posted
""")
ENTRY = """json_build_object('id', e.id, 'recorded_at', e.created_at, 'period', e.period,
  'position', (SELECT s.position FROM ledger_seals s WHERE s.city = e.city AND s.entry_id = e.id),
  'entry', json_build_object('kind', e.kind, 'source', e.source, 'effective_at', e.effective_at, 'text', e.text,
    'reverses', e.reverses, 'origin', json_build_object('booking_id', e.booking_id, 'payment_id', e.payment_id,
      'invoice_id', e.invoice_id, 'provider_id', e.provider_id, 'bank_line', e.bank_line),
    'legs', (SELECT json_agg(json_build_object('account', l.account, 'side', l.side, 'debtor', l.debtor_id,
        'amount', json_build_object('amount', l.amount, 'currency', l.currency), 'cost_centre', l.cost_centre,
        'vat_rate', l.vat_rate::text) ORDER BY l.number)
      FROM ledger_legs l WHERE l.city = e.city AND l.entry_id = e.id)))"""
KNOWN = text(f"""
SELECT coalesce(json_agg({ENTRY} ORDER BY e.source), '[]'::json)::text FROM ledger_entries e
WHERE e.city = :city AND e.source = ANY (CAST(:sources AS text[]))
""")

_encode = msgspec.json.Encoder().encode
_recorded = msgspec.json.Decoder(tuple[Recorded, ...])


class SqlJournal:
    def __init__(self, connection: AsyncConnection, city: City, now: datetime, new_id: Callable[[], UUID]) -> None:
        self._connection = connection
        self._city = city
        self._now = now
        self._new_id = new_id

    async def post(self, entries: Sequence[Entry]) -> int:
        if not entries:
            return 0
        values = {
            "city": self._city,
            "now": self._now,
            "entries": _encode([_row(self._new_id(), balanced(entry)) for entry in entries]).decode(),
            "accounts": _encode(_accounts(entries)).decode(),
        }
        return int((await self._connection.execute(POST, values)).scalar_one())

    async def known(self, sources: Iterable[str]) -> tuple[Recorded, ...]:
        found = await self._connection.execute(KNOWN, {"city": self._city, "sources": list(sources)})
        return _recorded.decode(found.scalar_one())


class SqlLedgers:
    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def work(self, city: City, do: Callable[[OpenLedger], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._transactions.city(city) as connection:
                journal = SqlJournal(connection, city, self._clock(), self._new_id)
                return await do(OpenLedger(journal, SqlFacts(connection, city)))

        return await through(once)


def _row(entry_id: UUID, entry: Entry) -> dict[str, Any]:
    said = msgspec.structs.asdict(entry)
    return {"id": entry_id, **said, **msgspec.structs.asdict(said.pop("origin"))}


def _accounts(entries: Iterable[Entry]) -> list[dict[str, str]]:
    keys = {leg.account for entry in entries for leg in entry.legs}
    return [
        {"key": account.key, "kind": account.kind.value, "name": account.name}
        for account in map(account_of, sorted(keys))
    ]
