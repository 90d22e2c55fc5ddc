"""The stations of a city with their charge points' power, for planning."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.charging.planning.districts import ExistingSite
from domain.identity import City

# What was taken out of service is gone, what is only defective is not; and what cannot be booked here charges all the same.
SITES = text("""
SELECT coalesce(json_agg(s), '[]'::json)::text FROM (
  SELECT s.id, s.name, json_build_object('lat', s.lat, 'lon', s.lon) AS location,
    array_agg(x.power_kw::text ORDER BY x.power_kw, x.id) AS powers_kw
  FROM stations s JOIN resources r ON r.city = s.city AND r.station_id = s.id
    JOIN charge_points x ON x.city = r.city AND x.id = r.id
  WHERE s.city = :city AND (r.in_service OR r.withdrawn_by_problem)
  GROUP BY s.id, s.name, s.lat, s.lon ORDER BY s.id) s
""")
_sites = msgspec.json.Decoder(tuple[ExistingSite, ...])


class SqlSites:
    """In one transaction, for one city."""

    def __init__(self, connection: AsyncConnection, city: City) -> None:
        self._connection, self._city = connection, city

    async def sites(self) -> Sequence[ExistingSite]:
        """Every station with charge points, by its id."""
        return _sites.decode((await self._connection.execute(SITES, {"city": self._city})).scalar_one())
