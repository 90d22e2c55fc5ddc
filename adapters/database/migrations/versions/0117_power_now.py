"""What goes on at a group's points is read without a function of the database; the one for it is gone."""

from alembic import op

revision = "0117"
down_revision = "0116"


def upgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS power_now(text, text, timestamptz)")
