"""The worker: the relay, the sweeps and an ear at the doorbell, in one process. Any number of them may run."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from adapters.jobs.clockwork import sweeps
from adapters.jobs.doorbell import listen
from adapters.jobs.effects import Effects
from adapters.jobs.relay import Relay, Routes
from adapters.jobs.routes import routes
from adapters.jobs.sweeps import keep
from services.jobs.ports import Outbox

GRACE_S = 20.0  # for what was begun, after the word to stop


async def run(
    effects: Effects,
    outbox: Outbox,
    redis_url: str | None,
    clock: Callable[[], datetime],
    stop: asyncio.Event,
    *,
    watched: Callable[[Routes], Routes] = lambda jobs: jobs,
) -> None:
    """Work until `stop` is set, then finish what was begun; what does not end in time comes back by its lease.

    `watched` may put something around each job.

    Without Redis, now or ever, the outbox is looked at every second.
    """
    rung = asyncio.Event()
    relay = Relay(outbox, watched(routes(effects)), clock)
    async with asyncio.TaskGroup() as group:
        work = {group.create_task(keep(sweep, stop)) for sweep in sweeps(effects)}
        work.add(group.create_task(relay.serve(rung, stop)))
        ear = group.create_task(listen(redis_url, rung)) if redis_url else None
        await stop.wait()
        rung.set()
        await asyncio.wait(work, timeout=GRACE_S)
        for task in (*work, *filter(None, [ear])):
            task.cancel()
