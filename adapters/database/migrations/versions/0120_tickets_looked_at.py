"""What holds for tickets is looked at in the rows that were there before as well."""

from adapters.database.online import validate

revision = "0120"
down_revision = "0119"

CONSTRAINTS = ("charging_tickets_why_check", "severity_known", "by_hand_or_of_a_fault", "of_a_station_or_of_none")


def upgrade() -> None:
    for constraint in CONSTRAINTS:
        validate("charging_tickets", constraint)
