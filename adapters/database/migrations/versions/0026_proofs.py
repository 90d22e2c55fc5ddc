"""What people have shown: a licence to drive, who they are. That it was seen, never a copy."""

from typing import Any

from alembic import op

revision = "0026"
down_revision = "0025"

SCRIPT = """
CREATE TABLE proofs (
  city text, person_id uuid, kind text CHECK (kind IN ('licence', 'verification')), valid_until date, method text NOT NULL,
  classes text[] NOT NULL, checked_by uuid NOT NULL, checked_at timestamptz NOT NULL,
  PRIMARY KEY (city, person_id, kind), FOREIGN KEY (city, person_id) REFERENCES persons,
  CONSTRAINT a_licence_is_seen_again CHECK (kind <> 'licence' OR valid_until IS NOT NULL));
ALTER TABLE proofs ENABLE ROW LEVEL SECURITY;
ALTER TABLE proofs FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON proofs TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON proofs TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
