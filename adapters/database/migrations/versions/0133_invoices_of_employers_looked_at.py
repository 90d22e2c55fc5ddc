"""Whose invoices are whose is looked at in those that were there before as well."""

from adapters.database.online import validate

revision = "0133"
down_revision = "0132"


def upgrade() -> None:
    for constraint in ("about_a_booking_a_lease_or_all_of_an_employers", "owed_by_a_person_or_an_employer"):
        validate("invoices", constraint)
    validate("lease_charges", "charges_are_on_an_invoice")
