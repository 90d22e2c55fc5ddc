"""The lines at the database: how many pieces of work are under way there for one process, and who waits for what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

CALLS_AT_ONCE, ORDERS_AT_ONCE, HOUSEKEEPING_AT_ONCE = 6, 4, 2


class Lines:
    """Whoever comes next waits, in the order of coming. Orders have a line of their own, as whoever waits for one stands at a plug. What
    nobody waits for stands in another one before that, so that few of them are ever ahead of somebody."""

    def __init__(self) -> None:
        self._calls = asyncio.Semaphore(CALLS_AT_ONCE)
        self._orders = asyncio.Semaphore(ORDERS_AT_ONCE)
        self._housekeeping = asyncio.Semaphore(HOUSEKEEPING_AT_ONCE)

    def turn(self) -> AbstractAsyncContextManager[None]:
        """For what a station says."""
        return _in_line(self._calls)

    def order_turn(self, *, awaited: bool) -> AbstractAsyncContextManager[None]:
        """For what a station is told."""
        return _in_line(self._orders) if awaited else _in_line(self._housekeeping, self._orders)


@asynccontextmanager
async def _in_line(*turns: asyncio.Semaphore) -> AsyncIterator[None]:
    async with AsyncExitStack() as taken:
        for each in turns:
            await taken.enter_async_context(each)
        yield
