"""The day on which a lease's calendar moves it on: its first month, or some months before its end."""

from typing import Any

from alembic import op

revision = "0097"
down_revision = "0096"

SCRIPT = """
ALTER TABLE leases ADD COLUMN next_on date;
CREATE INDEX leases_due ON leases (next_on) WHERE next_on IS NOT NULL;
GRANT SELECT (city, id, next_on) ON leases TO kommobil_relay;
CREATE POLICY due_everywhere ON leases FOR SELECT TO kommobil_relay USING (next_on IS NOT NULL);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
