"""Whose calendar feeds there are. The secret in an address is made of the id by a key that is not here."""

from typing import Any

from alembic import op

revision = "0050"
down_revision = "0049"

SCRIPT = """
CREATE TABLE calendar_feeds (
  city text, id uuid, person_id uuid NOT NULL, vehicle_id uuid, made_at timestamptz NOT NULL, PRIMARY KEY (city, id),
  UNIQUE NULLS NOT DISTINCT (city, person_id, vehicle_id), FOREIGN KEY (city, person_id) REFERENCES persons,
  FOREIGN KEY (city, vehicle_id) REFERENCES vehicles ON DELETE CASCADE);
ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_feeds FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON calendar_feeds TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, DELETE ON calendar_feeds TO kommobil_app;
GRANT UPDATE (id, made_at) ON calendar_feeds TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
