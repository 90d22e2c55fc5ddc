"""What the provider moved goes with the booking it was moved for; who asked to be erased and has to wait is not forgotten."""

from typing import Any

from alembic import op

revision = "0027"
down_revision = "0026"

TABLES = """
CREATE TABLE erasure_wishes (
  city text, person_id uuid, asked_at timestamptz NOT NULL, PRIMARY KEY (city, person_id),
  FOREIGN KEY (city, person_id) REFERENCES persons);
ALTER TABLE erasure_wishes ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure_wishes FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON erasure_wishes TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, DELETE ON erasure_wishes TO kommobil_app;
"""

# A movement is final as long as it is kept; what revision 0021 does for the other records, for these.
GUARDS = """
GRANT DELETE ON provider_transactions, disputes TO kommobil_app;
DROP TRIGGER movements_are_final ON provider_transactions;
CREATE TRIGGER movements_are_final BEFORE UPDATE ON provider_transactions FOR EACH ROW EXECUTE FUNCTION movement_is_final();
CREATE TRIGGER provider_transactions_kept_until_due BEFORE DELETE ON provider_transactions
  FOR EACH ROW EXECUTE FUNCTION kept_until_due('created_at');
CREATE TRIGGER provider_transactions_gone_with_proof AFTER DELETE ON provider_transactions REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion('id');
CREATE TRIGGER disputes_kept_until_due BEFORE DELETE ON disputes FOR EACH ROW EXECUTE FUNCTION kept_until_due('updated_at');
CREATE TRIGGER disputes_gone_with_proof AFTER DELETE ON disputes REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion('id');
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, GUARDS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
