"""The conditions by which lessors lease to consumers."""

from typing import Any

from alembic import op

revision = "0105"
down_revision = "0104"

SCRIPT = """
CREATE TABLE lease_consumer_terms (
  city text, lessor text, terms jsonb NOT NULL, agreed_by uuid NOT NULL, agreed_at timestamptz NOT NULL, PRIMARY KEY (city, lessor));
ALTER TABLE lease_consumer_terms ENABLE ROW LEVEL SECURITY;
ALTER TABLE lease_consumer_terms FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON lease_consumer_terms TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE ON lease_consumer_terms TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
