"""An invoice is about a booking or a lease, and what a lease is transferred by stays its own when an invoice is written anew."""

from typing import Any

from alembic import op

from adapters.database.online import build_index, drop_index

revision = "0124"
down_revision = "0123"

SCRIPT = """
ALTER TABLE invoices ALTER COLUMN booking_id DROP NOT NULL;
ALTER TABLE invoices ADD COLUMN lease_id uuid;
ALTER TABLE invoices ADD CONSTRAINT about_a_booking_or_a_lease CHECK (num_nonnulls(booking_id, lease_id) = 1) NOT VALID;
ALTER TABLE invoices ADD CONSTRAINT invoices_of_a_lease FOREIGN KEY (city, lease_id) REFERENCES leases NOT VALID;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
    build_index("invoices_of_lease", "invoices (city, lease_id) WHERE lease_id IS NOT NULL")
    build_index(
        "a_booking_has_its_reference_once",
        "invoices (city, cash_reference) WHERE kind = 'invoice' AND booking_id IS NOT NULL",
        unique=True,
    )
    drop_index("one_cash_reference_once")
