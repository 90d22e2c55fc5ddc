"""To whose account a payment is passed on, and what the city keeps of it."""

from typing import Any

from alembic import op

revision = "0042"
down_revision = "0041"

COLUMNS = """
ALTER TABLE payments ADD COLUMN share_account text, ADD COLUMN share_basis_points int,
  ADD CONSTRAINT shared_as_a_whole CHECK ((share_account IS NULL) = (share_basis_points IS NULL)) NOT VALID;
ALTER TABLE payments VALIDATE CONSTRAINT shared_as_a_whole;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(COLUMNS))
