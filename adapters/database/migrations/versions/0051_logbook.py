"""Logbooks: what was driven, and what each trip was for, in versions that are only added to."""

from typing import Any

from alembic import op

revision = "0051"
down_revision = "0050"

TABLES = """
CREATE TABLE trips (
  city text, id uuid, vehicle_id uuid NOT NULL, driver_id uuid NOT NULL, plate text, started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL, start_place text, end_place text, PRIMARY KEY (city, id),
  FOREIGN KEY (city, id) REFERENCES bookings, FOREIGN KEY (city, vehicle_id) REFERENCES resources,
  CONSTRAINT ends_after_it_begins CHECK (ended_at >= started_at));
CREATE INDEX trips_of_vehicle ON trips (city, vehicle_id, started_at, id);
CREATE INDEX trips_of_driver ON trips (city, driver_id, started_at, id);
CREATE INDEX trips_in_order ON trips (city, started_at, id);

-- Each version but the first points at the one before it, so none can be left out.
CREATE TABLE trip_entries (
  city text, trip_id uuid, version int CHECK (version > 0), follows int GENERATED ALWAYS AS (nullif(version - 1, 0)) STORED,
  odometer_start int CHECK (odometer_start >= 0), odometer_end int, kind text CHECK (kind IN ('business', 'commute', 'private', 'rental')),
  destination text, purpose text, partner text, route text, reason text, entered_by uuid NOT NULL, entered_at timestamptz NOT NULL,
  complete bool NOT NULL GENERATED ALWAYS AS (odometer_start IS NOT NULL AND odometer_end IS NOT NULL AND kind IS NOT NULL
    AND (kind <> 'business' OR (destination IS NOT NULL AND purpose IS NOT NULL))) STORED,
  PRIMARY KEY (city, trip_id, version), FOREIGN KEY (city, trip_id) REFERENCES trips,
  CONSTRAINT no_version_is_missing FOREIGN KEY (city, trip_id, follows) REFERENCES trip_entries (city, trip_id, version),
  CONSTRAINT odometer_runs_on CHECK (odometer_end >= odometer_start),
  CONSTRAINT only_kilometres_of_what_is_private CHECK (
    kind IS NULL OR kind NOT IN ('private', 'rental') OR num_nonnulls(destination, purpose, partner, route) = 0));
"""

# Only added to, but for a deletion that is under way, of what is old enough (revision 0021).
WALLS = """
DO $$
DECLARE t text; touched text; keys text;
BEGIN
  FOR t, touched, keys IN VALUES ('trips', 'ended_at', '''id'''), ('trip_entries', 'entered_at', '''trip_id'', ''version''')
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO kommobil_app', t);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()',
      t || '_are_append_only', t);
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION no_deletion_is_under_way()',
      t || '_stay', t);
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION kept_until_due(%L)',
      t || '_kept_until_due', t, touched);
    EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion(%s)',
      t || '_gone_with_proof', t, keys);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
