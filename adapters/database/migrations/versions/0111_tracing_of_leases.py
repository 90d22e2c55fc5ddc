"""What helps to find leased bikes that were stolen, and where they were seen last; both go as soon as nobody needs them."""

from typing import Any

from alembic import op

revision = "0111"
down_revision = "0110"

# A place is there while the holder has said yes to it.
TABLES = """
CREATE TABLE lease_tracings (
  city text, lease_id uuid, serial_number text NOT NULL, registration text, device text, provider text, consented_at timestamptz,
  lat double precision CHECK (lat BETWEEN -90 AND 90), lon double precision CHECK (lon BETWEEN -180 AND 180), seen_at timestamptz,
  told_by uuid, told_at timestamptz, said_by uuid NOT NULL, said_at timestamptz NOT NULL,
  PRIMARY KEY (city, lease_id), FOREIGN KEY (city, lease_id) REFERENCES leases,
  CONSTRAINT asked_about_a_tracker CHECK (consented_at IS NULL OR device IS NOT NULL),
  CONSTRAINT told_with_consent CHECK (lat IS NULL OR consented_at IS NOT NULL),
  CONSTRAINT told_as_a_whole CHECK ((lat IS NULL) = (lon IS NULL) AND (lat IS NULL) = (seen_at IS NULL) AND (lat IS NULL) = (told_by IS NULL)
    AND (lat IS NULL) = (told_at IS NULL)));
"""
# By whichever step, and by whoever takes it: with the theft the place goes, and with the lease all of it, unless a legal hold keeps
# the lease's file. What a hold has kept goes with the lease.
FORGETTING = """
CREATE FUNCTION tracing_goes_when_nobody_needs_it() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM legal_holds h WHERE h.city = NEW.city AND h.lifted_at IS NULL
             AND (h.kind = 'city' OR h.subject_id IN (NEW.id, NEW.holder_id))) THEN
    RETURN NULL;
  END IF;
  IF NEW.state IN ('early_ended', 'purchased', 'returned', 'inspected', 'closed', 'withdrawn', 'cancelled') THEN
    DELETE FROM lease_tracings t WHERE t.city = NEW.city AND t.lease_id = NEW.id;
  ELSIF OLD.state = 'incident' THEN
    UPDATE lease_tracings t SET lat = NULL, lon = NULL, seen_at = NULL, told_by = NULL, told_at = NULL
      WHERE t.city = NEW.city AND t.lease_id = NEW.id AND t.lat IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tracing_goes_when_nobody_needs_it AFTER UPDATE OF state ON leases
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION tracing_goes_when_nobody_needs_it();
"""
WALLS = """
ALTER TABLE lease_tracings ENABLE ROW LEVEL SECURITY;
ALTER TABLE lease_tracings FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON lease_tracings TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON lease_tracings TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, FORGETTING, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
