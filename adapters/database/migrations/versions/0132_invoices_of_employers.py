"""An employer has invoices as well, about its months; a charge is invoiced once."""

from typing import Any

from alembic import op

from adapters.database.online import build_index

revision = "0132"
down_revision = "0131"

SCRIPT = """
ALTER TABLE invoices ALTER COLUMN debtor_id DROP NOT NULL;
ALTER TABLE invoices ADD COLUMN employer text;
ALTER TABLE invoices DROP CONSTRAINT about_a_booking_or_a_lease;
ALTER TABLE invoices ADD CONSTRAINT about_a_booking_a_lease_or_all_of_an_employers
  CHECK (num_nonnulls(booking_id, lease_id, employer) = 1) NOT VALID;
ALTER TABLE invoices ADD CONSTRAINT owed_by_a_person_or_an_employer CHECK (num_nonnulls(debtor_id, employer) = 1) NOT VALID;
ALTER TABLE lease_charges ADD COLUMN invoice_id uuid;
ALTER TABLE lease_charges ADD CONSTRAINT charges_are_on_an_invoice FOREIGN KEY (city, invoice_id) REFERENCES invoices NOT VALID;
GRANT UPDATE (invoice_id) ON lease_charges TO kommobil_app;
"""
ONCE = """
CREATE FUNCTION a_charge_is_invoiced_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a charge is invoiced once' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER charges_are_invoiced_once BEFORE UPDATE ON lease_charges FOR EACH ROW
  WHEN (OLD.invoice_id IS NOT NULL AND NEW.invoice_id IS DISTINCT FROM OLD.invoice_id) EXECUTE FUNCTION a_charge_is_invoiced_once();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (SCRIPT, ONCE):
        driver.run_async(lambda connection, script=script: connection.execute(script))
    build_index(
        "lease_charges_not_invoiced",
        "lease_charges (city, month, employer) WHERE payer = 'employer' AND invoice_id IS NULL",
    )
    build_index("lease_charges_of_invoices", "lease_charges (city, invoice_id) WHERE invoice_id IS NOT NULL")
    build_index("invoices_of_employers", "invoices (city, employer, issued_at DESC, id) WHERE employer IS NOT NULL")
