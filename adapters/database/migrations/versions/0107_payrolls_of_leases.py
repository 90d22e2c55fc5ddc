"""How an employer's payroll is numbered, and by what number it knows who leases."""

from typing import Any

from alembic import op

revision = "0107"
down_revision = "0106"

TABLES = """
CREATE TABLE lease_payrolls (
  city text REFERENCES cities, employer text, layout jsonb NOT NULL, said_by uuid NOT NULL, said_at timestamptz NOT NULL,
  PRIMARY KEY (city, employer));
CREATE TABLE lease_personnel (
  city text REFERENCES cities, employer text, person_id uuid, number text NOT NULL CHECK (number ~ '^[0-9]{1,5}$'), said_by uuid NOT NULL,
  said_at timestamptz NOT NULL, PRIMARY KEY (city, employer, person_id));
"""
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON {table} TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE ON {table} TO kommobil_app;
"""
    for table in ("lease_payrolls", "lease_personnel")
)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
