"""Dealers are paid: where, by which order, and that nobody is paid twice for the same."""

from typing import Any

from alembic import op

revision = "0112"
down_revision = "0111"

# What was ordered stays as it was: a bike, or a service that was billed, is in one order, and the file that the bank got can be made again.
TABLES = """
CREATE TABLE lease_accounts (
  city text REFERENCES cities, party text, name text NOT NULL CHECK (name <> ''), iban text NOT NULL CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
  said_by uuid NOT NULL, said_at timestamptz NOT NULL, PRIMARY KEY (city, party));
CREATE TABLE lease_payment_orders (
  city text REFERENCES cities, id uuid, execute_on date NOT NULL, ordered_by uuid NOT NULL, ordered_at timestamptz NOT NULL,
  PRIMARY KEY (city, id));
CREATE TABLE lease_payments (
  city text, subject uuid, paid_for text NOT NULL CHECK (paid_for IN ('bike', 'service')), lease_id uuid NOT NULL, since timestamptz NOT NULL,
  order_id uuid NOT NULL, dealer text NOT NULL, name text NOT NULL, iban text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL, reference text NOT NULL,
  CONSTRAINT a_dealer_is_paid_once PRIMARY KEY (city, subject), UNIQUE (city, reference),
  FOREIGN KEY (city, order_id) REFERENCES lease_payment_orders, FOREIGN KEY (city, lease_id) REFERENCES leases);
CREATE INDEX lease_payments_of_orders ON lease_payments (city, order_id);
CREATE INDEX lease_payments_of_leases ON lease_payments (city, lease_id);
"""
# They go with their lease, written down first.
GUARDS = """
CREATE TRIGGER lease_payments_kept_until_due BEFORE DELETE ON lease_payments FOR EACH ROW EXECUTE FUNCTION kept_until_due();
CREATE TRIGGER lease_payments_gone_with_proof AFTER DELETE ON lease_payments REFERENCING OLD TABLE AS gone FOR EACH STATEMENT
  EXECUTE FUNCTION prove_deletion('subject');
CREATE TRIGGER lease_payments_stay BEFORE DELETE ON lease_payments FOR EACH STATEMENT EXECUTE FUNCTION no_deletion_is_under_way();
GRANT DELETE ON lease_payments TO kommobil_app;
"""
CHANGED = ("lease_accounts",)
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON {table} TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT{", UPDATE" if table in CHANGED else ""} ON {table} TO kommobil_app;
"""
    for table in ("lease_accounts", "lease_payment_orders", "lease_payments")
)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, GUARDS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
