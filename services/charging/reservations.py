"""Read, decide, record."""

import asyncio
from datetime import datetime

from domain.booking.bookings import QuoteId
from domain.booking.quoting import quoted
from domain.charging.reservations import SERVICE, ReserveChargePoint, agree_on, reserve
from domain.identity import Actor
from domain.refusals import Refusal
from services.charging.ports import ChargingStore, Offered, Reserved


async def quote_charge_point(
    command: ReserveChargePoint, *, store: ChargingStore, actor: Actor, quote_id: QuoteId, now: datetime
) -> Offered:
    """Freeze price and terms for a while; nothing is claimed."""
    desk = await store.desk(command)
    agreed = agree_on(command, desk.point, actor, now)
    outcome: Offered = agreed if isinstance(agreed, Refusal) else quoted(quote_id, SERVICE, command.order, agreed, now)
    await store.offer(outcome)
    return outcome


async def reserve_charge_point(
    command: ReserveChargePoint, *, store: ChargingStore, actor: Actor, now: datetime
) -> Reserved:
    """Claim it for the holder; refusals are recorded too: the answer is given once and for all."""
    desk = await store.desk(command)
    if desk.point is not None and desk.point.power is not None:
        # Whether the power suffices may take a while to say, and others want the loop.
        outcome = await asyncio.to_thread(reserve, command, desk.point, actor, now)
    else:
        outcome = reserve(command, desk.point, actor, now)
    await store.record(outcome)
    return outcome
