"""Until when a damage is expected to keep its vehicle out; and what is out, for whoever looks again which bookings that meets."""

from alembic import op

from adapters.database.online import build_index

revision = "0089"
down_revision = "0088"


def upgrade() -> None:
    op.execute("ALTER TABLE damage_notes ADD COLUMN out_until timestamptz")
    op.execute("GRANT SELECT (city, id, withdrawn_by_problem) ON resources TO kommobil_relay")
    build_index("resources_withdrawn", "resources (city, id) WHERE withdrawn_by_problem")
