"""How a vehicle was procured, for the report on clean vehicles; none of it says anything of persons."""

from typing import Any

from alembic import op

revision = "0049"
down_revision = "0048"

SCRIPT = """
ALTER TABLE vehicles ADD COLUMN awarded_on date, ADD COLUMN procurement text, ADD COLUMN eu_category text,
  ADD COLUMN co2_g_per_km int, ADD COLUMN rde_pollutants numeric, ADD COLUMN alternative_fuel bool,
  ADD COLUMN contract_cents bigint, ADD COLUMN quota_exempt bool NOT NULL DEFAULT false;
ALTER TABLE vehicles ADD CONSTRAINT a_known_procurement CHECK (procurement IN ('purchase', 'lease', 'rental')) NOT VALID;
ALTER TABLE vehicles ADD CONSTRAINT a_known_category CHECK (eu_category IN ('M1', 'M2', 'M3', 'N1', 'N2', 'N3')) NOT VALID;
ALTER TABLE vehicles ADD CONSTRAINT no_less_than_nothing
  CHECK (co2_g_per_km >= 0 AND rde_pollutants >= 0 AND contract_cents >= 0) NOT VALID;
ALTER TABLE vehicles VALIDATE CONSTRAINT a_known_procurement;
ALTER TABLE vehicles VALIDATE CONSTRAINT a_known_category;
ALTER TABLE vehicles VALIDATE CONSTRAINT no_less_than_nothing;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
