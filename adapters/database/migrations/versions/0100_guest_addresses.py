"""Where the receipt of whoever charges without an account goes, if she says so; for some days."""

from typing import Any

from alembic import op

revision = "0100"
down_revision = "0099"

SCRIPT = """
CREATE TABLE guest_addresses (
  city text, holder_id uuid, email text NOT NULL, language text NOT NULL CHECK (language IN ('de', 'en')), made_at timestamptz NOT NULL,
  PRIMARY KEY (city, holder_id));
CREATE INDEX guest_addresses_old ON guest_addresses (made_at);
ALTER TABLE guest_addresses ENABLE ROW LEVEL SECURITY;
ALTER TABLE guest_addresses FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON guest_addresses TO kommobil_app USING (city = current_setting('kommobil.city', true));
CREATE POLICY every_city ON guest_addresses TO kommobil_relay USING (true);
GRANT SELECT, INSERT, DELETE ON guest_addresses TO kommobil_app;
GRANT SELECT (city, made_at), DELETE ON guest_addresses TO kommobil_relay;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
