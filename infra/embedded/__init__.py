"""PostgreSQL and Redis that kommobil runs itself, where none is named. Decision 0003 says how they live and die."""

from infra.embedded.borrowing import borrowed_postgres
from infra.embedded.errors import DataFolderTakenError, EmbeddedError
from infra.embedded.folder import DataFolder
from infra.embedded.postgres import PostgresServer
from infra.embedded.redis import RedisServer
from infra.embedded.roles import DatabaseUrls

__all__ = [
    "DataFolder",
    "DataFolderTakenError",
    "DatabaseUrls",
    "EmbeddedError",
    "PostgresServer",
    "RedisServer",
    "borrowed_postgres",
]
