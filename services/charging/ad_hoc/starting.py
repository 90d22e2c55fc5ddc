"""Read, decide, record."""

import asyncio
from datetime import datetime
from typing import Protocol

from domain.booking.bookings import QuoteId
from domain.charging.ad_hoc.starting import ChargeAdHoc, NotBegun, Offered, Place, begin, offer
from domain.charging.reservations import ChargePointReserved
from domain.identity import Actor


class AdHocStore(Protocol):
    """Open for one call in one city."""

    async def desk(self, command: ChargeAdHoc) -> Place: ...
    async def offer(self, outcome: Offered | NotBegun) -> None: ...
    async def record(self, outcome: ChargePointReserved | NotBegun) -> None: ...


async def offer_ad_hoc(
    command: ChargeAdHoc,
    *,
    store: AdHocStore,
    actor: Actor,
    quote_id: QuoteId,  # noqa: ARG001 - nothing is kept of it
    now: datetime,
) -> Offered | NotBegun:
    """What somebody who stands there would get now."""
    outcome = offer(command, await store.desk(command), actor, now)
    await store.offer(outcome)
    return outcome


async def begin_ad_hoc(
    command: ChargeAdHoc, *, store: AdHocStore, actor: Actor, now: datetime
) -> ChargePointReserved | NotBegun:
    """Claim the point for her; refusals are recorded too: the answer is given once and for all."""
    place = await store.desk(command)
    if place.point is not None and place.point.power is not None:
        # Whether the power suffices may take a while to say, and others want the loop.
        outcome = await asyncio.to_thread(begin, command, place, actor, now)
    else:
        outcome = begin(command, place, actor, now)
    await store.record(outcome)
    return outcome
