"""Whoever runs a pool says which booking comes first where several want the same vehicle, and why."""

from typing import Any

from alembic import op

revision = "0138"
down_revision = "0137"

SCRIPT = """
ALTER TABLE bookings ADD COLUMN priority smallint NOT NULL DEFAULT 0, ADD COLUMN priority_reason text,
  ADD CONSTRAINT a_priority_of_ours CHECK (priority BETWEEN 0 AND 9) NOT VALID;
GRANT SELECT (priority) ON bookings TO kommobil_relay;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
