"""Which blocks a breakdown made, so that another report of it replaces them and nobody else's."""

from alembic import op

revision = "0071"
down_revision = "0070"


def upgrade() -> None:
    op.execute("ALTER TABLE blocks ADD COLUMN IF NOT EXISTS breakdown bool NOT NULL DEFAULT false")
