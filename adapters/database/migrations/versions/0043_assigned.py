"""Why a booking by class got its vehicle, and why no other was taken; it goes with the booking."""

from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.execute("ALTER TABLE bookings ADD COLUMN assigned json")
