"""Bookings that somebody has to approve: which pools ask for it, and how it stands."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE pools ADD COLUMN approval_s int CHECK (approval_s > 0)")
    op.execute("ALTER TABLE bookings ADD COLUMN approval json")
