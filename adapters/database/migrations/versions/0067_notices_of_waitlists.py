"""The log of notices is also of those to people who wait."""

from alembic import op

from adapters.database.online import build_index

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    op.execute("ALTER TABLE notices ADD COLUMN waitlist_entry_id uuid")
    op.execute("ALTER TABLE notices ALTER COLUMN booking_id DROP NOT NULL")
    op.execute(
        """ALTER TABLE notices ADD CONSTRAINT about_one_thing CHECK ((booking_id IS NULL) = (waitlist_entry_id IS NOT NULL))
        NOT VALID"""
    )
    build_index(
        "notices_of_waitlists_once",
        "notices (city, waitlist_entry_id, occasion) WHERE waitlist_entry_id IS NOT NULL",
        unique=True,
    )
