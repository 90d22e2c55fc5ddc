"""What a database holds, in figures: enough to tell whether another one holds the same.

Read by a login that stands above row-level security, in one snapshot. Checksums do not depend on the order of rows.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
from msgspec import Struct

Sql: TypeAlias = "asyncpg.Connection[Any]"

PATIENT = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "lock_timeout": "10000"}
CONNECT_S = 10.0

TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
PROTECTED = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relrowsecurity AND relforcerowsecurity ORDER BY relname
"""
COUNTED = """
SELECT count(*) AS rows, coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0)::text AS checksum
FROM public.{table} t
"""
# What finance and the desk would miss first.
SUMS = {
    "payments": """SELECT state || ' ' || currency AS what, count(*) AS count, sum(amount)::bigint AS amount,
        sum(captured)::bigint AS captured, sum(refunded)::bigint AS refunded FROM payments GROUP BY 1 ORDER BY 1""",
    "claims": "SELECT kind AS what, count(*) AS count FROM claims GROUP BY 1 ORDER BY 1",
    "invoices": """SELECT kind || ' ' || currency AS what, count(*) AS count, sum(gross)::bigint AS amount FROM invoices
        GROUP BY 1 ORDER BY 1""",
    "provider_transactions": """SELECT kind || ' ' || currency AS what, count(*) AS count, sum(amount)::bigint AS amount,
        sum(net)::bigint AS net FROM provider_transactions GROUP BY 1 ORDER BY 1""",
    "refunds": """SELECT state || ' ' || currency AS what, count(*) AS count, sum(amount)::bigint AS amount FROM refunds
        GROUP BY 1 ORDER BY 1""",
    "payouts": """SELECT state || ' ' || currency AS what, count(*) AS count, sum(amount)::bigint AS amount FROM payouts
        GROUP BY 1 ORDER BY 1""",
    "bank_lines": """SELECT CASE WHEN amount < 0 THEN 'out ' ELSE 'in ' END || currency AS what, count(*) AS count,
        sum(amount)::bigint AS amount FROM bank_lines GROUP BY 1 ORDER BY 1""",
    "match_parts": """SELECT CASE WHEN u.match_id IS NULL THEN 'matched' ELSE 'undone' END AS what, count(*) AS count,
        sum(p.amount)::bigint AS amount FROM match_parts p LEFT JOIN match_undoings u USING (city, match_id) GROUP BY 1 ORDER BY 1""",
    "exceptions": """SELECT kind || ' ' || coalesce(resolution, 'open') AS what, count(*) AS count,
        sum(amount)::bigint AS amount FROM exceptions GROUP BY 1 ORDER BY 1""",
    "deletion_proofs": "SELECT relation AS what, count(*) AS batches, sum(count)::bigint AS count FROM deletion_proofs GROUP BY 1 ORDER BY 1",
    "ledger_legs": """SELECT account || ' ' || currency AS what, count(*) AS count,
        coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0)::bigint AS debit,
        coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0)::bigint AS credit FROM ledger_legs GROUP BY 1 ORDER BY 1""",
    "ledger_balances": """SELECT account || ' ' || currency AS what, count(*) AS count, sum(debit)::bigint AS debit,
        sum(credit)::bigint AS credit FROM ledger_balances GROUP BY 1 ORDER BY 1""",
    "provider_sums": """SELECT currency AS what, count(*) AS count, sum(moved)::bigint AS moved, sum(paid_out)::bigint AS paid_out
        FROM provider_sums GROUP BY 1 ORDER BY 1""",
    "bank_statements": """SELECT currency AS what, count(*) AS count, sum(opening)::bigint AS opening, sum(closing)::bigint AS closing
        FROM bank_statements GROUP BY 1 ORDER BY 1""",
    "dunning_cases": """SELECT state || ' ' || currency AS what, count(*) AS count, sum(owed)::bigint AS owed, sum(fees)::bigint AS fees
        FROM dunning_cases GROUP BY 1 ORDER BY 1""",
    "lease_reminders": """SELECT step::text AS what, count(*) AS count, sum(fee)::bigint AS fees FROM lease_reminders
        GROUP BY 1 ORDER BY 1""",
    "lease_payments": """SELECT coalesce(dealer, paid_for) || ' ' || currency AS what, count(*) AS count, sum(amount)::bigint AS amount FROM lease_payments
        GROUP BY 1 ORDER BY 1""",
    "lease_charges": """SELECT payer || ' ' || currency AS what, count(*) AS count, sum(amount)::bigint AS amount FROM lease_charges
        GROUP BY 1 ORDER BY 1""",
    "lease_service_invoices": """SELECT state AS what, count(*) AS count, sum(gross)::bigint AS amount FROM lease_service_invoices
        GROUP BY 1 ORDER BY 1""",
    **{
        table: f"""SELECT state || ' ' || currency AS what, count(*) AS count, sum(amount)::bigint AS amount FROM {table}
        GROUP BY 1 ORDER BY 1"""
        for table in ("disputes", "lease_instalments", "lease_collections")
    },
    **{
        table: f"SELECT state AS what, count(*) AS count FROM {table} GROUP BY 1 ORDER BY 1"
        for table in (
            *("bookings", "waitlist_entries", "key_commands", "damage_notes", "leases", "lease_claims", "notices"),
            *("charging_sessions", "charging_tickets", "charging_ticket_notes", "plug_reservations"),
        )
    },
    "outbox": """SELECT CASE WHEN dead_at IS NOT NULL THEN 'dead' WHEN done_at IS NOT NULL THEN 'done' ELSE 'open' END AS what,
        count(*) AS count FROM outbox GROUP BY 1 ORDER BY 1""",
}
ABOVE_WALLS = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"

# What must be true of any kommobil database; each counts what contradicts it.
INVARIANTS = {
    "claims that overlap": """SELECT count(*) FROM claims a JOIN claims b ON b.city = a.city AND b.resource_id = a.resource_id
        AND b.claimed_from > a.claimed_from AND b.claimed_from < a.claimed_until""",
    "live bookings that claim nothing": """SELECT count(*) FROM bookings b WHERE state IN ('held', 'confirmed', 'in_use')
        AND NOT EXISTS (SELECT FROM claims c WHERE c.city = b.city AND c.booking_id = b.id)""",
    "claims of bookings that are over": """SELECT count(*) FROM claims c JOIN bookings b ON b.city = c.city AND b.id = c.booking_id
        WHERE b.state NOT IN ('held', 'confirmed', 'in_use') AND c.kind = 'booking'""",
    "payments with more taken than agreed": "SELECT count(*) FROM payments WHERE captured > amount OR refunded > captured",
    "gaps in the numbers of invoices": """SELECT (SELECT count(*) FROM (
        SELECT s.last, count(*) AS there, max(n.position) AS highest FROM invoice_series s
        JOIN invoice_numbers n ON n.city = s.city AND n.series = s.series GROUP BY s.city, s.series, s.last) n
        WHERE n.last <> n.there OR n.last <> n.highest)
        + (SELECT count(*) FROM invoices i WHERE NOT EXISTS (
          SELECT FROM invoice_numbers n WHERE n.city = i.city AND n.series = i.series AND n.position = i.position))""",
    "invoices and documents that are not what was sealed": """SELECT
        (SELECT count(*) FROM invoices WHERE digest <> encode(sha256(convert_to(content, 'UTF8')), 'hex'))
        + (SELECT count(*) FROM invoice_documents WHERE digest <> encode(sha256(content), 'hex'))""",
    "missing guards of the invoices": """SELECT 4 - count(*) FROM pg_trigger WHERE tgenabled IN ('O', 'A')
        AND tgname IN ('invoices_are_sealed', 'invoice_documents_are_sealed', 'invoices_fit', 'invoices_take_a_number')""",
    "missing guards of what is kept": """SELECT 2 * 50 - count(*) FROM pg_trigger WHERE tgenabled IN ('O', 'A')
        AND (tgname LIKE '%_kept_until_due' OR tgname LIKE '%_gone_with_proof')""",
    "payouts that are not the sum of what they are made of": """SELECT count(*) FROM payouts o
        WHERE itemised_at > now() - interval '6 years'  -- older ones lose what need not be kept any more
        AND amount <> (SELECT coalesce(sum(net), 0) FROM provider_transactions t WHERE t.city = o.city
          AND t.payout_id = o.payout_id AND t.transaction_id <> o.transaction_id)""",
    "bank statements that do not add up": """SELECT count(*) FROM bank_statements s LEFT JOIN LATERAL (
        SELECT count(*) AS lines, coalesce(sum(amount), 0) AS moved FROM bank_lines l WHERE l.city = s.city AND l.statement_id = s.id) l
        ON true WHERE l.lines <> s.line_count OR s.opening + l.moved <> s.closing""",
    "bank lines that are matched beyond their amount": """SELECT count(*) FROM bank_lines l JOIN (
        SELECT p.city, p.line_id, sum(p.amount) AS matched FROM match_parts p LEFT JOIN match_undoings u USING (city, match_id)
        WHERE u.match_id IS NULL GROUP BY 1, 2) m ON m.city = l.city AND m.line_id = l.id
        WHERE abs(m.matched) > abs(l.amount) OR m.matched::numeric * l.amount < 0""",
    "ledger entries that do not balance": """SELECT count(*) FROM ledger_entries e LEFT JOIN LATERAL (
        SELECT coalesce(sum(l.legs), 0) AS legs, sum(abs(l.sum)) AS off FROM (
          SELECT count(*) AS legs, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) AS sum FROM ledger_legs
          WHERE city = e.city AND entry_id = e.id GROUP BY currency) l) l ON true WHERE l.legs <> e.leg_count OR l.off <> 0""",
    "ledger entries that are neither sealed nor waiting for it": """SELECT count(*) FROM ledger_entries e
        WHERE NOT EXISTS (SELECT FROM ledger_seals s WHERE s.city = e.city AND s.entry_id = e.id)
          AND NOT EXISTS (SELECT FROM ledger_unsealed u WHERE u.city = e.city AND u.entry_id = e.id)""",
    "missing guards of the ledger": """SELECT 7 - count(*) FROM pg_trigger WHERE tgenabled IN ('O', 'A')
        AND tgname IN ('ledger_entries_are_append_only', 'ledger_legs_are_append_only', 'ledger_seals_are_append_only',
          'ledger_periods_are_append_only', 'ledger_entries_balance', 'ledger_legs_fit', 'ledger_entries_belong_to_a_month')""",
    "missing guards of the logbooks": """SELECT 4 - count(*) FROM pg_trigger WHERE tgenabled IN ('O', 'A')
        AND tgname IN ('trips_are_append_only', 'trips_stay', 'trip_entries_are_append_only', 'trip_entries_stay')""",
    "constraints and indexes that are not in force": """SELECT (SELECT count(*) FROM pg_constraint WHERE NOT convalidated)
        + (SELECT count(*) FROM pg_index WHERE NOT indisvalid)""",
    "missing guards against double booking": """SELECT 1 - count(*) FROM pg_constraint
        WHERE conname = 'one_claim_at_a_time' AND conrelid = 'claims'::regclass AND contype = 'x' AND convalidated""",
    "missing guards of the audit trail": """SELECT 1 - count(*) FROM pg_trigger
        WHERE tgname = 'audit_is_append_only' AND tgrelid = 'audit'::regclass AND tgenabled IN ('O', 'A')""",
}


class TableFigures(Struct, frozen=True):
    rows: int
    checksum: str


class Figures(Struct, frozen=True):
    """`sums` are by table and by state or kind: counts, and cents. `protected` are the tables behind the cities' wall."""

    server: str
    schema: str
    tables: dict[str, TableFigures]
    sums: dict[str, dict[str, dict[str, int]]]
    protected: tuple[str, ...]


@asynccontextmanager
async def patient(url: str) -> AsyncIterator[Sql]:
    """A connection on which a statement may take as long as it takes."""
    connection = await asyncpg.connect(url, server_settings=PATIENT, timeout=CONNECT_S)
    try:
        yield connection
    finally:
        await connection.close()


async def stands_above_walls(connection: Sql) -> bool:
    """Whether row-level security hides nothing from this login."""
    return bool(await connection.fetchval(ABOVE_WALLS))


async def is_empty(connection: Sql) -> bool:
    return not await connection.fetch(TABLES)


async def figures(connection: Sql) -> Figures:
    """Count everything, in the snapshot of the transaction that is under way."""
    await connection.execute("SET LOCAL timezone = 'UTC'")  # checksums are of what is printed
    tables = {}
    for (table,) in await connection.fetch(TABLES):
        (row,) = await connection.fetch(COUNTED.format(table=f'"{table}"'))
        tables[table] = TableFigures(row["rows"], row["checksum"])
    sums = {}
    for table in SUMS.keys() & tables.keys():
        found = [dict(row) for row in await connection.fetch(SUMS[table])]
        sums[table] = {row.pop("what"): row for row in found}
    return Figures(
        server=await connection.fetchval("SHOW server_version"),
        schema=await connection.fetchval("SELECT coalesce(max(version_num), '') FROM alembic_version"),
        tables=tables,
        sums=sums,
        protected=tuple(row[0] for row in await connection.fetch(PROTECTED)),
    )


async def contradictions(connection: Sql) -> dict[str, int]:
    """By invariant, how much of the database contradicts it; and what the app could do that it must not."""
    found = {name: int(await connection.fetchval(sql)) for name, sql in INVARIANTS.items()}
    rewriting = (
        "UPDATE audit SET action = action",
        "DELETE FROM audit",
        "DELETE FROM invoices",
        "UPDATE trips SET plate = plate",
        "DELETE FROM trip_entries",
        "UPDATE damages SET place = place",
        "DELETE FROM damages",
    )
    found["ways for the app to rewrite what is kept"] = sum([await _allowed(connection, sql) for sql in rewriting])
    found["persons that the app sees without a city"] = await _seen(connection)
    return found


async def _allowed(connection: Sql, sql: str) -> int:
    attempt = connection.transaction()
    await attempt.start()
    try:
        await connection.execute("SET LOCAL ROLE kommobil_app")
        await connection.execute(sql)
    except asyncpg.InsufficientPrivilegeError:
        return 0
    finally:
        await attempt.rollback()
    return 1


async def _seen(connection: Sql) -> int:
    attempt = connection.transaction()
    await attempt.start()
    try:
        await connection.execute("SET LOCAL ROLE kommobil_app")
        return int(await connection.fetchval("SELECT count(*) FROM persons"))
    finally:
        await attempt.rollback()
