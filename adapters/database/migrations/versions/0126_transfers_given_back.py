"""An order pays holders, too: what they transferred for a lease that they withdrew from."""

from alembic import op

revision = "0126"
down_revision = "0125"

CHANGES = (
    "ALTER TABLE lease_payments ADD COLUMN IF NOT EXISTS holder_id uuid",
    "ALTER TABLE lease_payments ALTER COLUMN dealer DROP NOT NULL",
    "ALTER TABLE lease_payments DROP CONSTRAINT IF EXISTS lease_payments_paid_for_check",
    """ALTER TABLE lease_payments ADD CONSTRAINT lease_payments_paid_for_check
    CHECK (paid_for IN ('bike', 'service', 'refund')) NOT VALID""",
    """ALTER TABLE lease_payments ADD CONSTRAINT to_a_dealer_or_back_to_a_holder
    CHECK ((dealer IS NULL) = (paid_for = 'refund') AND (holder_id IS NULL) = (paid_for <> 'refund')) NOT VALID""",
)


def upgrade() -> None:
    for change in CHANGES:
        op.execute(change)
