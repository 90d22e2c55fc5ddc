"""A vehicle is used by one at a time, whoever starts in the same moment. It also finds who has not brought it back."""

from adapters.database.online import build_index

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    build_index(
        "one_use_of_a_vehicle_at_a_time",
        "bookings (city, resource_id) WHERE service = 'fleet' AND state = 'in_use'",
        unique=True,
    )
