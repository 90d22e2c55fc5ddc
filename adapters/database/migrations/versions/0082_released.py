"""What a pool has for itself and leaves free is released to residents."""

from typing import Any

from alembic import op

revision = "0082"
down_revision = "0081"

SCRIPT = """
ALTER TABLE pools ADD COLUMN release_after_s int CHECK (release_after_s BETWEEN 0 AND 86400);

CREATE OR REPLACE FUNCTION sharing_of(of_city text, of_pool text) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found record;
BEGIN
  SELECT sharing, sharing_version, release_after_s INTO found FROM pools WHERE city = of_city AND id = of_pool;
  IF found.sharing IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT json_build_object('windows', found.sharing, 'version', found.sharing_version, 'time_zone', time_zone,
            'holidays_in', settings ->> 'state', 'release_after_s', found.release_after_s) FROM cities WHERE city = of_city);
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
