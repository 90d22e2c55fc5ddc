"""Waiting for what comes one by one, on a machine that may have much else to do."""

import asyncio
import time
from collections.abc import Awaitable, Callable

STALLED_AFTER_S = 60.0


class Stalled(Exception):
    """Nothing came any more; the message says what did."""


async def until(
    count: Callable[[], Awaitable[int]],
    wanted: int,
    told: Callable[[int], Awaitable[str]],
    *,
    clock: Callable[[], float] = time.monotonic,
    pause_s: float = 0.1,
) -> None:
    """As long as it takes, while it goes on: a slow machine is no fault. Raises Stalled, with what is `told` of the most that there were,
    where for a minute there were no more than before."""
    most, since = await count(), clock()
    while most < wanted:
        if clock() - since > STALLED_AFTER_S:
            raise Stalled(f"{await told(most)}, and no more for {STALLED_AFTER_S:.0f} s")
        await asyncio.sleep(pause_s)
        found = await count()
        if found > most:
            most, since = found, clock()
