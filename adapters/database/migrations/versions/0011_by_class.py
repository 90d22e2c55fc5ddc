"""Bookings by class: what was asked for, and when the resource becomes final."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE bookings ADD COLUMN request json, ADD COLUMN final_at timestamptz")
    op.execute(
        "CREATE INDEX bookings_by_final ON bookings (final_at)"
        " WHERE final_at IS NOT NULL AND state IN ('held', 'confirmed')"
    )
    op.execute("CREATE INDEX resources_of_pool ON resources (city, pool_id) WHERE pool_id IS NOT NULL")
    op.execute("GRANT SELECT (final_at) ON bookings TO kommobil_relay")
