"""The papers of leases, kept as they were drawn, who said yes to them, and how parties are called in them."""

from typing import Any

from alembic import op

revision = "0094"
down_revision = "0093"

# A paper is its bytes: the digest is checked by the database, and each side says yes once, to that digest.
TABLES = """
CREATE TABLE lease_parties (
  city text REFERENCES cities, party text CHECK (party ~ '^[a-z][a-z0-9-]{0,62}$'), name text NOT NULL, street text NOT NULL, town text NOT NULL,
  named_by uuid NOT NULL, named_at timestamptz NOT NULL, PRIMARY KEY (city, party));
CREATE TABLE lease_papers (
  city text, lease_id uuid, kind text CHECK (kind IN ('conversion', 'single_lease')), digest text NOT NULL, content bytea NOT NULL,
  texts jsonb NOT NULL, drawn_at timestamptz NOT NULL, PRIMARY KEY (city, lease_id, kind), UNIQUE (city, lease_id, kind, digest),
  FOREIGN KEY (city, lease_id) REFERENCES leases, CONSTRAINT of_these_bytes CHECK (digest = encode(sha256(content), 'hex')));
CREATE TABLE lease_acceptances (
  city text, lease_id uuid, kind text, side text CHECK (side IN ('employee', 'hr', 'lessor')), digest text NOT NULL,
  method text NOT NULL CHECK (method IN ('simple', 'qualified')), signature jsonb, accepted_by uuid NOT NULL, accepted_at timestamptz NOT NULL,
  request_id text NOT NULL, PRIMARY KEY (city, lease_id, kind, side),
  FOREIGN KEY (city, lease_id, kind, digest) REFERENCES lease_papers (city, lease_id, kind, digest),
  CONSTRAINT qualified_by_a_signature CHECK ((method = 'qualified') = (signature IS NOT NULL)));
"""
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON {table} TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT{", UPDATE" if table == "lease_parties" else ""} ON {table} TO kommobil_app;
"""
    for table in ("lease_parties", "lease_papers", "lease_acceptances")
)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
