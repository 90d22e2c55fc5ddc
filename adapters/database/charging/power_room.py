"""Which charge points have no power left in a period, for whoever looks for one."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import msgspec

from adapters.database.booking.reading import IN_CITY
from adapters.database.charging.store import EARLIER, LATER
from adapters.database.connections import Statements
from adapters.database.reading import read
from domain.booking.resources import ResourceId
from domain.charging.power.facts import PowerFacts
from domain.charging.power.room import without_power
from domain.identity import City
from domain.periods import Period

# As whoever books meets it.
FACTS = IN_CITY.format(
    query=f"""SELECT json_agg(power_of(g.city, g.id, $3::timestamptz - {EARLIER}, $4::timestamptz + {LATER}))
  FROM power_groups g WHERE g.city = $1::text AND g.id = ANY ($2::text[])"""
)
_facts = msgspec.json.Decoder(tuple[PowerFacts, ...] | None)


async def points_without_power(
    statements: Statements, city: City, behind: Mapping[ResourceId, str], period: Period, now: datetime
) -> frozenset[ResourceId]:
    """Of those points, each `behind` one of the city's connections."""
    if not behind:
        return frozenset()
    groups = sorted(set(behind.values()))
    found = _facts.decode(await read(statements, FACTS, city, groups, period.start, period.end) or "null") or ()

    def decide() -> frozenset[ResourceId]:
        return frozenset().union(*(without_power(each, behind, period, now) for each in found))

    # It may take a while to say, and others want the loop.
    return await asyncio.to_thread(decide)
