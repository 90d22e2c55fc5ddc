"""Read, decide, record."""

import asyncio
from datetime import datetime

from domain.booking.bookings import QuoteId
from domain.booking.quoting import quoted
from domain.charging.power.admitting import NotEnough
from domain.charging.power.groups import PowerGroupId
from domain.charging.reservations import SERVICE, ReserveChargePoint, agree_on, reserve
from domain.identity import Actor
from domain.refusals import Refusal
from services.charging.ports import ChargingStore, Offered, ReservationDesk, Reserved

MOST_FULL = 8
"""Connections that are found full before somebody is refused."""


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
    outcome = refused = await _decided(command, desk, actor, now)
    full: list[PowerGroupId] = []
    while _is_full(outcome) and command.order.request is not None and desk.point and desk.point.power:
        # Another point may stand behind another connection.
        full.append(desk.point.power.group.id)
        desk = await store.desk(command, full)
        if desk.point is None or len(full) > MOST_FULL:
            break
        outcome = await _decided(command, desk, actor, now)
    if isinstance(outcome, Refusal):
        outcome = refused
    await store.record(outcome)
    return outcome


async def _decided(command: ReserveChargePoint, desk: ReservationDesk, actor: Actor, now: datetime) -> Reserved:
    if desk.point is not None and desk.point.power is not None:
        # Whether the power suffices may take a while to say, and others want the loop.
        return await asyncio.to_thread(reserve, command, desk.point, actor, now)
    return reserve(command, desk.point, actor, now)


def _is_full(outcome: Reserved) -> bool:
    return isinstance(outcome, Refusal) and outcome.reason is NotEnough.NOT_ENOUGH_POWER
