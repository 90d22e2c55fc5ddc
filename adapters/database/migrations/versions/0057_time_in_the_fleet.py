"""Since when a vehicle is in the fleet and until when it was; and which classes are ridden without a licence."""

from typing import Any

from alembic import op

revision = "0057"
down_revision = "0056"

# What was retired has a claim for good since then. Since when the others are there nobody wrote down.
SCRIPT = """
ALTER TABLE vehicles ADD COLUMN in_service_since timestamptz, ADD COLUMN retired_at timestamptz;
UPDATE vehicles v SET retired_at = c.claimed_from FROM claims c
WHERE v.life = 'retired' AND c.city = v.city AND c.resource_id = v.id AND c.kind = 'maintenance'
  AND c.claimed_until = '2999-12-31T00:00:00+00:00';

CREATE FUNCTION only_bicycles(of_city text, of_class text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN NOT EXISTS (SELECT FROM vehicles WHERE city = of_city AND class = of_class AND life <> 'retired'
    AND kind NOT IN ('pedelec', 'cargo_bike'));
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
