"""What is claimed of the insurance for leased bikes, and the photos that show it."""

from typing import Any

from alembic import op

revision = "0110"
down_revision = "0109"

# An incident has one claim, which says as much as its state does.
TABLES = """
CREATE TABLE lease_claims (
  city text, id uuid, lease_id uuid NOT NULL, incident smallint NOT NULL CHECK (incident > 0), words text NOT NULL, estimate bigint,
  state text NOT NULL CHECK (state IN ('reported', 'in_review', 'accepted', 'refused', 'paid')), reported_by uuid NOT NULL,
  reported_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, version int NOT NULL, reference text, amount bigint, deductible bigint,
  reason text, PRIMARY KEY (city, id), FOREIGN KEY (city, lease_id) REFERENCES leases,
  CONSTRAINT an_incident_is_claimed_once UNIQUE (city, lease_id, incident),
  CONSTRAINT accepted_with_its_amounts CHECK ((state IN ('accepted', 'paid')) = (amount IS NOT NULL)
    AND (amount IS NULL) = (deductible IS NULL)),
  CONSTRAINT borne_within_the_damage CHECK (deductible BETWEEN 0 AND amount),
  CONSTRAINT refused_for_a_reason CHECK ((state = 'refused') = (reason IS NOT NULL)));
CREATE TABLE lease_claim_photos (
  city text, claim_id uuid, digest text, added_by uuid NOT NULL, added_at timestamptz NOT NULL, PRIMARY KEY (city, claim_id, digest),
  FOREIGN KEY (city, claim_id) REFERENCES lease_claims, FOREIGN KEY (city, digest) REFERENCES photos);
CREATE INDEX lease_claim_photos_of_photo ON lease_claim_photos (city, digest);
CREATE INDEX lease_claim_photos_of_person ON lease_claim_photos (city, added_by);

CREATE OR REPLACE FUNCTION photo_goes_with_its_last_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM photos f WHERE f.city = OLD.city AND f.digest = OLD.digest
    AND NOT EXISTS (SELECT FROM damage_photos l WHERE l.city = f.city AND l.digest = f.digest)
    AND NOT EXISTS (SELECT FROM use_photos l WHERE l.city = f.city AND l.digest = f.digest)
    AND NOT EXISTS (SELECT FROM lease_claim_photos l WHERE l.city = f.city AND l.digest = f.digest);
  RETURN NULL;
END $$;
CREATE TRIGGER photo_goes_with_its_last_use AFTER DELETE ON lease_claim_photos
  FOR EACH ROW EXECUTE FUNCTION photo_goes_with_its_last_use();
"""
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON {table} TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, DELETE{changed} ON {table} TO kommobil_app;
"""
    for table, changed in (
        ("lease_claims", ", UPDATE (state, reference, amount, deductible, reason, updated_at, version, words)"),
        ("lease_claim_photos", ""),
    )
)
# The claim goes with its lease; photos also with whoever took them, when she is erased.
GUARDS = """
CREATE TRIGGER lease_claims_kept_until_due BEFORE DELETE ON lease_claims FOR EACH ROW EXECUTE FUNCTION kept_until_due('updated_at');
CREATE TRIGGER lease_claims_gone_with_proof AFTER DELETE ON lease_claims REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion('id');
CREATE TRIGGER lease_claims_stay BEFORE DELETE ON lease_claims FOR EACH STATEMENT EXECUTE FUNCTION no_deletion_is_under_way();
CREATE TRIGGER lease_claim_photos_kept_until_due BEFORE DELETE ON lease_claim_photos
  FOR EACH ROW EXECUTE FUNCTION forgotten_with_persons_or_when_due('added_at');
CREATE TRIGGER lease_claim_photos_gone_with_proof AFTER DELETE ON lease_claim_photos REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion('claim_id', 'digest');
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, GUARDS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
