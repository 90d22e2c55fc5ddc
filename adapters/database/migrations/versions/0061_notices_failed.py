"""What could not be told is found across cities, so that somebody sees to it."""

from alembic import op

from adapters.database.online import build_index

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    build_index("notices_failed", "notices (settled_at) WHERE state = 'failed'")
    op.execute("GRANT SELECT (state, settled_at) ON notices TO kommobil_relay")
