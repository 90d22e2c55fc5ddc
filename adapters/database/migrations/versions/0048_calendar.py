"""A fleet's calendar reads what stands, what was used and what is blocked vehicle by vehicle, from indices alone.

None of the columns keeps an update in place that was in place before: whatever changes them changes an index already.
"""

from adapters.database.online import build_index

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    build_index(
        "standing_of_vehicle",
        "bookings (city, resource_id) INCLUDE (id, starts, ends, state, payer, final_at, hold_expires_at)"
        " WHERE service = 'fleet' AND state IN ('held', 'confirmed', 'in_use')",
    )
    build_index(
        "uses_of_vehicle",
        "bookings (city, resource_id, finished_at) INCLUDE (id, started_at, payer)"
        " WHERE service = 'fleet' AND state = 'completed'",
    )
    build_index("blocks_of_resource", "blocks (city, resource_id, ends)")
