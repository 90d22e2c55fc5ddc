"""Whether residents may still have a resource; whoever closes it to them waits for the booking that asked, and it for them."""

from typing import Any

from alembic import op

revision = "0063"
down_revision = "0062"

SCRIPT = """
CREATE FUNCTION still_open(of_city text, of_resource uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM 1 FROM resources WHERE city = of_city AND id = of_resource AND (pool_id IS NULL OR shared) FOR SHARE;
  RETURN FOUND;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
