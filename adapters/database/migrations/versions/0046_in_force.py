"""What vehicles and proofs may be is looked at in the rows that were there before as well."""

from typing import Any

from alembic import op

revision = "0046"
down_revision = "0045"

SCRIPT = """
ALTER TABLE vehicles VALIDATE CONSTRAINT a_known_kind;
ALTER TABLE vehicles VALIDATE CONSTRAINT a_known_life;
ALTER TABLE proofs VALIDATE CONSTRAINT a_known_kind;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
