"""Damages of vehicles: as reported, what was made of them, and photos, each kept once in a city and gone with its last use."""

from typing import Any

from alembic import op

revision = "0069"
down_revision = "0068"

# A damage stays with its vehicle and is older than what was booked when it was reported, so it does not point there.
TABLES = """
CREATE TABLE damages (
  city text, id uuid, vehicle_id uuid NOT NULL, booking_id uuid, place text NOT NULL, kind text NOT NULL, severity text NOT NULL,
  drivable bool NOT NULL, words text, reporter_id uuid, reported_at timestamptz NOT NULL, PRIMARY KEY (city, id),
  FOREIGN KEY (city, vehicle_id) REFERENCES resources);
CREATE INDEX damages_of_vehicle ON damages (city, vehicle_id);
CREATE INDEX damages_of_booking ON damages (city, booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX damages_in_order ON damages (city, reported_at, id);

-- Each note but the first points at the one before it, so none can be left out.
CREATE TABLE damage_notes (
  city text, damage_id uuid, number int CHECK (number > 0), follows int GENERATED ALWAYS AS (nullif(number - 1, 0)) STORED,
  state text NOT NULL CHECK (state IN ('open', 'known', 'repaired', 'dismissed')), drivable bool NOT NULL, paid_by text, words text,
  noted_by uuid, noted_at timestamptz NOT NULL, PRIMARY KEY (city, damage_id, number),
  FOREIGN KEY (city, damage_id) REFERENCES damages,
  CONSTRAINT no_note_is_missing FOREIGN KEY (city, damage_id, follows) REFERENCES damage_notes (city, damage_id, number));

CREATE TABLE photos (
  city text, digest text, media_type text NOT NULL, width int NOT NULL, height int NOT NULL, size int NOT NULL, content bytea NOT NULL,
  kept_at timestamptz NOT NULL, PRIMARY KEY (city, digest),
  CONSTRAINT named_by_its_content CHECK (digest = encode(sha256(content), 'hex') AND size = length(content)));
ALTER TABLE photos ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE TABLE damage_photos (
  city text, damage_id uuid, digest text, added_by uuid NOT NULL, added_at timestamptz NOT NULL, PRIMARY KEY (city, damage_id, digest),
  FOREIGN KEY (city, damage_id) REFERENCES damages, FOREIGN KEY (city, digest) REFERENCES photos);
CREATE INDEX damage_photos_of_photo ON damage_photos (city, digest);
CREATE INDEX damage_photos_of_person ON damage_photos (city, added_by);
"""

# What was said stays said: in the transaction that erases somebody, or that lets go of what is old enough (revision 0021), words,
# persons and photos are forgotten, and nothing else of it.
FORGETTING = """
CREATE FUNCTION forgotten_with_persons_or_when_due() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched timestamptz := (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz;
BEGIN
  IF NOT EXISTS (SELECT FROM erasures e WHERE e.city = OLD.city AND e.xmin = pg_current_xact_id()::xid)
     AND NOT EXISTS (SELECT FROM deletions d WHERE d.city = OLD.city AND d.written_at = now() AND d.xmin = pg_current_xact_id()::xid
                     AND touched < d.before) THEN
    RAISE EXCEPTION '% stays as it was said: nobody is being erased, and it is not due', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF to_jsonb(NEW) - TG_ARGV[1:] IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV[1:] OR EXISTS (
       SELECT FROM unnest(TG_ARGV[1:]) name WHERE to_jsonb(NEW) ->> name IS NOT NULL
         AND to_jsonb(NEW) ->> name IS DISTINCT FROM to_jsonb(OLD) ->> name) THEN
    RAISE EXCEPTION '% forgets no more than words and persons', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION photo_goes_with_its_last_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM photos f WHERE f.city = OLD.city AND f.digest = OLD.digest
    AND NOT EXISTS (SELECT FROM damage_photos l WHERE l.city = f.city AND l.digest = f.digest);
  RETURN NULL;
END $$;
CREATE TRIGGER photo_goes_with_its_last_use AFTER DELETE ON damage_photos
  FOR EACH ROW EXECUTE FUNCTION photo_goes_with_its_last_use();

DO $$
DECLARE t text; change text; forgets text; keys text;
BEGIN
  FOR t, change, forgets, keys IN VALUES
    ('damages', 'UPDATE', '''reported_at'', ''words'', ''reporter_id'', ''booking_id''', '''id'''),
    ('damage_notes', 'UPDATE', '''noted_at'', ''words'', ''noted_by''', '''damage_id'', ''number'''),
    ('damage_photos', 'DELETE', '''added_at''', '''damage_id'', ''digest''')
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE %s ON %I FOR EACH ROW EXECUTE FUNCTION forgotten_with_persons_or_when_due(%s)',
      t || '_kept_until_due', change, t, forgets);
    EXECUTE format('CREATE TRIGGER %I AFTER %s ON %I REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion(%s)',
      t || '_gone_with_proof', change, t, keys);
  END LOOP;
END $$;
"""
WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['damages', 'damage_notes', 'photos', 'damage_photos'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO kommobil_app', t);
  END LOOP;
END $$;
GRANT UPDATE (words, reporter_id, booking_id) ON damages TO kommobil_app;
GRANT UPDATE (words, noted_by) ON damage_notes TO kommobil_app;
GRANT DELETE ON photos, damage_photos TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, FORGETTING, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
