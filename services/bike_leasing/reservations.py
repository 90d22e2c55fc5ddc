"""Read, decide, record."""

from datetime import datetime

from domain.bike_leasing.reservations import SERVICE, LeaseBike, agree_on, reserve
from domain.booking.bookings import QuoteId
from domain.booking.quoting import quoted
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.ports import BikeLeasingStore, Offered, Reserved


async def quote_bike(
    command: LeaseBike, *, store: BikeLeasingStore, actor: Actor, quote_id: QuoteId, now: datetime
) -> Offered:
    """Freeze price and terms for a while; nothing is claimed."""
    desk = await store.desk(command)
    agreed = agree_on(command, desk.bike, actor, now)
    outcome: Offered = agreed if isinstance(agreed, Refusal) else quoted(quote_id, SERVICE, command.order, agreed, now)
    await store.offer(outcome)
    return outcome


async def reserve_bike(command: LeaseBike, *, store: BikeLeasingStore, actor: Actor, now: datetime) -> Reserved:
    """Claim it for the holder; refusals are recorded too: the answer is given once and for all."""
    desk = await store.desk(command)
    outcome = reserve(command, desk.bike, actor, now)
    await store.record(outcome)
    return outcome
