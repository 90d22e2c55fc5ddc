"""What a session did when, no finer than its price needs it: for whoever finishes a booking by hand under a tariff of OCPI."""

from alembic import op

revision = "0104"
down_revision = "0103"


def upgrade() -> None:
    op.execute("ALTER TABLE charging_sessions ADD COLUMN IF NOT EXISTS periods jsonb")
