"""When a pool's vehicles are shared with residents: its windows, null where they are at any time."""

from typing import Any

from alembic import op

revision = "0056"
down_revision = "0055"

SCRIPT = """
ALTER TABLE pools ADD COLUMN sharing jsonb, ADD COLUMN sharing_version int NOT NULL DEFAULT 0;

-- With the city's zone and the state whose holidays count. Most pools have no windows: then no more is read.
CREATE FUNCTION sharing_of(of_city text, of_pool text) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found record;
BEGIN
  SELECT sharing, sharing_version INTO found FROM pools WHERE city = of_city AND id = of_pool;
  IF found.sharing IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT json_build_object('windows', found.sharing, 'version', found.sharing_version, 'time_zone', time_zone,
            'holidays_in', settings ->> 'state') FROM cities WHERE city = of_city);
END $$;

-- Whether the windows are still those; whoever changes them waits for the booking that asked, and a booking for them.
CREATE FUNCTION still_shared(of_city text, of_pool text, of_version int) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM 1 FROM pools WHERE city = of_city AND id = of_pool AND sharing_version = of_version FOR SHARE;
  RETURN FOUND;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
