"""What a movement at the provider was in the currency in which it was paid, where that is not the account's."""

from typing import Any

from alembic import op

revision = "0038"
down_revision = "0037"

COLUMNS = """
ALTER TABLE provider_transactions ADD COLUMN presented_amount bigint, ADD COLUMN presented_currency text,
  ADD CONSTRAINT presented_as_a_whole CHECK ((presented_amount IS NULL) = (presented_currency IS NULL)) NOT VALID;
ALTER TABLE provider_transactions VALIDATE CONSTRAINT presented_as_a_whole;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(COLUMNS))
