"""When to look whether a booking is to be invoiced: a lease each month, and whatever ended and nobody told of it.

Bookings that are there already are looked at once, now.
"""

from typing import Any

from alembic import op

revision = "0025"
down_revision = "0024"

SCRIPT = """
ALTER TABLE bookings ADD COLUMN invoice_due_at timestamptz DEFAULT '-infinity';
ALTER TABLE bookings ALTER COLUMN invoice_due_at DROP DEFAULT;
CREATE INDEX bookings_to_invoice ON bookings (invoice_due_at) WHERE invoice_due_at IS NOT NULL;
GRANT SELECT (invoice_due_at) ON bookings TO kommobil_relay;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
