"""What signed meter values prove of charging sessions."""

from typing import Any

from alembic import op

revision = "0079"
down_revision = "0078"

TABLE = """
CREATE TABLE charging_meter_proofs (
  city text, session_id uuid, examined_at timestamptz NOT NULL, public_key text,
  verdict text NOT NULL CHECK (verdict IN ('verified', 'not_verified', 'not_checked')), reason text,
  kwh numeric CHECK (kwh >= 0), begins_kwh numeric, ends_kwh numeric, begins_at timestamptz, ends_at timestamptz,
  time_usable bool NOT NULL, meter text, page bigint,
  PRIMARY KEY (city, session_id), FOREIGN KEY (city, session_id) REFERENCES charging_sessions ON DELETE CASCADE,
  CONSTRAINT a_reason_unless_verified CHECK ((verdict = 'verified') = (reason IS NULL)),
  CONSTRAINT verified_by_a_key CHECK (verdict <> 'verified' OR (public_key IS NOT NULL AND kwh = ends_kwh - begins_kwh
    AND meter IS NOT NULL AND page IS NOT NULL)));
CREATE UNIQUE INDEX a_page_is_counted_once ON charging_meter_proofs (city, meter, page) WHERE verdict = 'verified';
ALTER TABLE charging_meter_proofs ENABLE ROW LEVEL SECURITY;
ALTER TABLE charging_meter_proofs FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON charging_meter_proofs TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT ON charging_meter_proofs TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(TABLE))
