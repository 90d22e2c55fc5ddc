"""Charge points tell their EVSE id as published, and what each of their connectors gives: the register of 2026 has both."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TABLE charge_points ADD COLUMN evse_id text, ADD COLUMN connectors_kw numeric[]")
