"""Locks that said nothing are asked again by the clock."""

from alembic import op

from adapters.database.online import build_index

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    op.execute("ALTER TABLE key_commands ADD COLUMN IF NOT EXISTS again_at timestamptz, ADD COLUMN IF NOT EXISTS repeats int NOT NULL DEFAULT 0")
    build_index("key_commands_due", "key_commands (again_at) WHERE again_at IS NOT NULL")
    build_index("key_commands_of_resource", "key_commands (city, resource_id, asked_at, id)")
    op.execute("GRANT UPDATE (again_at, repeats) ON key_commands TO kommobil_app")
    op.execute("GRANT SELECT (city, id, again_at) ON key_commands TO kommobil_relay")
    op.execute("DROP POLICY IF EXISTS every_city ON key_commands")
    op.execute("CREATE POLICY every_city ON key_commands TO kommobil_relay USING (true)")
