"""Subscriptions: addresses that are told what happens in a city, and how far they have been told."""

from typing import Any

from alembic import op

revision = "0005"
down_revision = "0004"

SUBSCRIPTIONS = """
CREATE TABLE subscriptions (
  city text REFERENCES cities, id uuid, url text NOT NULL, types text[] NOT NULL, enabled bool NOT NULL,
  generation int NOT NULL, rotated_at timestamptz, retry_at timestamptz NOT NULL, failing_since timestamptz,
  failures int NOT NULL, last_error text, made_at timestamptz NOT NULL, version int NOT NULL,
  told_transaction xid8 NOT NULL, told_entry uuid NOT NULL, PRIMARY KEY (city, id));
ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscriptions FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON subscriptions TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions TO kommobil_app;
-- The relay sees which of them it is time to look at, and not where they lead.
GRANT SELECT (city, id, enabled, retry_at) ON subscriptions TO kommobil_relay;
CREATE POLICY every_city_seen ON subscriptions FOR SELECT TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SUBSCRIPTIONS))
