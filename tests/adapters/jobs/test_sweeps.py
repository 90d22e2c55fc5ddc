"""What is done by the clock."""

import asyncio

from adapters.jobs.sweeps import BATCH, Sweep, each, keep
from tests.adapters.jobs.desk import until


class Due:
    """Numbers that are due until somebody has dealt with them; the odd ones cannot be."""

    def __init__(self, numbers: range, *, odd_ones_fail: bool = False) -> None:
        self.waiting = set(numbers)
        self.odd_ones_fail = odd_ones_fail
        self.looks = 0

    async def find(self, limit: int) -> list[int]:
        self.looks += 1
        return sorted(self.waiting)[:limit]

    async def act(self, number: int) -> None:
        if self.odd_ones_fail and number % 2:
            raise RuntimeError
        self.waiting.discard(number)

    def is_empty(self) -> bool:
        return not self.waiting


async def test_a_batch_goes_on_past_those_that_fail() -> None:
    due = Due(range(10), odd_ones_fail=True)
    assert await each(due.find, due.act, "numbers")() == 5
    assert due.waiting == {1, 3, 5, 7, 9}


async def test_after_a_full_batch_there_is_no_pause() -> None:
    due = Due(range(3 * BATCH))
    stop = asyncio.Event()
    sweeping = asyncio.create_task(keep(Sweep("numbers", 3600.0, each(due.find, due.act, "numbers")), stop))
    await until(lambda: due.looks == 4)
    stop.set()
    await sweeping
    assert due.is_empty()


async def test_a_full_batch_of_what_only_waits_is_not_looked_at_again_without_a_pause() -> None:
    async def find(limit: int) -> range:
        return range(limit)

    async def wait(_due: int) -> bool:
        return False

    assert await each(find, wait, "those that wait")() == 0


async def test_a_sweep_outlives_a_failing_search() -> None:
    looks = 0

    async def batch() -> int:
        nonlocal looks
        looks += 1
        raise ConnectionError

    stop = asyncio.Event()
    sweeping = asyncio.create_task(keep(Sweep("numbers", 0.001, batch), stop))
    await until(lambda: looks >= 3)
    stop.set()
    await asyncio.wait_for(sweeping, 5)


async def test_the_word_to_stop_ends_the_pause() -> None:
    due = Due(range(1))
    stop = asyncio.Event()
    sweeping = asyncio.create_task(keep(Sweep("numbers", 3600.0, each(due.find, due.act, "numbers")), stop))
    await until(due.is_empty)
    stop.set()
    await asyncio.wait_for(sweeping, 5)


async def test_two_workers_that_sweep_at_once_do_all_of_it() -> None:
    due = Due(range(50))
    batch = each(due.find, due.act, "numbers")
    await asyncio.gather(batch(), batch())
    assert due.is_empty()
