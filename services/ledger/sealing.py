"""Sealing what was posted, in batches, off everybody's path."""

from collections.abc import Callable
from datetime import datetime

from domain.identity import City
from services.ledger.ports import Seals

AT_ONCE = 500
MOST_BATCHES = 40
"""So many in one go; whoever has more waiting comes again at once."""


async def seal_all(city: City, *, seals: Seals, clock: Callable[[], datetime]) -> int:
    """Seal what waits; how many entries there were. Raises Unavailable."""
    sealed = 0
    for _ in range(MOST_BATCHES):
        batch = await seals.seal(city, AT_ONCE, clock())
        sealed += batch
        if batch < AT_ONCE:
            break
    return sealed
