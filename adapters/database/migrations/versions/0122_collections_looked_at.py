"""What holds for collections is looked at in the rows that were there before as well."""

from adapters.database.online import validate

revision = "0122"
down_revision = "0121"

CONSTRAINTS = ("lease_collections_state_check", "what_is_under_way_has_its_intent")


def upgrade() -> None:
    for constraint in CONSTRAINTS:
        validate("lease_collections", constraint)
