"""PostgreSQL under the doctor's eyes."""

import re
from datetime import datetime

from msgspec import Struct

from adapters.database.connections import LIMITS, Database, Statements, Transactions
from adapters.database.examining import OF_THE_SESSION, DatabaseFacts, above_walls, facts, schema
from adapters.database.migrating import Standing
from adapters.database.notices.log import failed_notices
from adapters.database.outbox import backlog, overdue_s
from adapters.database.preparing import OLDEST
from adapters.database.walls import PUBLISHED
from infra.clock import now
from infra.database import Addresses
from infra.doctor.findings import Finding, judged

# Seconds.
SKEW, GRAVE_SKEW = 1.0, 30.0
LONG_TRANSACTION = 300.0
LATE_WORK, GRAVELY_LATE = 60.0, 600.0
TRANSACTIONS_LEFT = 500_000_000

SCHEMA = {
    Standing.CURRENT: ("the schema is the one of this version", ""),
    Standing.NEWER: ("the schema has grown since this version, which can go on working", "start the newer version"),
    Standing.BEHIND: ("the schema is older than this version", "run kommobil migrate"),
    Standing.BEYOND: ("the schema is no longer this version's", "start the newer version"),
}


class Backwork(Struct, frozen=True):
    """What waits to be done in the background, and what was given up; `untold` are notices of the last seven days."""

    overdue_s: float
    dead: int
    untold: int = 0


class Examined(Struct, frozen=True):
    """`between` are the instants of our clock before and after the database was asked for its own."""

    facts: DatabaseFacts
    between: tuple[datetime, datetime]
    above: tuple[str, ...]
    standing: Standing
    backwork: Backwork | None


async def examined(roads: Addresses) -> Examined:
    """Look as each of the product's roles; raises what the driver raises."""
    app, relay = Transactions(roads.app, 1), Database(Statements(roads.relay, 1), Transactions(roads.relay, 1))
    try:
        async with app.everywhere() as connection:
            before = now()
            found = await facts(connection)
            between = (before, now())
            above = [await above_walls(connection)]
            stands = await schema(connection)
        async with relay.transactions.everywhere() as connection:
            above.append(await above_walls(connection))
        backwork = None if stands in {Standing.BEHIND, Standing.BEYOND} else await _backwork(relay.statements)
        return Examined(found, between, tuple(filter(None, above)), stands, backwork)
    finally:
        await app.close()
        await relay.close()


async def _backwork(statements: Statements) -> Backwork:
    async with statements.session() as session:
        at = now()
        dead = len((await backlog(session, at)).dead)
        return Backwork(await overdue_s(session, at), dead, await failed_notices(session, at))


def database_findings(seen: Examined) -> list[Finding]:
    """What is to be said of the database, the worst that can happen first."""
    said, told = seen.facts, seen.facts.settings
    open_tables = sorted(set(said.unwalled) - PUBLISHED)
    words, remedy = SCHEMA[seen.standing]
    skew = max((seen.between[0] - said.now).total_seconds(), (said.now - seen.between[1]).total_seconds(), 0.0)
    weak = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if told.get(name) == "off"]
    unlimited = [name for name in OF_THE_SESSION if _milliseconds(told.get(name)) != int(LIMITS[name])]
    findings = [
        judged("postgres version", said.version_num < OLDEST, f"PostgreSQL {said.version}", "install 15 or newer"),
        judged("primary", said.standby, "a standby, which takes no bookings" if said.standby else "takes bookings",
               "name the primary, or all servers and target_session_attrs=read-write, in KOMMOBIL_DATABASE_URL"),
        judged("schema", seen.standing is not Standing.CURRENT, words, remedy, grave=seen.standing is not Standing.NEWER),
        judged("double booking", not said.claims_guarded,
               "the constraint one_claim_at_a_time is in force" if said.claims_guarded else "one_claim_at_a_time is missing",
               "stop the API; restore the constraint from a backup, after looking for overlapping claims"),
        judged("walls", bool(open_tables), f"without forced row-level security: {', '.join(open_tables) or 'only what is published'}",
               "ALTER TABLE ... ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, with the policies of the migrations"),
        judged("roles", bool(seen.above), f"above the walls: {', '.join(seen.above) or 'nobody'}",
               "ALTER ROLE " + " ... NOSUPERUSER NOBYPASSRLS; ALTER ROLE ".join(seen.above or ("x",)) + " NOSUPERUSER NOBYPASSRLS"),
        judged("audit trail", not said.audit_guarded, "cannot be rewritten" if said.audit_guarded else "could be rewritten",
               "restore the trigger audit_is_append_only, and find out who took it away"),
        judged("durability", bool(weak), f"off: {', '.join(weak)}" if weak else "what is answered is on the disk",
               "set them on and reload: an answered booking may be lost with the power"),
        judged("unfinished", bool(said.unfinished), f"not in force: {', '.join(said.unfinished) or 'nothing'}",
               "run kommobil migrate again; if they stay, VALIDATE or drop them", grave=False),
        judged("time limits", bool(unlimited),
               f"not taken over: {', '.join(unlimited)}" if unlimited else "statements, locks and idle transactions end in time",
               "let the pooler pass them on, or ALTER ROLE kommobil_app SET ..."),
        judged("deadlocks", _milliseconds(told.get("deadlock_timeout")) > 200, f"looked for after {told.get('deadlock_timeout')}",
               "set deadlock_timeout = 100ms: storms pile up behind the first", grave=False),
        judged("isolation", told.get("default_transaction_isolation") != "read committed",
               f"{told.get('default_transaction_isolation')}", "set default_transaction_isolation = 'read committed'"),
        judged("encoding", told.get("server_encoding") != "UTF8", f"{told.get('server_encoding')}", "make the database anew in UTF8"),
        judged("checksums", told.get("data_checksums") != "on", f"of data pages: {told.get('data_checksums')}",
               "stop PostgreSQL and run pg_checksums --enable: a bad disk is seen early", grave=False),
        judged("autovacuum", told.get("autovacuum") != "on", f"{told.get('autovacuum')}", "set autovacuum = on, or tables only grow"),
        judged("dead rows", bool(said.dead_rows),
               ", ".join(f"{table} {count}" for table, count in said.dead_rows.items()) or "cleared away in time",
               "look for old transactions, then VACUUM these tables", grave=False),
        judged("oldest transaction", said.oldest_transaction_s > LONG_TRANSACTION, f"{said.oldest_transaction_s:.0f} s old",
               "end it: nothing is cleared away behind it", grave=False),
        judged("transaction ids", said.transactions_left < TRANSACTIONS_LEFT, f"{said.transactions_left} left",
               "VACUUM FREEZE the oldest tables before PostgreSQL stops writing"),
        judged("connections", said.connections > 0.8 * int(told.get("max_connections") or 0),
               f"{said.connections} of {told.get('max_connections')}", "raise max_connections or start fewer processes", grave=False),
        judged("clocks", skew > SKEW, f"{skew:.1f} s apart", "let a time service set both clocks", grave=skew > GRAVE_SKEW),
    ]  # fmt: skip
    return findings + (_of_backwork(seen.backwork) if seen.backwork else [])


def _of_backwork(backwork: Backwork) -> list[Finding]:
    late = backwork.overdue_s
    return [
        judged("outbox", late > LATE_WORK, f"the oldest entry has waited {late:.0f} s", "start a worker, or look at its log",
               grave=late > GRAVELY_LATE),
        judged("dead letters", backwork.dead > 0, f"{backwork.dead} given up",
               "kommobil jobs shows why; then kommobil jobs replay, or drop with a reason"),
        judged("notices", backwork.untold > 0, f"{backwork.untold} of the last seven days could not be sent",
               "GET /v1/{city}/admin/notices?state=failed says to whom and why; mend the mail, then POST .../admin/notices/retry",
               grave=False),
    ]  # fmt: skip


def _milliseconds(said: str | None) -> int:
    """2000 for `2s`."""
    found = re.fullmatch(r"(\d+)(ms|s|min|h)?", said or "")
    if found is None:
        return -1
    return int(found[1]) * {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, None: 1}[found[2]]
