"""Blocks: who claimed a resource for a repair, why, and when it was lifted."""

from typing import Any

from alembic import op

revision = "0014"
down_revision = "0013"

SCRIPT = """
CREATE TABLE blocks (
  city text, id uuid, resource_id uuid NOT NULL, starts timestamptz NOT NULL, ends timestamptz NOT NULL, reason text,
  made_by uuid NOT NULL, made_at timestamptz NOT NULL, lifted_at timestamptz, PRIMARY KEY (city, id),
  FOREIGN KEY (city, resource_id) REFERENCES resources, CHECK (starts < ends));
ALTER TABLE blocks ENABLE ROW LEVEL SECURITY;
ALTER TABLE blocks FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON blocks TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT ON blocks TO kommobil_app;
GRANT UPDATE (lifted_at) ON blocks TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
