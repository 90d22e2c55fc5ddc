"""What was collected for a lease that its holder withdrew from goes back."""

from alembic import op

from adapters.database.online import build_index, drop_index

revision = "0121"
down_revision = "0120"

STATES = "'queued', 'asked', 'processing', 'paid', 'owed_back', 'failed', 'returned'"
CHANGES = (
    "ALTER TABLE lease_collections DROP CONSTRAINT IF EXISTS lease_collections_state_check",
    f"ALTER TABLE lease_collections ADD CONSTRAINT lease_collections_state_check CHECK (state IN ({STATES})) NOT VALID",
    "ALTER TABLE lease_collections DROP CONSTRAINT IF EXISTS what_is_under_way_has_its_intent",
    """ALTER TABLE lease_collections ADD CONSTRAINT what_is_under_way_has_its_intent
    CHECK (state NOT IN ('processing', 'paid', 'owed_back') OR intent_id IS NOT NULL) NOT VALID""",
)


def upgrade() -> None:
    for change in CHANGES:
        op.execute(change)
    waiting = "lease_collections (city, due_at, id) WHERE state IN ('queued', 'asked', 'owed_back')"
    build_index("lease_collections_waiting", waiting)
    drop_index("lease_collections_due")
