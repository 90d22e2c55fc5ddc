"""When something comes near for a lease, and what its holder was reminded of."""

from typing import Any

from alembic import op

revision = "0101"
down_revision = "0100"

TABLES = """
CREATE TABLE lease_looks (
  city text, lease_id uuid, look_on date NOT NULL, PRIMARY KEY (city, lease_id), FOREIGN KEY (city, lease_id) REFERENCES leases);
CREATE INDEX lease_looks_due ON lease_looks (look_on);
CREATE TABLE lease_letters (
  city text, id uuid, lease_id uuid NOT NULL, occasion text NOT NULL CHECK (occasion IN ('offer_ends', 'pin_ends', 'inspection', 'lease_ends')),
  about date NOT NULL, written_at timestamptz NOT NULL, PRIMARY KEY (city, id),
  CONSTRAINT one_letter_of_a_day UNIQUE (city, lease_id, occasion, about), FOREIGN KEY (city, lease_id) REFERENCES leases);
"""
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON {table} TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT{rights} ON {table} TO kommobil_app;
"""
    for table, rights in (("lease_looks", ", UPDATE, DELETE"), ("lease_letters", ""))
)
ACROSS = """
GRANT SELECT (city, lease_id, look_on) ON lease_looks TO kommobil_relay;
CREATE POLICY every_city_seen ON lease_looks FOR SELECT TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, ACROSS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
