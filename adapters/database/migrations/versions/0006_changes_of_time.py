"""Bookings grow, shrink, and are used beyond their end.

What waits for its payment, and how far an overdue use keeps its claim, stands on the booking, with its time in a column
of its own for the sweeps, which see no price. An extension may be held on a card beside the booking itself, and another
beside that: only what is still asked of a card is one at a time.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE bookings ADD COLUMN extension json, ADD COLUMN extension_expires_at timestamptz,"
        " ADD COLUMN overdue_until timestamptz, ADD COLUMN delays uuid"
    )
    op.execute(
        "CREATE INDEX extensions_by_expiry ON bookings (extension_expires_at) WHERE extension_expires_at IS NOT NULL"
    )
    op.execute("CREATE INDEX uses_by_end ON bookings (coalesce(overdue_until, ends)) WHERE state = 'in_use'")
    op.execute("CREATE INDEX bookings_that_delay ON bookings (city, delays) WHERE delays IS NOT NULL")
    op.execute("GRANT SELECT (extension_expires_at, overdue_until) ON bookings TO kommobil_relay")
    op.execute("DROP INDEX one_open_payment_per_booking")
    op.execute(
        "CREATE UNIQUE INDEX one_open_payment_per_booking ON payments (city, booking_id, purpose, kind)"
        " WHERE state IN ('requires_payment_method', 'requires_action', 'processing')"
        " OR (state IN ('authorised', 'saved') AND purpose NOT IN ('extension', 'extension_in_person'))"
    )
