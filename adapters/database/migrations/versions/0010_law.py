"""Declarations of withdrawal; the texts that cities publish; which text somebody accepted."""

from typing import Any

from alembic import op

revision = "0010"
down_revision = "0009"

# Whoever accepts accepts a text: its digest is written down with the acceptance, whoever writes it.
SCRIPT = """
CREATE TABLE withdrawals (
  city text REFERENCES cities, id uuid, name text NOT NULL, reference text NOT NULL, email text NOT NULL, language text NOT NULL,
  declared_at timestamptz NOT NULL, confirmed_at timestamptz, PRIMARY KEY (city, id));
CREATE INDEX withdrawals_unconfirmed ON withdrawals (declared_at) WHERE confirmed_at IS NULL;
ALTER TABLE withdrawals ENABLE ROW LEVEL SECURITY;
ALTER TABLE withdrawals FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON withdrawals TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE ON withdrawals TO kommobil_app;
GRANT SELECT (city, id, declared_at, confirmed_at), DELETE ON withdrawals TO kommobil_relay;
CREATE POLICY unconfirmed ON withdrawals TO kommobil_relay USING (confirmed_at IS NULL);

CREATE TABLE documents (
  city text REFERENCES cities, document text, version text, language text, content text NOT NULL, digest text NOT NULL,
  published_at timestamptz NOT NULL, PRIMARY KEY (city, document, version, language));
GRANT SELECT, INSERT ON documents TO kommobil_app;
CREATE FUNCTION refuse_other_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'published texts are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER documents_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON documents
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_words();

ALTER TABLE acceptances ADD COLUMN digest text;
CREATE FUNCTION accepted_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.language := coalesce(NEW.language, (SELECT p.language FROM persons p WHERE p.city = NEW.city AND p.id = NEW.person_id));
  NEW.digest := coalesce(
    (SELECT d.digest FROM documents d WHERE d.city = NEW.city AND d.document = NEW.document AND d.version = NEW.version
       AND d.language = NEW.language), NEW.digest);
  RETURN NEW;
END $$;
CREATE TRIGGER acceptances_name_the_text BEFORE INSERT ON acceptances FOR EACH ROW EXECUTE FUNCTION accepted_text();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
