"""`kommobil bench ledger`: a journal of a million postings, read over HTTP, and what posting costs beside a booking.

The journal is written by the loader, as the product would have written it: of each use a hold and its end, an invoice, a
charge and its fee, over three years. What was posted in the last minute is not sealed yet, as a worker would leave it.
"""

import random
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from msgspec import Struct

from adapters.database.connections import Address, connect
from domain.identity import Role
from infra.bench.city import BenchCity, BenchResource
from infra.bench.posting import Share, measured
from infra.bench.running import Load, RunningApi, http_request, load, running_api
from infra.bench.scaffold import BenchDatabase, bench_database, postgres_settings, postmaster_of
from infra.ids import new_id

OF_A_USE = 11  # postings
GOAL_MS = 50.0
CLIENTS = 1  # one question at a time: what is measured is the answer, not the queue
WARM_UP = 50
WAITING = 500  # entries that no worker has sealed: a minute of eight bookings a second
FIRST = datetime(2023, 1, 1, tzinfo=UTC)
MONTHS = 36

ACCOUNTS = """
INSERT INTO ledger_accounts (city, key, kind, name)
SELECT $1::text, k, 'asset', k FROM unnest(ARRAY['held', 'held_contra', 'receivables', 'revenue.charging.19', 'vat.19', 'provider',
  'provider_fees']) k ON CONFLICT DO NOTHING
"""
# Uses from $2 on, before $3, each of five entries with eleven legs. Ids in the order of time, as the product's are.
ENTRIES = """
INSERT INTO ledger_entries (city, id, kind, source, effective_at, period, created_at, leg_count, booking_id, text)
SELECT $1::text, lpad(to_hex(u * 8 + k.n), 32, '0')::uuid, k.kind, k.kind || ':' || u, t.at, date_trunc('month', t.at)::date, t.at,
  k.legs, lpad(to_hex(u), 32, '0')::uuid, ''
FROM generate_series($2::int, $3::int - 1) u
CROSS JOIN LATERAL (SELECT $4::timestamptz + (u * 7919 % $5::int) * interval '1 minute' AS at) t
CROSS JOIN (VALUES (0, 'hold', 2), (1, 'hold_end', 2), (2, 'invoice', 3), (3, 'capture', 2), (4, 'fee', 2)) k(n, kind, legs)
"""
LEGS = """
INSERT INTO ledger_legs (city, entry_id, number, account, side, amount, currency, debtor_id, effective_at, period)
SELECT e.city, e.id, l.number, l.account, l.side, l.amount, 'EUR',
  CASE WHEN l.account = 'receivables' THEN lpad(to_hex(('x' || right(e.booking_id::text, 8))::bit(32)::int % 20000), 32, '0')::uuid END,
  e.effective_at, e.period
FROM generate_series($2::int, $3::int - 1) u
JOIN (VALUES (0, 1, 'held', 'debit', 3000), (0, 2, 'held_contra', 'credit', 3000), (1, 1, 'held', 'credit', 3000),
  (1, 2, 'held_contra', 'debit', 3000), (2, 1, 'receivables', 'debit', 2470), (2, 2, 'revenue.charging.19', 'credit', 2076),
  (2, 3, 'vat.19', 'credit', 394), (3, 1, 'provider', 'debit', 2470), (3, 2, 'receivables', 'credit', 2470),
  (4, 1, 'provider', 'credit', 62), (4, 2, 'provider_fees', 'debit', 62)) l(n, number, account, side, amount) ON true
JOIN ledger_entries e ON e.city = $1::text AND e.id = lpad(to_hex(u * 8 + l.n), 32, '0')::uuid
"""
SUMS = """
INSERT INTO ledger_balances (city, account, currency, period, debit, credit)
SELECT city, account, currency, period, coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0),
  coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0)
FROM ledger_legs WHERE city = $1::text GROUP BY 1, 2, 3, 4
ON CONFLICT (city, account, currency, period) DO UPDATE SET debit = excluded.debit, credit = excluded.credit
"""
NOT_SEALED = """
INSERT INTO ledger_unsealed (city, entry_id) SELECT city, id FROM ledger_entries WHERE city = $1::text ORDER BY id DESC LIMIT $2::int
ON CONFLICT DO NOTHING
"""
TAKE_OUT = """
UPDATE ledger_balances b SET debit = b.debit - s.debit, credit = b.credit - s.credit FROM (
  SELECT l.account, l.currency, l.period, coalesce(sum(l.amount) FILTER (WHERE l.side = 'debit'), 0) AS debit,
    coalesce(sum(l.amount) FILTER (WHERE l.side = 'credit'), 0) AS credit
  FROM ledger_unsealed u JOIN ledger_legs l ON l.city = u.city AND l.entry_id = u.entry_id WHERE u.city = $1::text GROUP BY 1, 2, 3) s
WHERE b.city = $1::text AND (b.account, b.currency, b.period) = (s.account, s.currency, s.period)
"""


class Latency(Struct, frozen=True):
    """Of one kind of question, at one size of the journal, in milliseconds."""

    asked: str
    postings: int
    p50_ms: float
    p99_ms: float


class Figures(Struct, frozen=True):
    settings: dict[str, str]
    latencies: tuple[Latency, ...]
    share: Share


class Journal(Struct, frozen=True):
    city: BenchCity
    loader: Address

    async def grow(self, since: int, until: int) -> None:
        """Write the uses of these numbers; the last entries wait to be sealed, and are in no sum."""
        connection = await asyncpg.connect(self.loader.url)
        name = self.city.name
        minutes = MONTHS * 30 * 24 * 60
        try:
            await connection.execute("SET session_replication_role = replica; SET statement_timeout = 0")
            await connection.execute(ACCOUNTS, name)
            await connection.execute("DELETE FROM ledger_unsealed")
            await connection.execute(ENTRIES, name, since, until, FIRST, minutes)
            await connection.execute(LEGS, name, since, until)
            await connection.execute(SUMS, name)
            await connection.execute(NOT_SEALED, name, WAITING)
            await connection.execute(TAKE_OUT, name)
            await connection.execute("VACUUM (ANALYZE) ledger_entries, ledger_legs, ledger_balances, ledger_unsealed")
        finally:
            await connection.close()


async def run(
    *,
    postings: Sequence[int] = (100_000, 1_000_000),
    queries: int = 1000,
    bookings: int = 1000,
    processes: int = 1,
    url: str | None = None,
    say: Callable[[str], None] = print,
) -> Figures:
    """Measure at each size of the journal, then what posting costs."""
    latencies = []
    with tempfile.TemporaryDirectory(prefix="kommobil-bench-") as path:
        async with bench_database(url) as database:
            settings = await postgres_settings(database.loader)
            say("  ".join(f"{name}={value}" for name, value in settings.items()))
            city = BenchCity()
            resources = await city.open(database.loader, 1000)
            journal = Journal(city, database.loader)
            async with running_api(database, Path(path), processes, worker=False) as api:
                known = 0
                for size in postings:
                    await journal.grow(known, known := size // OF_A_USE)
                    for name, requests in _asked(api, city, queries).items():
                        await load(api, requests[:WARM_UP], CLIENTS)
                        latencies.append(_said(name, size, await load(api, requests, CLIENTS), say))
                share = await _share(database, api, city, resources, bookings)
            _say_share(share, say)
    return Figures(settings, tuple(latencies), share)


async def _share(
    database: BenchDatabase, api: RunningApi, city: BenchCity, resources: Sequence[BenchResource], bookings: int
) -> Share:
    app = connect(database.app)
    try:
        return await measured(app, api, city, resources, count=bookings, postgres=await postmaster_of(database.loader))
    finally:
        await app.close()


def _asked(api: RunningApi, city: BenchCity, count: int) -> dict[str, list[bytes]]:
    """Trial balances over all and of a month, statements of the busiest accounts: a month's, and all from the beginning."""
    dice = random.Random(city.seed)  # noqa: S311 - reproducible, no secret
    headers = {"Authorization": f"Bearer {api.token(city.name, new_id(), Role.FINANCE)}"}

    def one(path: str) -> bytes:
        return http_request("GET", f"/v1/{city.name}/finance/{path}", headers)

    def month() -> str:
        return f"{dice.randint(2023, 2025)}-{dice.randint(1, 12):02}"

    def balance() -> str:
        at = month()
        return f"trial-balance?from={at}&to={at}" if dice.random() < 0.5 else f"trial-balance?to={at}"

    def statement() -> str:
        at, account = month(), dice.choice(("provider", "receivables", "held"))
        span = f"from={at}&to={at}" if dice.random() < 0.5 else f"to={at}"
        return f"accounts/{account}/statement?{span}&limit=100"

    return {
        "trial balance": [one(balance()) for _ in range(count)],
        "account statement": [one(statement()) for _ in range(count)],
    }


def _said(name: str, size: int, met: Load, say: Callable[[str], None]) -> Latency:
    found = Latency(name, size, met.percentile(0.5), met.percentile(0.99))
    verdict = "within" if found.p99_ms <= GOAL_MS else "BEYOND"
    say(
        f"{name:18} {size:>9,} postings: p50 {found.p50_ms:.1f} ms, p99 {found.p99_ms:.1f} ms, {verdict} the goal of"
        f" {GOAL_MS:.0f} ms, statuses {met.statuses}"
    )
    return found


def _say_share(share: Share, say: Callable[[str], None]) -> None:
    say(
        f"a booking, server and PostgreSQL: {share.booking_ms:.2f} ms CPU to make it over HTTP, {share.invoice_ms:.2f} to write its"
        f" invoice, {share.document_ms:.2f} to render that"
    )
    say(
        f"posting and sealing all of it ({share.entries:.1f} entries): {share.posting_ms:.2f} ms CPU,"
        f" {100 * share.of_a_booking:.0f} % of that (goal: at most 30 %)"
    )
