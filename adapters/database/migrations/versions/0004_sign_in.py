"""Sign-in: codes by mail, sessions, identities at the cities' own issuers, and the list of what was revoked.

Codes, sessions and identities stand behind the wall. The revocations name sessions and persons by id only; every process
of the API reads them across cities, so they are seen by all and written within one city.
"""

from typing import Any

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
ALTER TABLE persons ADD COLUMN signed_in_at timestamptz;
ALTER TABLE acceptances ADD COLUMN language text;

CREATE TABLE sign_in_codes (
  city text REFERENCES cities, id uuid, email text NOT NULL, language text NOT NULL, made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL, tries int NOT NULL DEFAULT 0, session_id uuid, PRIMARY KEY (city, id),
  CONSTRAINT five_tries CHECK (tries BETWEEN 0 AND 5));
CREATE INDEX sign_in_codes_of_address ON sign_in_codes (city, email, made_at DESC);
CREATE INDEX sign_in_codes_by_age ON sign_in_codes (made_at);

CREATE TABLE sessions (
  city text, id uuid, person_id uuid NOT NULL, generation int NOT NULL CHECK (generation > 0), made_at timestamptz NOT NULL,
  rotated_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, ended_at timestamptz, PRIMARY KEY (city, id),
  FOREIGN KEY (city, person_id) REFERENCES persons);
CREATE INDEX sessions_of_person ON sessions (city, person_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE identities (
  city text, issuer text, subject text, person_id uuid NOT NULL, linked_at timestamptz NOT NULL, PRIMARY KEY (city, issuer, subject),
  FOREIGN KEY (city, person_id) REFERENCES persons);
CREATE INDEX identities_of_person ON identities (city, person_id);

CREATE TABLE revocations (
  city text REFERENCES cities, subject uuid, before timestamptz NOT NULL, until timestamptz NOT NULL, PRIMARY KEY (city, subject));
CREATE INDEX revocations_by_end ON revocations (until);
"""

WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['sign_in_codes', 'sessions', 'identities'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
  END LOOP;
END $$;
ALTER TABLE revocations ENABLE ROW LEVEL SECURITY;
ALTER TABLE revocations FORCE ROW LEVEL SECURITY;
CREATE POLICY seen_by_all ON revocations FOR SELECT TO kommobil_app USING (true);
CREATE POLICY made_in_one_city ON revocations FOR INSERT TO kommobil_app WITH CHECK (city = current_setting('kommobil.city', true));
CREATE POLICY moved_in_one_city ON revocations FOR UPDATE TO kommobil_app USING (city = current_setting('kommobil.city', true));
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_codes, sessions, identities TO kommobil_app;
GRANT SELECT, INSERT, UPDATE ON revocations TO kommobil_app;
-- The relay forgets what has grown old, and reads nothing else of it.
GRANT SELECT (city, made_at), DELETE ON sign_in_codes TO kommobil_relay;
GRANT SELECT (city, expires_at), DELETE ON sessions TO kommobil_relay;
GRANT SELECT (city, until), DELETE ON revocations TO kommobil_relay;
CREATE POLICY every_city ON sign_in_codes TO kommobil_relay USING (true);
CREATE POLICY every_city ON sessions TO kommobil_relay USING (true);
CREATE POLICY every_city ON revocations TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    # Scripts go to the driver itself, in the same transaction: a prepared statement holds one command only.
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, RIGHTS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
