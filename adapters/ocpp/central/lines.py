"""The lines at the database: how many pieces of work are under way there for one process, and who waits for what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

CALLS_AT_ONCE, ORDERS_AT_ONCE, HOUSEKEEPING_AT_ONCE = 6, 4, 2
KNOCKS_AT_ONCE = 2
CONNECTIONS = CALLS_AT_ONCE + ORDERS_AT_ONCE + KNOCKS_AT_ONCE
"""So many are held for them, so that nobody who has a turn waits for another line's work."""


class Lines:
    """Whoever comes next waits, in the order of coming. Orders have a line of their own, as whoever waits for one stands at a plug. What
    nobody waits for stands in another one before that, so that few of them are ever ahead of somebody. Whoever knocks has shown nothing
    yet and stands in a line of its own: strangers hold up each other, and none of the stations that are there."""

    def __init__(self) -> None:
        self._knocks = asyncio.Semaphore(KNOCKS_AT_ONCE)
        self._calls = asyncio.Semaphore(CALLS_AT_ONCE)
        self._orders = asyncio.Semaphore(ORDERS_AT_ONCE)
        self._housekeeping = asyncio.Semaphore(HOUSEKEEPING_AT_ONCE)

    def knock_turn(self) -> AbstractAsyncContextManager[None]:
        """For whoever wants to be let in, and may be anybody."""
        return _in_line(self._knocks)

    def call_turn(self) -> AbstractAsyncContextManager[None]:
        """For what a station says."""
        return _in_line(self._calls)

    def order_turn(self) -> AbstractAsyncContextManager[None]:
        """For what a station is told, and somebody waits for."""
        return _in_line(self._orders)

    @asynccontextmanager
    async def housekeeping_turn(self, called: asyncio.Event) -> AsyncIterator[None]:
        """For what nobody waits for. Who is `called` while in line, as somebody waits by now, goes to the other one."""
        has_stood = await self._stand(called)
        try:
            async with self._orders:
                yield
        finally:
            if has_stood:
                self._housekeeping.release()

    async def _stand(self, called: asyncio.Event) -> bool:
        """Whether it had a turn before it was called; who is cancelled has none."""
        standing, calling = asyncio.create_task(self._housekeeping.acquire()), asyncio.create_task(called.wait())
        try:
            await asyncio.wait((standing, calling), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if not standing.cancel():
                self._housekeeping.release()
            raise
        finally:
            calling.cancel()
        return not standing.cancel()


@asynccontextmanager
async def _in_line(turns: asyncio.Semaphore) -> AsyncIterator[None]:
    async with turns:
        yield
