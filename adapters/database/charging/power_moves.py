"""A booking of a charger that is moved stays under the connection under which its energy was let in, or is under none."""

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.booking.resources import ResourceId
from domain.identity import City

P = TypeVar("P")
ELSEWHERE = text("""
SELECT x.id FROM charge_points x WHERE x.city = :city AND x.id = ANY (CAST(:ids AS uuid[])) AND x.power_group IS NOT NULL
  AND x.power_group IS DISTINCT FROM (SELECT o.power_group FROM charge_points o WHERE o.city = :city AND o.id = :at)
""")


async def powered(
    connection: AsyncConnection, city: City, at: ResourceId, places: Mapping[ResourceId, P]
) -> dict[ResourceId, P]:
    """Of these places for a booking at a point, those for which nobody has to ask whether there is power."""
    if not places:
        return {}
    found = await connection.execute(ELSEWHERE, {"city": city, "at": at, "ids": sorted(places)})
    elsewhere = set(found.scalars())
    return {each: place for each, place in places.items() if each not in elsewhere}
