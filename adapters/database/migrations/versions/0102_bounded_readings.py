"""The points of a charging session are bounded: those that say least are taken out, once there are too many."""

from typing import Any

from alembic import op

revision = "0102"
down_revision = "0101"

BOUNDED = """
ALTER TABLE charging_sessions ADD COLUMN told_to int;
GRANT DELETE ON charging_readings TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(BOUNDED))
