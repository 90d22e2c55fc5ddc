"""The database `kommobil` and who may sign in to it.

Three roles, none of them a superuser and none above row-level security: `kommobil_owner` owns the database and
migrates it, `kommobil_app` serves, `kommobil_relay` works across cities (outbox, webhook inbox). What the last two
may do inside the database is granted by the migrations.
"""

from pathlib import Path
from urllib.parse import quote, urlencode

from msgspec import Struct

from infra.embedded.folder import DataFolder

DATABASE = "kommobil"
SUPERUSER = "postgres"
PORT = 5432  # part of the socket's name only; nothing listens on the network

_ROLES = """
SET log_min_error_statement = panic;  -- passwords stay out of the log, whatever fails
SELECT format('CREATE ROLE %I LOGIN', wanted.name)
FROM (VALUES ('kommobil_owner'), ('kommobil_app'), ('kommobil_relay')) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name)
\\gexec
"""

_ROLE = """
ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '{password}';
"""

_DATABASE = f"""
SELECT 'CREATE DATABASE {DATABASE} OWNER kommobil_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}')
\\gexec
REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;
GRANT CONNECT ON DATABASE {DATABASE} TO kommobil_app, kommobil_relay;
"""


class DatabaseUrls(Struct, frozen=True):
    """One URL per role, as asyncpg reads them: `postgresql://ROLE:PASSWORD@/kommobil?host=FOLDER&port=5432`.

    SQLAlchemy reads the same after `postgresql://` is replaced by `postgresql+asyncpg://`. `superuser` is for
    benchmarks, backups and tests; the product never connects as it.
    """

    owner: str
    app: str
    relay: str
    superuser: str


def database_urls(folder: DataFolder, sockets: Path) -> DatabaseUrls:
    """The URLs of the server that listens in `sockets`."""

    def url(role: str) -> str:
        query = urlencode({"host": str(sockets), "port": PORT}, quote_via=quote, safe="/")
        return f"postgresql://{role}:{folder.secret(role)}@/{DATABASE}?{query}"

    return DatabaseUrls(
        owner=url("kommobil_owner"), app=url("kommobil_app"), relay=url("kommobil_relay"), superuser=url(SUPERUSER)
    )


def roles_script(folder: DataFolder) -> str:
    """What psql runs, as superuser, after every start: makes what is missing and sets our passwords again.

    Passwords come from an alphabet without quotes, see `DataFolder.secret`.
    """
    roles = ("kommobil_owner", "kommobil_app", "kommobil_relay")
    return _ROLES + "".join(_ROLE.format(role=role, password=folder.secret(role)) for role in roles) + _DATABASE
