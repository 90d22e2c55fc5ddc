"""What waited for an approval before rules came stands in the inbox, too."""

from typing import Any

from alembic import op

revision = "0073"
down_revision = "0072"

# The row policies hide every row from whoever fills the table.
FILL = """
ALTER TABLE bookings NO FORCE ROW LEVEL SECURITY;
UPDATE bookings SET approval_due_at = (approval ->> 'due_at')::timestamptz
WHERE approval ->> 'due_at' IS NOT NULL AND approval_due_at IS NULL;
ALTER TABLE bookings FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(FILL))
