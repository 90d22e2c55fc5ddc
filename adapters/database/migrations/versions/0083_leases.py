"""Leases by converted pay: what a lessor has agreed with employers and dealers, each lease with its steps, sheets and instalments."""

from typing import Any

from alembic import op

revision = "0083"
down_revision = "0082"

# A step is taken once, for a version has one; a month has one instalment; what was calculated is not calculated otherwise later.
TABLES = """
CREATE TABLE lease_frameworks (
  city text, lessor text, employer text, framework jsonb NOT NULL, agreed_by uuid NOT NULL, agreed_at timestamptz NOT NULL,
  PRIMARY KEY (city, lessor, employer));
CREATE TABLE lease_dealers (
  city text, lessor text, dealer text, accreditation jsonb NOT NULL, agreed_by uuid NOT NULL, agreed_at timestamptz NOT NULL,
  PRIMARY KEY (city, lessor, dealer));
CREATE TABLE leases (
  city text, id uuid, holder_id uuid NOT NULL, dealer text NOT NULL, lessor text NOT NULL, employer text,
  state text NOT NULL CHECK (state IN ('offered', 'applied', 'employer_review', 'approved', 'lessor_review', 'ordered',
    'ready_for_pickup', 'handed_over', 'active', 'suspended', 'incident', 'total_loss', 'terminating', 'early_ended', 'ending',
    'purchase_offered', 'purchased', 'return_scheduled', 'returned', 'inspected', 'closed', 'rejected', 'cancelled', 'withdrawn')),
  version int NOT NULL CHECK (version > 0), financed_cents bigint NOT NULL CHECK (financed_cents > 0),
  pin_tries int CHECK (pin_tries >= 0), lease jsonb NOT NULL, made_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
  PRIMARY KEY (city, id), CONSTRAINT pin_while_it_waits CHECK ((pin_tries IS NOT NULL) = (state = 'ready_for_pickup')));
CREATE INDEX leases_of_holders ON leases (city, holder_id);
CREATE INDEX leases_of_employers ON leases (city, employer, lessor);
CREATE INDEX leases_of_dealers ON leases (city, dealer);
CREATE INDEX leases_of_lessors ON leases (city, lessor);
CREATE TABLE lease_steps (
  city text, lease_id uuid, version int, act text NOT NULL, side text NOT NULL, taken_by uuid NOT NULL, taken_at timestamptz NOT NULL,
  PRIMARY KEY (city, lease_id, version), FOREIGN KEY (city, lease_id) REFERENCES leases);
CREATE TABLE lease_sheets (
  city text, lease_id uuid, name text, sheet text NOT NULL, made_at timestamptz NOT NULL,
  PRIMARY KEY (city, lease_id, name), FOREIGN KEY (city, lease_id) REFERENCES leases);
CREATE TABLE lease_instalments (
  city text, lease_id uuid, month date CHECK (extract(day FROM month) = 1), number int NOT NULL CHECK (number > 0),
  due_on date NOT NULL, amount bigint NOT NULL CHECK (amount >= 0), currency text NOT NULL,
  PRIMARY KEY (city, lease_id, month), UNIQUE (city, lease_id, number), FOREIGN KEY (city, lease_id) REFERENCES leases);
"""
TABLE_NAMES = ("lease_frameworks", "lease_dealers", "leases", "lease_steps", "lease_sheets", "lease_instalments")
KEPT_AS_WRITTEN = ("lease_steps", "lease_sheets", "lease_instalments")
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON {table} TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT{"" if table in KEPT_AS_WRITTEN else ", UPDATE"} ON {table} TO kommobil_app;
"""
    for table in TABLE_NAMES
)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
