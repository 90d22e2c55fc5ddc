"""How long what gets free of a pool is offered to whoever waits for it; by the city's minutes where the pool has none of its own."""

from alembic import op

revision = "0087"
down_revision = "0086"


def upgrade() -> None:
    op.execute("ALTER TABLE pools ADD COLUMN offer_min int CHECK (offer_min BETWEEN 5 AND 1440)")
