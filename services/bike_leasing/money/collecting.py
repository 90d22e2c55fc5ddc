"""Collecting: what is queued is asked for at the city's pace; what the provider says of it is written down, in whatever order it comes.

It is written down as asked for before the provider hears of it. Whoever finds it so a minute later asks again, under the same key.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from domain.bike_leasing.money.collecting import (
    LEASE_UNDONE,
    Collection,
    CollectionId,
    CollectionState,
    again,
    put_off,
    refused,
    returned,
    seen,
)
from domain.identity import City
from domain.payments.payments import Intent
from services.bike_leasing.money.ports import AskedTooOften, CollectionBooks, Debits, NotDebited
from services.calls import Unavailable

AT_ONCE = 8


class CollectionPorts(Struct, frozen=True):
    """What every use case here works with."""

    books: CollectionBooks
    debits: Debits
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]


async def collect_for(
    city: City, seconds: float, *, ports: CollectionPorts, pause: Callable[[float], Awaitable[object]]
) -> int:
    """Collect what is due for so long, no faster than the city's pace; how many were asked for."""
    until, asked = ports.clock() + timedelta(seconds=seconds), 0
    while ports.clock() < until:
        asked += await collect(city, ports=ports)
        next_at = await ports.books.next_at(city)
        if next_at is None or next_at > until:
            break
        await pause(max((next_at - ports.clock()).total_seconds(), 0.0))
    return asked


async def collect(city: City, *, ports: CollectionPorts) -> int:
    """One turn, of a second's worth at most; how many were asked for."""
    taken, hands = await ports.books.take(city, ports.clock()), asyncio.Semaphore(AT_ONCE)

    async def one(collection: Collection) -> None:
        async with hands:
            await _asked(city, collection, ports)

    async with asyncio.TaskGroup() as group:
        for collection in taken:
            group.create_task(one(collection))
    return len(taken)


async def _asked(city: City, collection: Collection, ports: CollectionPorts) -> None:
    """Where nobody answers it stays asked for, and is taken again. A crash may have hidden that the provider heard of what is undone
    since."""
    goes_back = collection.state is CollectionState.OWED_BACK
    try:
        intent = await _ask(ports.debits, collection)(city, collection)
        after = seen(collection, intent) if intent is not None else refused(collection, LEASE_UNDONE)
        if goes_back and after is collection:
            after = put_off(collection, ports.clock())
    except AskedTooOften as busy:
        await ports.books.wait(city, collection, ports.clock() + timedelta(seconds=busy.seconds))
        return
    except NotDebited as no:
        after = put_off(collection, ports.clock()) if goes_back else refused(collection, no.code)
    except Unavailable:
        return
    await _keep(city, collection, after, ports)


def _ask(debits: Debits, collection: Collection) -> Callable[[City, Collection], Awaitable[Intent | None]]:
    if collection.state is CollectionState.OWED_BACK:
        return debits.give_back
    return debits.look if collection.undone else debits.debit


async def hear(city: City, collection_id: UUID | None, intent_id: str | None, *, ports: CollectionPorts) -> bool:
    """The provider has news of one of its objects; whether that is a collection of ours. Its word is looked up, not believed."""
    found = await ports.books.find(city, collection_id, intent_id)
    if found is None:
        return False
    intent = await ports.debits.look(city, found)
    after = seen(found, intent) if intent is not None else found
    if after is not found and not await _keep(city, found, after, ports):
        return await hear(city, found.id, None, ports=ports)  # somebody was quicker, with older news maybe
    return True


async def take_back(city: City, collection: Collection, reason: str, *, ports: CollectionPorts) -> None:
    """The bank took it back: it is owed again, and tried once more if the policy says so."""
    if collection.state is CollectionState.RETURNED or await _keep(
        city, collection, returned(collection, reason), ports
    ):
        return
    if (since := await ports.books.find(city, collection.id, None)) is not None:
        await take_back(city, since, reason, ports=ports)


async def _keep(city: City, before: Collection, after: Collection, ports: CollectionPorts) -> bool:
    following = again(after, await ports.books.policy(city), CollectionId(ports.new_id()), ports.clock())
    return await ports.books.keep(city, before, after, following)
