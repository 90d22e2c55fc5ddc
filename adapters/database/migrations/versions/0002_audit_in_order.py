"""The audit trail can be read in the order in which transactions came into sight: what followers of events are told.

Entries that are there already keep no transaction; nobody follows the past. A column without a default is added first,
as one that is computed would be written into every row there is.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE audit ADD COLUMN xid xid8")
    op.execute("ALTER TABLE audit ALTER COLUMN xid SET DEFAULT pg_current_xact_id()")
    op.execute("CREATE INDEX audit_in_order ON audit (city, xid, id)")
