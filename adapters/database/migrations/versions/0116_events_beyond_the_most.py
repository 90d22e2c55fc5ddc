"""An event of a station counts how often it is told, and a ticket says which closed one it follows."""

from alembic import op

revision = "0116"
down_revision = "0115"

CHANGES = (
    "ALTER TABLE charging_faults ADD COLUMN IF NOT EXISTS times int NOT NULL DEFAULT 1",
    "GRANT UPDATE (times) ON charging_faults TO kommobil_app",
    "ALTER TABLE charging_tickets ADD COLUMN IF NOT EXISTS follows uuid",
)


def upgrade() -> None:
    for change in CHANGES:
        op.execute(change)
