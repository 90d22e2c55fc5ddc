"""Somebody makes room in a city while something else is done there."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

from sqlalchemy import text

from adapters.database.answering import RETRIED
from adapters.database.booking.looking import standing
from adapters.database.booking.making_room import alone
from domain.booking.bookings import Booking
from tests.adapters.database.lives import World

T = TypeVar("T")
# Of this database alone: other runs have their own.
WAITING = text("""SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""")


async def while_room_is_made(world: World, booking: Booking, work: Coroutine[Any, Any, T]) -> T:
    """Done beside somebody who makes room and takes the booking's row for that once the work waits for her. Neither is to fail, nor to be
    tried again."""
    lost = Counter(RETRIED)
    async with world.database.app.transactions.city(world.city.city) as books:
        await alone(books, world.city.city)
        working = asyncio.create_task(work)
        async with asyncio.timeout(10):
            while not (await books.execute(WAITING)).scalar_one():  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)
        assert await standing(books, world.city.city, [booking.id], locked=True)
    done = await working
    assert Counter(RETRIED) - lost == Counter()
    return done
