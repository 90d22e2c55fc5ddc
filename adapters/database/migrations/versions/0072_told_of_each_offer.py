"""Whoever lost an offer because it broke down is told of the next one, too."""

from adapters.database.online import build_index, drop_index

revision = "0072"
down_revision = "0071"


def upgrade() -> None:
    build_index(
        "notices_of_waitlists_each_once",
        "notices (city, waitlist_entry_id, occasion, about) WHERE waitlist_entry_id IS NOT NULL",
        unique=True,
    )
    drop_index("notices_of_waitlists_once")
