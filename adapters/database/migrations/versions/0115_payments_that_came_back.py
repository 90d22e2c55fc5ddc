"""A transfer to a dealer may come back, and is made once more then."""

from typing import Any

from alembic import op

revision = "0115"
down_revision = "0114"

# Of what is owed one transfer at a time has not come back; each has its own reference.
SCRIPT = """
ALTER TABLE lease_payments
  ADD COLUMN attempt int NOT NULL DEFAULT 1 CHECK (attempt BETWEEN 1 AND 9), ADD COLUMN returned_at timestamptz, ADD COLUMN returned_by uuid,
  DROP CONSTRAINT a_dealer_is_paid_once, ADD PRIMARY KEY (city, subject, attempt),
  ADD CONSTRAINT somebody_said_so CHECK ((returned_at IS NULL) = (returned_by IS NULL));
CREATE UNIQUE INDEX a_dealer_is_paid_once ON lease_payments (city, subject) WHERE returned_at IS NULL;
GRANT UPDATE (returned_at, returned_by) ON lease_payments TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
