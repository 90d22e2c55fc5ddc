"""The priorities of bookings that were there before are looked at as well."""

from adapters.database.online import validate

revision = "0139"
down_revision = "0138"


def upgrade() -> None:
    validate("bookings", "a_priority_of_ours")
