"""How a city's charging stations are, for `kommobil doctor`."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import text

from adapters.database.connections import Transactions
from domain.charging.stations import SecurityProfile
from domain.identity import City

STATIONS = text("""
SELECT identity, security_profile, CASE WHEN security_profile = 'certificate' THEN certificate_name IS NOT NULL
    ELSE key_digest IS NOT NULL OR next_key_digest IS NOT NULL END AS has_a_way_in, seen_at, heartbeat_s,
  coalesce(held_until > now(), false) AS connected
FROM charging_stations WHERE city = :city AND admission = 'accepted' ORDER BY identity
""")


class StationFacts(Struct, frozen=True):
    """`has_a_way_in` is whether there is a key, or a name in a certificate, by which it could come."""

    city: City
    identity: str
    profile: SecurityProfile
    has_a_way_in: bool
    seen_at: datetime | None
    heartbeat_s: int
    connected: bool

    @property
    def name(self) -> str:
        return f"{self.city}/{self.identity}"


async def stations_of(transactions: Transactions, city: City) -> tuple[StationFacts, ...]:
    """Those that may come."""
    async with transactions.city(city) as connection:
        rows = (await connection.execute(STATIONS, {"city": city})).all()
    return tuple(
        StationFacts(
            city,
            row.identity,
            SecurityProfile(row.security_profile),
            row.has_a_way_in,
            row.seen_at,
            row.heartbeat_s,
            row.connected,
        )
        for row in rows
    )
