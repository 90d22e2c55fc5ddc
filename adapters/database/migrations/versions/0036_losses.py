"""How a dispute was lost is written down once: when, how much, and whether the city claims it from the holder."""

from typing import Any

from alembic import op

revision = "0036"
down_revision = "0035"

SCRIPT = """
ALTER TABLE disputes ADD COLUMN lost_at timestamptz, ADD COLUMN lost_seen_at timestamptz, ADD COLUMN lost bigint,
  ADD COLUMN claimed bool, ADD COLUMN won_at timestamptz, ADD COLUMN won_seen_at timestamptz;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
