"""What people may show is looked at in the rows that were there before as well."""

from adapters.database.online import validate

revision = "0141"
down_revision = "0140"


def upgrade() -> None:
    validate("proofs", "a_known_kind")
    validate("proofs", "years_of_an_age")
