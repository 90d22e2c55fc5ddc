"""Bookings without a set end: when they are claimed for another month ahead."""

from typing import Any

from alembic import op

revision = "0088"
down_revision = "0087"

SCRIPT = """
ALTER TABLE bookings ADD COLUMN rolls_at timestamptz;
CREATE INDEX bookings_to_roll ON bookings (rolls_at) WHERE rolls_at IS NOT NULL;
GRANT SELECT (rolls_at) ON bookings TO kommobil_relay;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
