"""Photos at the start and at the end of a use, and a photo of a damage that is taken away by whoever may do so."""

from typing import Any

from alembic import op

revision = "0078"
down_revision = "0077"

TABLES = """
CREATE TABLE use_photos (
  city text, id uuid, booking_id uuid NOT NULL, phase text NOT NULL CHECK (phase IN ('start', 'end')), digest text NOT NULL,
  added_by uuid NOT NULL, added_at timestamptz NOT NULL, PRIMARY KEY (city, id), UNIQUE (city, booking_id, phase, digest),
  FOREIGN KEY (city, booking_id) REFERENCES bookings, FOREIGN KEY (city, digest) REFERENCES photos);
CREATE INDEX use_photos_of_photo ON use_photos (city, digest);
CREATE INDEX use_photos_of_person ON use_photos (city, added_by);
CREATE INDEX use_photos_in_order ON use_photos (city, added_at);

CREATE OR REPLACE FUNCTION photo_goes_with_its_last_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM photos f WHERE f.city = OLD.city AND f.digest = OLD.digest
    AND NOT EXISTS (SELECT FROM damage_photos l WHERE l.city = f.city AND l.digest = f.digest)
    AND NOT EXISTS (SELECT FROM use_photos l WHERE l.city = f.city AND l.digest = f.digest);
  RETURN NULL;
END $$;
CREATE TRIGGER photo_goes_with_its_last_use AFTER DELETE ON use_photos
  FOR EACH ROW EXECUTE FUNCTION photo_goes_with_its_last_use();
CREATE TRIGGER use_photos_kept_until_due BEFORE DELETE ON use_photos
  FOR EACH ROW EXECUTE FUNCTION forgotten_with_persons_or_when_due('added_at');
CREATE TRIGGER use_photos_gone_with_proof AFTER DELETE ON use_photos REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion('id');

-- One photo of a damage goes in the transaction that says in the trail who took it away.
CREATE FUNCTION photo_is_taken_away() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM audit a WHERE a.city = OLD.city AND a.xid = pg_current_xact_id() AND a.action = 'fleet.photo_removed'
             AND a.subject_id = OLD.damage_id) THEN
    RETURN OLD;
  END IF;
  IF NOT EXISTS (SELECT FROM erasures e WHERE e.city = OLD.city AND e.xmin = pg_current_xact_id()::xid)
     AND NOT EXISTS (SELECT FROM deletions d WHERE d.city = OLD.city AND d.written_at = now() AND d.xmin = pg_current_xact_id()::xid
                     AND OLD.added_at < d.before) THEN
    RAISE EXCEPTION 'a photo stays: nobody is being erased, it is not due, and nobody takes it away' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN OLD;
END $$;
DROP TRIGGER damage_photos_kept_until_due ON damage_photos;
CREATE TRIGGER damage_photos_kept_until_due BEFORE DELETE ON damage_photos FOR EACH ROW EXECUTE FUNCTION photo_is_taken_away();

ALTER TABLE use_photos ENABLE ROW LEVEL SECURITY;
ALTER TABLE use_photos FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON use_photos TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, DELETE ON use_photos TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(TABLES))
