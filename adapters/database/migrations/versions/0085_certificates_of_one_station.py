"""The name in a certificate leads to one station of the whole installation.

Whose stations' certificates count is decided by one authority for all cities, and the city is said by the station itself: with a
name of two stations one could come in as the other. Where two have the same by now the index is not built, and one has to be renamed.
"""

from adapters.database.online import build_index

revision = "0085"
down_revision = "0084"


def upgrade() -> None:
    build_index(
        "charging_stations_by_certificate",
        "charging_stations (certificate_name) WHERE certificate_name IS NOT NULL",
        unique=True,
    )
