"""Plugs that stations keep are listed, the latest first."""

from alembic import op

revision = "0080"
down_revision = "0079"


def upgrade() -> None:
    op.execute("CREATE INDEX plug_reservations_in_order ON plug_reservations (city, ordered_at DESC, id DESC)")
    op.execute("DROP INDEX plug_reservations_there")
