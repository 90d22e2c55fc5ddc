"""Runs of instalments: what was charged for which month of which lease, from whose account it is taken, and how fast."""

from typing import Any

from alembic import op

revision = "0092"
down_revision = "0091"

# A month of a lease is charged once, and of a charge one collection is under way or paid at a time: nobody pays twice, whatever crashes.
TABLES = """
CREATE TABLE lease_runs (
  city text REFERENCES cities, month date CHECK (extract(day FROM month) = 1), asked_by uuid NOT NULL, asked_at timestamptz NOT NULL,
  charges int NOT NULL CHECK (charges >= 0), amount bigint NOT NULL CHECK (amount >= 0), collections int NOT NULL CHECK (collections >= 0),
  ended_at timestamptz, PRIMARY KEY (city, month));
CREATE TABLE lease_charges (
  city text, id uuid, lease_id uuid NOT NULL, number int NOT NULL, month date NOT NULL CHECK (extract(day FROM month) = 1),
  due_on date NOT NULL, payer text NOT NULL CHECK (payer IN ('employer', 'holder', 'insurer')), holder_id uuid NOT NULL, employer text,
  amount bigint NOT NULL CHECK (amount > 0), vat_rate numeric NOT NULL, vat bigint NOT NULL CHECK (vat >= 0),
  passed_on bigint NOT NULL CHECK (passed_on >= 0), currency text NOT NULL, made_at timestamptz NOT NULL,
  PRIMARY KEY (city, id), CONSTRAINT a_month_is_charged_once UNIQUE (city, lease_id, month), UNIQUE (city, lease_id, number),
  FOREIGN KEY (city, lease_id, number) REFERENCES lease_instalments (city, lease_id, number),
  CHECK (payer <> 'employer' OR employer IS NOT NULL), CHECK (vat + passed_on <= amount));
CREATE INDEX lease_charges_of_employers ON lease_charges (city, employer, month);
CREATE TABLE lease_debits (
  city text, lease_id uuid, holder_id uuid NOT NULL, method_id text NOT NULL, agreed_at timestamptz NOT NULL,
  PRIMARY KEY (city, lease_id), FOREIGN KEY (city, lease_id) REFERENCES leases);
CREATE TABLE lease_collections (
  city text, id uuid, charge_id uuid NOT NULL, lease_id uuid NOT NULL, number int NOT NULL, holder_id uuid NOT NULL,
  attempt int NOT NULL CHECK (attempt > 0), amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL, method_id text NOT NULL,
  due_at timestamptz NOT NULL, made_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'asked', 'processing', 'paid', 'failed', 'returned')),
  asked_at timestamptz, intent_id text, failure text, updated_at timestamptz NOT NULL,
  PRIMARY KEY (city, id), UNIQUE (city, charge_id, attempt), FOREIGN KEY (city, charge_id) REFERENCES lease_charges,
  CONSTRAINT what_is_under_way_has_its_intent CHECK (state NOT IN ('processing', 'paid') OR intent_id IS NOT NULL));
CREATE UNIQUE INDEX nothing_is_collected_twice ON lease_collections (city, charge_id) WHERE state NOT IN ('failed', 'returned');
CREATE INDEX lease_collections_due ON lease_collections (city, due_at, id) WHERE state IN ('queued', 'asked');
CREATE INDEX lease_collections_by_intent ON lease_collections (city, intent_id) WHERE intent_id IS NOT NULL;
CREATE TABLE lease_paces (city text REFERENCES cities, next_at timestamptz NOT NULL, PRIMARY KEY (city));
CREATE INDEX lease_instalments_of_months ON lease_instalments (city, month, lease_id, number) WHERE state IN ('planned', 'insured');
ALTER TABLE provider_transactions ADD COLUMN lease_collection uuid;
ALTER TABLE disputes ADD COLUMN lease_collection uuid;
"""
TABLE_NAMES = ("lease_runs", "lease_charges", "lease_debits", "lease_collections", "lease_paces")
KEPT_AS_WRITTEN = ("lease_charges",)
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON {table} TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT{"" if table in KEPT_AS_WRITTEN else ", UPDATE"} ON {table} TO kommobil_app;
"""
    for table in TABLE_NAMES
)
# The relay sees where a run is under way and where something is to be collected, and of whom in neither case.
SEEN = """
GRANT SELECT (city, month, ended_at) ON lease_runs TO kommobil_relay;
CREATE POLICY every_city_seen ON lease_runs FOR SELECT TO kommobil_relay USING (true);
GRANT SELECT (city, due_at, state) ON lease_collections TO kommobil_relay;
CREATE POLICY every_city_seen ON lease_collections FOR SELECT TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, SEEN):
        driver.run_async(lambda connection, script=script: connection.execute(script))
