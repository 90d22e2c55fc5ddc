"""A pool is changed by several people: its version says whose reading is an old one."""

from typing import Any

from alembic import op

revision = "0022"
down_revision = "0021"

SCRIPT = "ALTER TABLE pools ADD COLUMN version int NOT NULL DEFAULT 1"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
