"""Payments by direct debit: the mandate and the creditor by whom it was asked for, and when the account is debited."""

from typing import Any

from alembic import op

revision = "0035"
down_revision = "0034"

COLUMNS = "ALTER TABLE payments ADD COLUMN creditor_id text, ADD COLUMN mandate text, ADD COLUMN debit_on date"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(COLUMNS))
