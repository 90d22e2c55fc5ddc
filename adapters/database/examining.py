"""How a database is, seen by the roles of the product: facts for `kommobil doctor`, which judges them."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.migrating import Standing, standing

# Of the session: what the server made of what the product asks for at its start.
OF_THE_SESSION = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
OF_THE_SERVER = (
    *("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "deadlock_timeout", "max_connections"),
    *("server_encoding", "data_checksums", "default_transaction_isolation"),
)

FACTS = f"""
SELECT json_build_object(
  'version', current_setting('server_version'),
  'version_num', current_setting('server_version_num')::int,
  'standby', pg_is_in_recovery(),
  'now', clock_timestamp(),
  'settings', (SELECT json_object_agg(name, current_setting(name, true))
               FROM unnest(ARRAY[{", ".join(f"'{name}'" for name in (*OF_THE_SESSION, *OF_THE_SERVER))}]) name),
  'unwalled', (SELECT coalesce(json_agg(relname ORDER BY relname), '[]') FROM pg_class
               WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
                 AND NOT (relrowsecurity AND relforcerowsecurity)),
  'claims_guarded', EXISTS (SELECT FROM pg_constraint WHERE conname = 'one_claim_at_a_time' AND contype = 'x'
                              AND conrelid = to_regclass('claims') AND convalidated),
  'audit_guarded', EXISTS (SELECT FROM pg_trigger WHERE tgname = 'audit_is_append_only' AND tgenabled IN ('O', 'A')
                             AND tgrelid = to_regclass('audit')),
  'unfinished', (SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM (
                   SELECT conname::text AS name FROM pg_constraint WHERE NOT convalidated
                   UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid) u),
  'dead_rows', (SELECT coalesce(json_object_agg(relname, n_dead_tup), '{{}}') FROM pg_stat_user_tables
                WHERE n_dead_tup > 10000 AND n_dead_tup > n_live_tup / 2),
  'oldest_transaction_s', (SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float8
                           FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()),
  'transactions_left', (SELECT 2147483647 - max(age(datfrozenxid)) FROM pg_database),
  'connections', (SELECT count(*) FROM pg_stat_activity))::text
"""
POWER = "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


class DatabaseFacts(Struct, frozen=True):
    """`unwalled` are the tables without forced row-level security; `now` is the server's clock."""

    version: str
    version_num: int
    standby: bool
    now: datetime
    settings: Mapping[str, str | None]
    unwalled: tuple[str, ...]
    claims_guarded: bool
    audit_guarded: bool
    unfinished: tuple[str, ...]
    dead_rows: Mapping[str, int]
    oldest_transaction_s: float
    transactions_left: int
    connections: int


async def facts(connection: AsyncConnection) -> DatabaseFacts:
    """What the database says of itself to this role, in one statement."""
    return msgspec.json.decode((await connection.execute(text(FACTS))).scalar_one(), type=DatabaseFacts)


async def above_walls(connection: AsyncConnection) -> str | None:
    """The role that is at work here, if row-level security does not hold for it."""
    name, above = (await connection.execute(text(POWER))).one()
    return str(name) if above else None


async def schema(connection: AsyncConnection) -> Standing:
    return await standing(connection)
