"""What holds for orders' payments is looked at in the rows that were there before as well."""

from adapters.database.online import validate

revision = "0127"
down_revision = "0126"

CONSTRAINTS = ("lease_payments_paid_for_check", "to_a_dealer_or_back_to_a_holder")


def upgrade() -> None:
    for constraint in CONSTRAINTS:
        validate("lease_payments", constraint)
