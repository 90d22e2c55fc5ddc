"""Cases of what is owed and could not be taken, one for a booking."""

from typing import Any

from alembic import op

revision = "0031"
down_revision = "0030"

TABLES = """
CREATE TABLE dunning_cases (
  city text REFERENCES cities, booking_id uuid, debtor_id uuid NOT NULL, owed bigint NOT NULL CHECK (owed >= 0),
  currency text NOT NULL, opened_at timestamptz NOT NULL, policy json, steps_taken int NOT NULL, fees bigint NOT NULL CHECK (fees >= 0),
  next_at timestamptz, state text NOT NULL CHECK (state IN ('open', 'paid', 'paid_otherwise', 'written_off')),
  closed_at timestamptz, closed_by uuid, reason text NOT NULL, version int NOT NULL, updated_at timestamptz NOT NULL,
  PRIMARY KEY (city, booking_id),
  CONSTRAINT closed_as_a_whole CHECK ((state = 'open') = (closed_at IS NULL) AND (state = 'open') = (closed_by IS NULL)));
CREATE INDEX dunning_cases_by_time ON dunning_cases (city, opened_at DESC, booking_id DESC);
CREATE INDEX dunning_cases_due ON dunning_cases (next_at) WHERE next_at IS NOT NULL;
ALTER TABLE dunning_cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE dunning_cases FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON dunning_cases TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE ON dunning_cases TO kommobil_app;
-- The relay sees where a reminder is due.
GRANT SELECT (city, booking_id, next_at) ON dunning_cases TO kommobil_relay;
CREATE POLICY every_city_seen ON dunning_cases FOR SELECT TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(TABLES))
