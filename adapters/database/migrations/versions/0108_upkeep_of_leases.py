"""What dealers bill for the upkeep of leased bikes, and how much of each lease's budget that has used."""

from typing import Any

from alembic import op

revision = "0108"
down_revision = "0107"

# A number of a dealer's counts once, however it is written; no year, nor the sum of years where what is left carries over, uses more than was
# granted for it.
TABLES = """
CREATE TABLE lease_service_invoices (
  city text, id uuid, lease_id uuid NOT NULL, dealer text NOT NULL, number text NOT NULL CHECK (number <> ''), issued_on date NOT NULL,
  serviced_on date NOT NULL, lines jsonb NOT NULL, net bigint NOT NULL CHECK (net > 0), vat bigint NOT NULL CHECK (vat >= 0),
  gross bigint NOT NULL, year smallint NOT NULL CHECK (year > 0), state text NOT NULL CHECK (state IN ('submitted', 'accepted', 'refused')),
  submitted_by uuid NOT NULL, submitted_at timestamptz NOT NULL, decided_by uuid, decided_at timestamptz, reason text,
  PRIMARY KEY (city, id), FOREIGN KEY (city, lease_id) REFERENCES leases, CONSTRAINT adds_up CHECK (gross = net + vat),
  CONSTRAINT decided_with_its_state CHECK ((state = 'submitted') = (decided_at IS NULL)),
  CONSTRAINT refused_for_a_reason CHECK ((state = 'refused') = (reason IS NOT NULL)));
CREATE UNIQUE INDEX a_dealer_bills_a_number_once ON lease_service_invoices (city, dealer, lower(number));
CREATE INDEX lease_service_invoices_lease ON lease_service_invoices (city, lease_id);
CREATE TABLE lease_service_years (
  city text, lease_id uuid, year smallint CHECK (year > 0), granted bigint NOT NULL, used bigint NOT NULL,
  PRIMARY KEY (city, lease_id, year), FOREIGN KEY (city, lease_id) REFERENCES leases,
  CONSTRAINT within_the_budget CHECK (used BETWEEN 0 AND granted));
"""
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON {table} TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE ({changed}) ON {table} TO kommobil_app;
"""
    for table, changed in (
        ("lease_service_invoices", "state, decided_by, decided_at, reason"),
        ("lease_service_years", "used"),
    )
)
# They go with their lease: written down first, proven, and not before their time.
GUARDS = """
DO $$
DECLARE
  of_table text; touched text; keys text;
BEGIN
  FOR of_table, touched, keys IN VALUES
    ('lease_service_invoices', 'submitted_at', '''id'''), ('lease_service_years', '', '''lease_id'', ''year''')
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION kept_until_due(%s)',
      of_table || '_kept_until_due', of_table, CASE touched WHEN '' THEN '' ELSE quote_literal(touched) END);
    EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion(%s)',
      of_table || '_gone_with_proof', of_table, keys);
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION no_deletion_is_under_way()',
      of_table || '_stay', of_table);
    EXECUTE format('GRANT DELETE ON %I TO kommobil_app', of_table);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, GUARDS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
