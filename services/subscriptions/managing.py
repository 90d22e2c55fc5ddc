"""What the operator does with subscriptions."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from domain.identity import Actor, City
from domain.refusals import Refusal
from domain.subscriptions.subscriptions import (
    ChangeSubscription,
    NotSubscribable,
    Subscribe,
    Subscription,
    SubscriptionId,
    changed,
    rotated,
    subscribed,
)
from services.subscriptions.ports import Desk


class Shown(Struct, frozen=True):
    """A subscription with the secret that signs its messages, which is shown when it is made and when it is changed."""

    subscription: Subscription
    secret: str


Outcome: TypeAlias = Subscription | Refusal[NotSubscribable]


class Subscriptions(Struct, frozen=True):
    """The use cases, bound to their desk."""

    subscribe: Callable[[Actor, Subscribe], Awaitable[Shown | Refusal[NotSubscribable]]]
    change: Callable[[Actor, ChangeSubscription], Awaitable[Outcome]]
    rotate: Callable[[Actor, SubscriptionId], Awaitable[Shown | Refusal[NotSubscribable]]]
    unsubscribe: Callable[[Actor, SubscriptionId], Awaitable[Refusal[NotSubscribable] | None]]
    all: Callable[[City], Awaitable[tuple[Subscription, ...]]]


UNKNOWN = Refusal(NotSubscribable.UNKNOWN_SUBSCRIPTION)


async def subscribe(actor: Actor, command: Subscribe, *, desk: Desk) -> Shown | Refusal[NotSubscribable]:
    async with desk.books(actor.city) as books:
        decided = subscribed(command, await books.all(), desk.clock())
        if isinstance(decided, Refusal):
            return decided
        await books.add(decided, actor)
    return _shown(actor.city, decided, desk)


async def change(actor: Actor, command: ChangeSubscription, *, desk: Desk) -> Outcome:
    def decide(before: Subscription, now: datetime) -> Outcome:
        return changed(before, command, now)

    return await _changed(actor, command.id, decide, desk)


async def rotate(actor: Actor, subscription_id: SubscriptionId, *, desk: Desk) -> Shown | Refusal[NotSubscribable]:
    done = await _changed(actor, subscription_id, rotated, desk)
    return done if isinstance(done, Refusal) else _shown(actor.city, done, desk)


async def unsubscribe(actor: Actor, subscription_id: SubscriptionId, *, desk: Desk) -> Refusal[NotSubscribable] | None:
    async with desk.books(actor.city) as books:
        if await books.find(subscription_id) is None:
            return UNKNOWN
        await books.remove(subscription_id, actor)
        return None


async def every_subscription(city: City, *, desk: Desk) -> tuple[Subscription, ...]:
    async with desk.books(city) as books:
        return await books.all()


async def _changed(
    actor: Actor,
    subscription_id: SubscriptionId,
    decide: Callable[[Subscription, datetime], Outcome],
    desk: Desk,
) -> Outcome:
    async with desk.books(actor.city) as books:
        told = await books.find(subscription_id)
        if told is None:
            return UNKNOWN
        decided = decide(told.subscription, desk.clock())
        if not isinstance(decided, Refusal):
            await books.change(decided, actor)
        return decided


def _shown(city: City, subscription: Subscription, desk: Desk) -> Shown:
    return Shown(subscription, desk.signer.secret(city, subscription.id, subscription.generation))
