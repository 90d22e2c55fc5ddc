"""Of what an insurer pays it is known to whom."""

from alembic import op

revision = "0130"
down_revision = "0129"

CHANGES = (
    "ALTER TABLE lease_claims ADD COLUMN IF NOT EXISTS paid_to text",
    """ALTER TABLE lease_claims ADD CONSTRAINT paid_to_somebody
    CHECK (paid_to IS NULL OR (state = 'paid' AND paid_to IN ('lessor', 'dealer', 'holder'))) NOT VALID""",
    "GRANT UPDATE (paid_to) ON lease_claims TO kommobil_app",
)


def upgrade() -> None:
    for change in CHANGES:
        op.execute(change)
