"""Whoever waits at a plug does not stand behind what nobody waits for."""

import asyncio

import pytest

from adapters.ocpp.central.lines import HOUSEKEEPING_AT_ONCE, ORDERS_AT_ONCE, Lines


class Queue:
    """A crowd at the lines; `through` says who had a turn, in order."""

    def __init__(self) -> None:
        self.lines, self.through = Lines(), list[str]()
        self._tasks: list[asyncio.Task[None]] = []
        self._gate = asyncio.Event()

    def comes(self, name: str, *, awaited: bool) -> None:
        self._tasks.append(asyncio.create_task(self._stand(name, awaited=awaited)))

    async def _stand(self, name: str, *, awaited: bool) -> None:
        async with self.lines.order_turn(awaited=awaited):
            self.through.append(name)
            await self._gate.wait()

    async def rest(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def over(self) -> None:
        self._gate.set()
        await asyncio.gather(*self._tasks)


async def test_an_order_that_somebody_waits_for_overtakes_a_thousand_that_nobody_does() -> None:
    queue = Queue()
    for number in range(1000):
        queue.comes(f"profile {number}", awaited=False)
    await queue.rest()
    assert len(queue.through) == HOUSEKEEPING_AT_ONCE
    queue.comes("door", awaited=True)
    await queue.rest()
    assert queue.through[HOUSEKEEPING_AT_ONCE:] == ["door"]
    await queue.over()
    assert len(queue.through) == 1001  # and nothing is left behind


async def test_orders_wait_for_each_other_in_the_order_of_coming_and_calls_wait_for_none() -> None:
    queue = Queue()
    names = [str(number) for number in range(ORDERS_AT_ONCE + 3)]
    for name in names:
        queue.comes(name, awaited=True)
    await queue.rest()
    assert queue.through == names[:ORDERS_AT_ONCE]
    async with asyncio.timeout(5), queue.lines.turn():
        pass
    await queue.over()
    assert queue.through == names


async def test_who_gives_up_while_in_line_leaves_no_turn_taken() -> None:
    lines = Lines()
    async with lines.order_turn(awaited=False), lines.order_turn(awaited=False):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), lines.order_turn(awaited=False):
                pass
    async with asyncio.timeout(5), lines.order_turn(awaited=False), lines.order_turn(awaited=False):
        pass
