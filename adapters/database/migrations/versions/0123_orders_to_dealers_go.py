"""Orders to pay dealers and the accounts they were paid to may go when nobody has to keep them any more, written down first and proven."""

from typing import Any

from alembic import op

revision = "0123"
down_revision = "0122"

GUARDS = "".join(
    f"""
CREATE TRIGGER {table}_kept_until_due BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION kept_until_due('{touched}');
CREATE TRIGGER {table}_gone_with_proof AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone FOR EACH STATEMENT
  EXECUTE FUNCTION prove_deletion('{key}');
GRANT DELETE ON {table} TO kommobil_app;
"""
    for table, touched, key in (("lease_payment_orders", "ordered_at", "id"), ("lease_accounts", "said_at", "party"))
)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(GUARDS))
