"""The ledger's journal in PostgreSQL: written once, under the name of its fact."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from adapters.database.answering import through
from adapters.database.booking_sheets import IN_CITY
from adapters.database.connections import Session, Statements
from adapters.database.ledger_facts import SqlFacts
from domain.identity import City
from domain.ledger.accounts import account_of
from domain.ledger.entries import Entry, balanced
from services.ledger.ports import OpenLedger, Recorded

T = TypeVar("T")

# Entries in the order of their sources: two that post the same facts wait for each other and do not lock each other up. What
# is known is left out before any trigger looks at it; CASE, so that the city is set before the row policies ask for it, and a
# value that is NULL, since the planner would answer NOT EXISTS by reading all entries into a hash.
POST = """
WITH scope AS MATERIALIZED (SELECT set_config('kommobil.city', $1::text, true) AS city),
given AS (
  SELECT s.city, g.* FROM scope s, json_to_recordset($2::json) g(id uuid, kind text, source text, effective_at timestamptz,
    text text, booking_id uuid, payment_id uuid, invoice_id uuid, provider_id text, bank_line uuid, reverses uuid, legs json)
  WHERE CASE WHEN s.city <> '' THEN (SELECT 1 FROM ledger_entries k WHERE k.city = s.city AND k.source = g.source) IS NULL END),
opened AS (
  INSERT INTO ledger_accounts (city, key, kind, name)
  SELECT s.city, a.key, a.kind, a.name FROM scope s, json_to_recordset($3::json) a(key text, kind text, name text)
  WHERE CASE WHEN s.city <> '' THEN (SELECT 1 FROM ledger_accounts k WHERE k.city = s.city AND k.key = a.key) IS NULL END
  ORDER BY a.key ON CONFLICT DO NOTHING),
posted AS (
  INSERT INTO ledger_entries (city, id, kind, source, effective_at, period, created_at, leg_count, booking_id, payment_id,
    invoice_id, provider_id, bank_line, text, reverses)
  SELECT city, id, kind, source, effective_at, '-infinity', $4::timestamptz, json_array_length(legs), booking_id, payment_id,
    invoice_id, provider_id, bank_line, text, reverses
  FROM given ORDER BY source ON CONFLICT (city, source) DO NOTHING RETURNING city, id, period, effective_at),
written AS (
  INSERT INTO ledger_legs (city, entry_id, number, account, side, amount, currency, debtor_id, cost_centre, vat_rate,
    effective_at, period)
  SELECT p.city, p.id, n.number, l.account, l.side, (l.amount ->> 'amount')::bigint, l.amount ->> 'currency', l.debtor,
    l.cost_centre, l.vat_rate, p.effective_at, p.period
  FROM posted p JOIN given g ON g.id = p.id CROSS JOIN json_array_elements(g.legs) WITH ORDINALITY n(leg, number),
    json_to_record(n.leg) l(account text, side text, amount json, debtor uuid, cost_centre text, vat_rate numeric))
SELECT count(*) FROM posted
"""
ENTRY = """json_build_object('id', e.id, 'recorded_at', e.created_at, 'period', e.period,
  'position', (SELECT s.position FROM ledger_seals s WHERE s.city = e.city AND s.entry_id = e.id),
  'entry', json_build_object('kind', e.kind, 'source', e.source, 'effective_at', e.effective_at, 'text', e.text,
    'reverses', e.reverses, 'origin', json_build_object('booking_id', e.booking_id, 'payment_id', e.payment_id,
      'invoice_id', e.invoice_id, 'provider_id', e.provider_id, 'bank_line', e.bank_line),
    'legs', (SELECT json_agg(json_build_object('account', l.account, 'side', l.side, 'debtor', l.debtor_id,
        'amount', json_build_object('amount', l.amount, 'currency', l.currency), 'cost_centre', l.cost_centre,
        'vat_rate', l.vat_rate::text) ORDER BY l.number)
      FROM ledger_legs l WHERE l.city = e.city AND l.entry_id = e.id)))"""
KNOWN = IN_CITY.format(
    query=f"""SELECT coalesce(json_agg({ENTRY} ORDER BY e.source), '[]'::json) FROM ledger_entries e
  WHERE e.city = $1::text AND e.source = ANY ($2::text[])"""
)

_encode = msgspec.json.Encoder().encode
_recorded = msgspec.json.Decoder(tuple[Recorded, ...])


class SqlJournal:
    """Each call is one statement and one transaction."""

    def __init__(self, session: Session, city: City, now: datetime, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._city = city
        self._now = now
        self._new_id = new_id

    async def post(self, entries: Sequence[Entry]) -> int:
        if not entries:
            return 0
        rows = _encode([_row(self._new_id(), balanced(entry)) for entry in entries]).decode()
        accounts = _encode(_accounts(entries)).decode()
        return int(await self._session.one(POST, self._city, rows, accounts, self._now))

    async def known(self, sources: Iterable[str]) -> tuple[Recorded, ...]:
        return _recorded.decode(await self._session.one(KNOWN, self._city, list(sources)))


class SqlLedgers:
    def __init__(self, statements: Statements, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._statements = statements
        self._clock = clock
        self._new_id = new_id

    async def work(self, city: City, do: Callable[[OpenLedger], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._statements.session() as session:
                journal = SqlJournal(session, city, self._clock(), self._new_id)
                return await do(OpenLedger(journal, SqlFacts(session, city)))

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
