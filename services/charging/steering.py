"""Steering a power group: plan anew, and have its stations told what they are to do by it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from domain.charging.orders import OrderId, StationOrder
from domain.charging.power.facts import PowerFacts, PowerNow
from domain.charging.power.groups import PowerGroupId
from domain.charging.power.noting import Noted
from domain.charging.power.steering import steer

# Who is not there by then is planned for when it is nearer.
AHEAD = timedelta(hours=12)
WITHIN = timedelta(minutes=2)
"""A station that comes back later is told what is planned by then."""


class SteeringBooks(Protocol):
    """Open in one city, in one transaction."""

    async def alone(self, group_id: PowerGroupId) -> None:
        """Nobody else steers the group until the transaction is over, nor is anything told of it that is not seen."""

    async def facts(self, group_id: PowerGroupId, until: datetime) -> tuple[PowerFacts, PowerNow] | None: ...

    async def place(self, orders: Sequence[StationOrder]) -> None:
        """What was not said yet to the same point is not said any more."""

    async def note(self, noted: Sequence[Noted]) -> None:
        """Beside what stations tell of the sessions."""

    async def look_again(self, group_id: PowerGroupId, at: datetime) -> None: ...


async def steer_group(
    group_id: PowerGroupId, *, books: SteeringBooks, new_order_id: Callable[[], OrderId], now: datetime
) -> bool:
    """Whether anybody is told anything. What is told is written down with when to look again, so nobody dies between the two."""
    await books.alone(group_id)
    known = await books.facts(group_id, now + AHEAD)
    if known is None:
        return False
    # A plan may take a while, and others want the loop.
    done = await asyncio.to_thread(steer, *known, now)
    orders = [StationOrder(new_order_id(), told.point.station_id, told.order, now, now + WITHIN) for told in done.told]
    await books.place(orders)
    await books.note(done.noted)
    await books.look_again(group_id, done.look_at)
    return bool(orders)
