"""What a consumer is told before she leases, and her contract, are papers, too."""

from typing import Any

from alembic import op

revision = "0134"
down_revision = "0133"

SCRIPT = """
ALTER TABLE lease_papers DROP CONSTRAINT lease_papers_kind_check,
  ADD CONSTRAINT a_paper_of_ours CHECK (kind IN ('conversion', 'single_lease', 'pre_contract', 'own_lease')) NOT VALID;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
