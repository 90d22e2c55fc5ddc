"""Whoever waits at a plug does not stand behind what nobody waits for."""

import asyncio
from contextlib import suppress

from adapters.ocpp.central.lines import HOUSEKEEPING_AT_ONCE, ORDERS_AT_ONCE, Lines


class Queue:
    """A crowd at the lines; `through` says who had a turn, in order. Turns last until the end."""

    def __init__(self) -> None:
        self.lines, self.through = Lines(), list[str]()
        self.tasks: list[asyncio.Task[None]] = []
        self._over = asyncio.Event()

    def awaited(self, name: str) -> None:
        self.tasks.append(asyncio.create_task(self._order(name)))

    def housekeeping(self, name: str) -> asyncio.Event:
        """What calls it out of its line."""
        called = asyncio.Event()
        self.tasks.append(asyncio.create_task(self._housekeeping(name, called)))
        return called

    async def rest(self) -> list[str]:
        for _ in range(20):
            await asyncio.sleep(0)
        return self.through

    async def over(self) -> list[str]:
        self._over.set()
        for task in self.tasks:
            with suppress(asyncio.CancelledError):
                await task
        return self.through

    async def _order(self, name: str) -> None:
        async with self.lines.order_turn():
            self.through.append(name)
            await self._over.wait()

    async def _housekeeping(self, name: str, called: asyncio.Event) -> None:
        async with self.lines.housekeeping_turn(called):
            self.through.append(name)
            await self._over.wait()


async def test_an_order_that_somebody_waits_for_overtakes_hundreds_that_nobody_does() -> None:
    queue = Queue()
    for number in range(200):
        queue.housekeeping(str(number))
    assert await queue.rest() == [str(number) for number in range(HOUSEKEEPING_AT_ONCE)]
    queue.awaited("door")
    assert (await queue.rest())[HOUSEKEEPING_AT_ONCE:] == ["door"]
    assert len(await queue.over()) == 201  # and nothing is left behind


async def test_a_station_in_line_for_its_profile_leaves_it_once_somebody_waits_for_another_order_there() -> None:
    queue = Queue()
    called = [queue.housekeeping(str(number)) for number in range(10)]
    await queue.rest()
    called[7].set()
    assert (await queue.rest())[HOUSEKEEPING_AT_ONCE:] == ["7"]
    assert sorted(await queue.over()) == [str(number) for number in range(10)]


async def test_orders_wait_for_each_other_in_the_order_of_coming_and_calls_wait_for_none() -> None:
    queue = Queue()
    names = [str(number) for number in range(ORDERS_AT_ONCE + 3)]
    for name in names:
        queue.awaited(name)
    assert await queue.rest() == names[:ORDERS_AT_ONCE]
    async with asyncio.timeout(5), queue.lines.call_turn():
        pass
    assert await queue.over() == names


async def test_whoever_goes_while_in_line_leaves_no_turn_taken() -> None:
    queue = Queue()
    for number in range(ORDERS_AT_ONCE):
        queue.awaited(str(number))
    for number in range(8):
        queue.housekeeping(f"gone {number}")
    await queue.rest()
    for task in queue.tasks[ORDERS_AT_ONCE:]:
        task.cancel()
    await queue.rest()
    await queue.over()
    later = Queue()
    later.lines = queue.lines
    for number in range(ORDERS_AT_ONCE):
        later.housekeeping(str(number))
    assert await later.rest() == [str(number) for number in range(HOUSEKEEPING_AT_ONCE)]
    assert len(await later.over()) == ORDERS_AT_ONCE


async def test_whoever_is_called_and_goes_in_the_same_moment_leaves_no_turn_taken() -> None:
    for pauses in range(6):
        queue = Queue()
        called = [queue.housekeeping(str(number)) for number in range(6)]
        for _ in range(pauses):
            await asyncio.sleep(0)
        for event, task in zip(called, queue.tasks, strict=True):
            event.set()
            task.cancel()
        await queue.over()
        async with asyncio.timeout(5):
            never = asyncio.Event()
            async with queue.lines.housekeeping_turn(never), queue.lines.housekeeping_turn(never):
                pass
