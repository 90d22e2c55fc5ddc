"""A breakdown of which nobody knows how long it takes: before which instant whoever begins has been seen to, and after how many days a
city expects back what is out of service."""

from typing import Any

from alembic import op

from adapters.database.online import build_index

revision = "0114"
down_revision = "0113"

# May run twice: the index is built outside of the transaction.
SCRIPT = """
ALTER TABLE blocks ADD COLUMN IF NOT EXISTS seen_until timestamptz;
GRANT UPDATE (seen_until) ON blocks TO kommobil_app;
GRANT SELECT (city, id, ends, lifted_at, seen_until) ON blocks TO kommobil_relay;
DROP POLICY IF EXISTS every_city_seen ON blocks;
CREATE POLICY every_city_seen ON blocks FOR SELECT TO kommobil_relay USING (true);
CREATE OR REPLACE FUNCTION repair_days_of(of_city text) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT (settings -> 'repairs' ->> 'expected_days')::int FROM cities WHERE city = of_city);
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
    build_index("breakdowns_to_look_at", "blocks (seen_until) WHERE lifted_at IS NULL AND seen_until IS NOT NULL")
