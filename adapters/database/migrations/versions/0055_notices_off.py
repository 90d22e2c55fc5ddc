"""Which notices a person does not want to be written."""

from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    op.execute("ALTER TABLE persons ADD COLUMN notices_off text[] NOT NULL DEFAULT '{}'")
