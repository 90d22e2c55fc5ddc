"""What a notice is about is looked at in the rows that were there before as well."""

from typing import Any

from alembic import op

revision = "0070"
down_revision = "0069"

SCRIPT = "ALTER TABLE notices VALIDATE CONSTRAINT about_one_thing"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
