"""Writing entries in PostgreSQL, as many as there are by one statement."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct

from adapters.database.connections import Session
from domain.identity import City
from domain.ledger.accounts import account_of
from domain.ledger.entries import Entry

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
SELECT coalesce(array_agg(id), '{}') FROM posted
"""

Write: TypeAlias = Callable[[Session, City, "Posting"], Awaitable[int]]
"""How many of the entries were new."""


class Posting(Struct, frozen=True):
    """Entries that balance, each under an id of its own, as recorded at an instant."""

    entries: Mapping[UUID, Entry]
    at: datetime


_encode = msgspec.json.Encoder().encode


async def write(session: Session, city: City, posting: Posting) -> int:
    (new,) = await write_all(session, city, [posting])
    return new


async def write_all(session: Session, city: City, postings: Sequence[Posting]) -> Sequence[int]:
    """In one statement, which is a transaction where nobody has begun one; as recorded when the first of them is."""
    entries = {entry_id: entry for posting in postings for entry_id, entry in posting.entries.items()}
    rows = _encode([_row(entry_id, entry) for entry_id, entry in entries.items()]).decode()
    accounts = _encode(_accounts(entries.values())).decode()
    new = frozenset(await session.one(POST, city, rows, accounts, postings[0].at))
    return [len(new & posting.entries.keys()) for posting in postings]


def _row(entry_id: UUID, entry: Entry) -> dict[str, Any]:
    said = msgspec.structs.asdict(entry)
    return {"id": entry_id, **said, **msgspec.structs.asdict(said.pop("origin"))}


def _accounts(entries: Iterable[Entry]) -> list[dict[str, str]]:
    keys = {leg.account for entry in entries for leg in entry.legs}
    return [
        {"key": account.key, "kind": account.kind.value, "name": account.name}
        for account in map(account_of, sorted(keys))
    ]
