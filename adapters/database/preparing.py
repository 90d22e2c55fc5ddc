"""Before the first migration: is this PostgreSQL new enough, and are the roles there that the product acts as?"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import sqlstate

ROLES = ("kommobil_app", "kommobil_relay")
OLDEST = 150000  # PostgreSQL 15
TO_BE_MADE = "this login may not make all that is missing; let an administrator of the database run:"


class NotPrepared(Exception):
    """The database cannot be migrated as it is. `remedy` is SQL for its administrator, where SQL helps."""

    def __init__(self, message: str, remedy: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.remedy = tuple(remedy)


async def prepare(connection: AsyncConnection, *, shared_login: bool) -> None:
    """Make what is missing, as far as this login may; raises NotPrepared with all the rest.

    With a `shared_login` the product signs in as the owner and takes its roles on by SET ROLE, so the owner must be
    allowed to.
    """
    version = await _one(connection, "SELECT current_setting('server_version_num')::int")
    if version < OLDEST:
        raise NotPrepared(f"this is PostgreSQL {version // 10_000}; kommobil needs 15 or newer")
    missing = await _missing(connection, shared_login, version)
    try:
        for statement in missing:
            await connection.execute(text(statement))
        still = await _missing(connection, shared_login, version) if missing else []
    except ProgrammingError as error:
        if sqlstate(error) != "42501":
            raise
        raise NotPrepared(TO_BE_MADE, missing) from error
    if still:
        raise NotPrepared(TO_BE_MADE, still)


async def _missing(connection: AsyncConnection, shared_login: bool, version: int) -> list[str]:
    owner = await _one(connection, "SELECT quote_ident(current_user)")
    database = await _one(connection, "SELECT quote_ident(current_database())")
    statements = []
    membership = "SET" if version >= 160000 else "MEMBER"
    for role in ROLES:
        known = await _one(connection, f"SELECT count(*) FROM pg_roles WHERE rolname = '{role}'")
        if not known:
            statements.append(f"CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS")
        elif await _one(connection, f"SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = '{role}'"):
            statements.append(f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS")
        if shared_login and not (
            known and await _one(connection, f"SELECT pg_has_role(current_user, '{role}', '{membership}')")
        ):
            statements.append(f"GRANT {role} TO {owner}")
    if not await _one(connection, "SELECT has_schema_privilege(current_user, 'public', 'CREATE')"):
        statements.append(f"GRANT CREATE ON SCHEMA public TO {owner}")
    has_index_extension = await _one(connection, "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'")
    if not has_index_extension and not await _one(
        connection, "SELECT has_database_privilege(current_user, current_database(), 'CREATE')"
    ):
        statements.append(f"GRANT CREATE ON DATABASE {database} TO {owner}")
    return statements


async def _one(connection: AsyncConnection, sql: str) -> Any:
    """The one value of the one row."""
    return (await connection.execute(text(sql))).scalar_one()
