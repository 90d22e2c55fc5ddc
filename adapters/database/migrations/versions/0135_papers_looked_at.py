"""That a paper is one of ours holds for those that were there before, too."""

from typing import Any

from alembic import op

revision = "0135"
down_revision = "0134"

SCRIPT = "ALTER TABLE lease_papers VALIDATE CONSTRAINT a_paper_of_ours"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
