"""What holds for claims of the insurance is looked at in the rows that were there before as well."""

from adapters.database.online import validate

revision = "0131"
down_revision = "0130"


def upgrade() -> None:
    validate("lease_claims", "paid_to_somebody")
