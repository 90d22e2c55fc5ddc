"""Leasing a pool bike without a set end: the booking of its first months, which the clock and a notice change from then on."""

from datetime import datetime
from typing import TypeAlias

import msgspec
from msgspec import Struct

from domain.bike_leasing.reservations import LeaseBike, LeaseOptions, NotLeasable
from domain.booking.bookings import BookingId, Payer
from domain.booking.holds import Order
from domain.booking.open_ended import Subscription
from domain.booking.resources import ResourceId
from domain.identity import Actor
from domain.periods import Period
from domain.refusals import Refusal
from services.bike_leasing.ports import Reserved, SubscriptionStore
from services.bike_leasing.reservations import reserve_bike

Subscribed: TypeAlias = Reserved


class Subscribe(Struct, frozen=True):
    """`early_start` is the holder's express wish that the lease begins before the right of withdrawal ends."""

    booking_id: BookingId
    bike: ResourceId
    start: datetime
    options: LeaseOptions
    early_start: bool


async def subscribe_to_bike(command: Subscribe, *, store: SubscriptionStore, actor: Actor, now: datetime) -> Subscribed:
    """Claim the bike for the minimum term and the notice after it."""
    agreed = await store.subscription(command.bike, command.start)
    if agreed is None:
        refused = Refusal(NotLeasable.NOT_FOR_SUBSCRIPTION, "/resource_id")
        await store.record(refused)
        return refused
    return await reserve_bike(_order(command, agreed, actor), store=store, actor=actor, now=now)


def _order(command: Subscribe, agreed: Subscription, actor: Actor) -> LeaseBike:
    order = Order(
        command.booking_id,
        command.bike,
        actor.id,
        Period(command.start, agreed.claimed_at_first(command.start)),
        Payer.SELF,
        msgspec.Raw(msgspec.json.encode(command.options)),
        command.early_start,
    )
    return LeaseBike(order, command.options, subscription=agreed)
