"""What an invoice is about is looked at in those that were there before as well."""

from adapters.database.online import validate

revision = "0125"
down_revision = "0124"


def upgrade() -> None:
    for constraint in ("about_a_booking_or_a_lease", "invoices_of_a_lease"):
        validate("invoices", constraint)
