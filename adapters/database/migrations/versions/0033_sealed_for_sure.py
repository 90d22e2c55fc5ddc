"""What waits to be sealed is written by the trigger alone; and when a hold ended and a dispute was decided is kept."""

from typing import Any

from alembic import op

revision = "0033"
down_revision = "0032"

# In the owner's name, for whom row-level security is forced as for everybody: whoever has the right to insert, and only the
# owner has, does so in the city of the transaction.
SCRIPT = """
REVOKE INSERT ON ledger_unsealed FROM kommobil_app;
CREATE POLICY written_by_the_trigger ON ledger_unsealed FOR INSERT
  WITH CHECK (city = current_setting('kommobil.city', true));
CREATE OR REPLACE FUNCTION ledger_to_be_sealed() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO ledger_unsealed (city, entry_id) SELECT a.city, a.id FROM added a;
  RETURN NULL;
END $$;

ALTER TABLE payments ADD COLUMN ended_at timestamptz;
ALTER TABLE disputes ADD COLUMN decided_at timestamptz;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
