"""What a charging station says that it has: its EVSEs, their power and connectors."""

from alembic import op

revision = "0106"
down_revision = "0105"


def upgrade() -> None:
    op.execute("""ALTER TABLE charging_stations ADD COLUMN equipment jsonb NOT NULL DEFAULT '{}', ADD COLUMN equipment_at timestamptz""")
