"""What a person books an exception on, and how much of it, stands with the exception and with the step."""

from typing import Any

from alembic import op

revision = "0044"
down_revision = "0043"

SCRIPT = """
ALTER TABLE exceptions ADD COLUMN cleared bigint, ADD COLUMN cleared_to text;
ALTER TABLE exceptions ADD CONSTRAINT cleared_as_a_whole
  CHECK ((cleared IS NULL) = (cleared_to IS NULL) AND (cleared IS NULL OR resolution IS NOT NULL)) NOT VALID;
ALTER TABLE exceptions VALIDATE CONSTRAINT cleared_as_a_whole;
GRANT UPDATE (cleared, cleared_to) ON exceptions TO kommobil_app;
ALTER TABLE exception_steps ADD COLUMN account text, ADD COLUMN amount bigint;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
