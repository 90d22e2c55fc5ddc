"""What parties of leases agreed on, how payroll knows whom, and how parties are called may go when nobody has to keep it any more, written
down first and proven."""

from typing import Any

from alembic import op

revision = "0137"
down_revision = "0136"

GUARDED = (
    ("lease_personnel", "said_at", ("employer", "person_id")),
    ("lease_frameworks", "agreed_at", ("lessor", "employer")),
    ("lease_consumer_terms", "agreed_at", ("lessor",)),
    ("lease_dealers", "agreed_at", ("lessor", "dealer")),
    ("lease_payrolls", "said_at", ("employer",)),
    ("lease_parties", "named_at", ("party",)),
)
GUARDS = "".join(
    f"""
CREATE TRIGGER {table}_kept_until_due BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION kept_until_due('{touched}');
CREATE TRIGGER {table}_gone_with_proof AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone FOR EACH STATEMENT
  EXECUTE FUNCTION prove_deletion({", ".join(f"'{name}'" for name in key)});
GRANT DELETE ON {table} TO kommobil_app;
"""
    for table, touched, key in GUARDED
)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(GUARDS))
