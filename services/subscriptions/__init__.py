"""Other systems are told what happens in a city, by outgoing webhooks."""

from collections.abc import Awaitable, Callable
from functools import partial

from services.subscriptions.delivering import Roads, tell_subscriber
from services.subscriptions.managing import (
    Subscriptions,
    change,
    every_subscription,
    rotate,
    subscribe,
    unsubscribe,
)
from services.subscriptions.ports import Desk, Due


def subscriptions_with(desk: Desk) -> Subscriptions:
    return Subscriptions(
        subscribe=partial(subscribe, desk=desk),
        change=partial(change, desk=desk),
        rotate=partial(rotate, desk=desk),
        unsubscribe=partial(unsubscribe, desk=desk),
        all=partial(every_subscription, desk=desk),
    )


def telling(desk: Desk, roads: Roads) -> Callable[[Due], Awaitable[bool]]:
    """For jobs: nobody asked, and two that do it at once do it once."""
    return partial(tell_subscriber, desk=desk, roads=roads)
