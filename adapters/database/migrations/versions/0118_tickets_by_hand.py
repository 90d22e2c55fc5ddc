"""Tickets that somebody opens by hand, of a station or of none, and how grave each is."""

from alembic import op

revision = "0118"
down_revision = "0117"

CHANGES = (
    "ALTER TABLE charging_tickets ADD COLUMN IF NOT EXISTS severity text NOT NULL DEFAULT 'medium'",
    "ALTER TABLE charging_tickets ADD COLUMN IF NOT EXISTS title text",
    "ALTER TABLE charging_tickets ALTER COLUMN charging_station_id DROP NOT NULL",
    "ALTER TABLE charging_tickets ALTER COLUMN kind DROP NOT NULL",
    "ALTER TABLE charging_tickets DROP CONSTRAINT IF EXISTS charging_tickets_why_check",
    """ALTER TABLE charging_tickets ADD CONSTRAINT charging_tickets_why_check
    CHECK (why IN ('lasted', 'repeated', 'at_once', 'by_hand')) NOT VALID""",
    "ALTER TABLE charging_tickets ADD CONSTRAINT severity_known CHECK (severity IN ('low', 'medium', 'high', 'critical')) NOT VALID",
    """ALTER TABLE charging_tickets ADD CONSTRAINT by_hand_or_of_a_fault
    CHECK (CASE WHEN why = 'by_hand' THEN kind IS NULL AND title <> '' AND title IS NOT NULL
      ELSE kind IS NOT NULL AND title IS NULL AND charging_station_id IS NOT NULL END) NOT VALID""",
    """ALTER TABLE charging_tickets ADD CONSTRAINT of_a_station_or_of_none
    CHECK (charging_station_id IS NOT NULL OR (evse = 0 AND out_since IS NULL)) NOT VALID""",
    "GRANT UPDATE (severity) ON charging_tickets TO kommobil_app",
)


def upgrade() -> None:
    for change in CHANGES:
        op.execute(change)
