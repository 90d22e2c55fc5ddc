"""Until when a resource may be used: what was not inspected or insured again is not given to anybody."""

from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.execute("ALTER TABLE resources ADD COLUMN usable_until timestamptz")
