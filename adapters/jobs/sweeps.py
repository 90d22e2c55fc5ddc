"""What is done by the clock: look for what is due, a batch at a time, and do it.

What is due stands in PostgreSQL, so nothing is missed while no worker runs. Every worker sweeps; two that meet do the
same thing twice, which is harmless, or pass each other by row locks.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar

from msgspec import Struct

from adapters.jobs.failures import account_of

BATCH = 100
AT_ONCE = 4
PATIENCE_S = 30.0  # with one thing that is due
LONGEST_BATCH_S = 300.0

logger = logging.getLogger(__name__)

Found = TypeVar("Found")
Batch: TypeAlias = Callable[[], Awaitable[int]]
"""Does up to `BATCH` things that are due; how many it brought to an end."""


class Sweep(Struct, frozen=True):
    name: str
    every_s: float
    batch: Batch


def each(
    find: Callable[[int], Awaitable[Sequence[Found]]], act: Callable[[Found], Awaitable[object]], name: str
) -> Batch:
    """A batch from a search and a use case: one that fails does not keep the others from being done.

    `find(limit)` had better give its finds in no certain order, so that those which fail each time do not fill the
    batch, and workers seldom meet. What `act` answers False to is found again at once, and is not counted: a batch full of it
    is no reason to look again without a pause.
    """

    async def batch() -> int:
        hands = asyncio.Semaphore(AT_ONCE)

        async def one(due: Found) -> bool:
            async with hands:
                try:
                    async with asyncio.timeout(PATIENCE_S):
                        return await act(due) is not False
                except Exception as error:  # noqa: BLE001 - the next look finds it again
                    logger.warning("%s: one failed: %s", name, account_of(error))
                    return False

        return sum(await asyncio.gather(*(one(due) for due in await find(BATCH))))

    return batch


async def keep(sweep: Sweep, stop: asyncio.Event) -> None:
    """Sweep until told to stop; at once again after a full batch, for there is more."""
    while not stop.is_set():
        if await _one_batch(sweep) < BATCH:
            await _pause(stop, sweep.every_s * random.uniform(0.8, 1.2))  # noqa: S311 - so that workers spread out


async def _one_batch(sweep: Sweep) -> int:
    try:
        async with asyncio.timeout(LONGEST_BATCH_S):
            return await sweep.batch()
    except Exception as error:  # noqa: BLE001 - the sweep outlives whatever its batch runs into
        logger.warning("%s failed: %s", sweep.name, account_of(error))
        return 0


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
