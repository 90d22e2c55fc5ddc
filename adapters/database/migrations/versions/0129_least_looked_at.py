"""What a charge point gives at least is looked at in the rows that were there before as well."""

from adapters.database.online import validate

revision = "0129"
down_revision = "0128"


def upgrade() -> None:
    validate("charge_points", "least_within_most")
