"""`kommobil bench ledger`: a journal of a million postings, read over HTTP, and what posting costs beside a booking.

The journal is written by the loader, as the product would have written it: of each use a hold and its end, an invoice, a
charge and its fee, over three years. What was posted in the last minute is not sealed yet, as a worker would leave it.
"""

import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from msgspec import Struct

from adapters.database.connections import Address, connect
from domain.identity import City, Role
from infra.bench.city import BenchCity, BenchResource
from infra.bench.posting import Share, measured
from infra.bench.running import Load, RunningApi, http_request, load, running_api
from infra.bench.scaffold import BenchDatabase, bench_database, postgres_settings, postmaster_of
from infra.clock import now
from infra.finance.banking import reconciliation
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
SELECT $1::text, lpad(to_hex(u * 8 + k.n), 32, '0')::uuid, k.kind, CASE WHEN k.n < 3 THEN k.kind || ':' || u ELSE 'bt:txn_' || u || ':' || k.kind END, t.at,
  date_trunc('month', t.at)::date, t.at,
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
# What the provider says of the same charges, so that the two books can be compared.
MOVEMENTS = """
INSERT INTO provider_transactions (city, id, transaction_id, kind, type, category, amount, fee, net, currency, created_at,
  available_at, payment_id, fees, seen_at)
SELECT $1::text, lpad(to_hex(u * 8 + 5), 32, '0')::uuid, 'txn_' || u, 'charge', 'charge', 'charge', 2470, 62, 2408, 'EUR',
  e.effective_at, e.effective_at, lpad(to_hex(u), 32, '0')::uuid, '[]', e.effective_at
FROM generate_series($2::int, $3::int - 1) u
JOIN ledger_entries e ON e.city = $1::text AND e.id = lpad(to_hex(u * 8 + 3), 32, '0')::uuid
"""
MOVED = """
INSERT INTO provider_sums (city, currency, moved, paid_out)
SELECT city, currency, sum(net), 0 FROM provider_transactions WHERE city = $1::text GROUP BY 1, 2
ON CONFLICT (city, currency) DO UPDATE SET moved = excluded.moved
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
# All but those, in the order of their ids; nobody verifies this chain.
SEALED = """
INSERT INTO ledger_seals (city, position, entry_id, digest, sealed_at)
SELECT e.city, row_number() OVER (ORDER BY e.id), e.id, sha256('bench'), now() FROM ledger_entries e
WHERE e.city = $1::text AND NOT EXISTS (SELECT FROM ledger_unsealed u WHERE u.city = e.city AND u.entry_id = e.id)
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
            await connection.execute(
                "DELETE FROM ledger_unsealed; DELETE FROM ledger_seals; DELETE FROM reconciliations"
            )
            await connection.execute(ENTRIES, name, since, until, FIRST, minutes)
            await connection.execute(LEGS, name, since, until)
            await connection.execute(MOVEMENTS, name, since, until)
            await connection.execute(MOVED, name)
            await connection.execute(SUMS, name)
            await connection.execute(NOT_SEALED, name, WAITING)
            await connection.execute(TAKE_OUT, name)
            await connection.execute(SEALED, name)
            await connection.execute(
                "VACUUM (ANALYZE) ledger_entries, ledger_legs, ledger_balances, ledger_unsealed, ledger_seals, provider_transactions"
            )
        finally:
            await connection.close()


async def run(
    *,
    postings: Sequence[int] = (100_000, 1_000_000),
    queries: int = 1000,
    looks: int = 20,
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
                    latencies.append(await _compared(database, city, size, looks, say))
                share = await _share(database, api, city, resources, bookings)
            _say_share(share, say)
    return Figures(settings, tuple(latencies), share)


async def _compared(
    database: BenchDatabase, city: BenchCity, size: int, looks: int, say: Callable[[str], None]
) -> Latency:
    """Three books beside each other, as each night and after each file; the first look of all, which reads all, is said
    apart."""
    app = connect(database.app)
    desk = reconciliation(app.transactions, now, new_id, lambda: None)
    try:
        first, *took = [await _timed(desk.run, City(city.name)) for _ in range(looks + 1)]
    finally:
        await app.close()
    met = Load({}, sorted(took), sum(took))
    found = Latency("comparison", size, met.percentile(0.5), met.percentile(0.99))
    say(
        f"{found.asked:18} {size:>9,} postings: p50 {found.p50_ms:.1f} ms, p99 {found.p99_ms:.1f} ms, the first {1000 * first:.0f} ms"
    )
    return found


async def _timed(look: Callable[[City], Awaitable[object]], city: City) -> float:
    began = time.perf_counter()
    await look(city)
    return time.perf_counter() - began


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
        f"posting and sealing all of it ({share.entries:.1f} entries): {share.posting_ms:.2f} ms CPU, {share.posting_alone_ms:.2f} where"
        f" nothing comes at the same time; {100 * share.of_a_booking:.0f} % of that, {100 * share.of_booking_and_invoice:.0f} % without"
        f" the rendering (goal: at most 30 %)"
    )
