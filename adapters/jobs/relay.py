"""The relay: takes what is due from the outbox, has it done, and writes down how it went.

Nothing here needs Redis. An entry is delivered at least once, in no certain order, and by one worker at a time unless
that worker stalls for longer than its lease.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec import Struct

from adapters.jobs.failures import account_of
from services.jobs.ports import Entry, Kinds, Outbox

AT_ONCE = 8
HANDFUL = 4  # under load, so many at least are claimed together
ATTEMPTS = 12
PATIENCE_S = 30.0
LEASE = timedelta(seconds=45)  # longer than our patience, so that nobody else begins while we still try
POLL_S = 1.0
LONGEST_PAUSE_S = 3600.0

logger = logging.getLogger(__name__)


class Job(Struct, frozen=True):
    """One effect of an entry. May run twice for the same entry, and beside the entry's other jobs."""

    name: str
    run: Callable[[Entry], Awaitable[object]]


Routes: TypeAlias = Mapping[str, tuple[Job, ...]]
"""By kind. A kind without jobs is one from which nothing follows."""


class Relay:
    def __init__(self, outbox: Outbox, routes: Routes, clock: Callable[[], datetime]) -> None:
        self._outbox = outbox
        self._routes = routes
        self._kinds = Kinds(
            delivered=tuple(kind for kind, jobs in routes.items() if jobs),
            cleared=tuple(kind for kind, jobs in routes.items() if not jobs),
        )
        self._clock = clock
        self._at_work: set[asyncio.Task[None]] = set()
        self._claimed_at = -POLL_S

    async def drain(self) -> None:
        """Deliver all that is due by now, and all that becomes due by it. Raises what the outbox raises."""
        while await self._begin() or self._at_work:
            if self._at_work:
                await asyncio.wait(self._at_work, return_when=asyncio.FIRST_COMPLETED)

    async def serve(self, rung: asyncio.Event, stop: asyncio.Event) -> None:
        """Deliver what falls due until told to stop; then finish what was begun. `rung` shortens the wait."""
        try:
            while not stop.is_set():
                rung.clear()
                if not await self._begin_if_possible(rung):
                    await _first(rung, POLL_S)
            if self._at_work:
                await asyncio.wait(self._at_work)
        finally:
            for task in self._at_work:
                task.cancel()
            await asyncio.gather(*self._at_work, return_exceptions=True)

    async def _begin_if_possible(self, rung: asyncio.Event) -> int:
        try:
            return await self._begin(rung.set)
        except Exception as error:  # noqa: BLE001 - the relay outlives whatever the database says
            logger.warning("the outbox cannot be read: %s", account_of(error))
            return 0

    async def _begin(self, when_done: Callable[[], None] = lambda: None) -> int:
        """Claim as much as there are hands for and set to work; how much was claimed or cleared.

        A claim reads past all that is waiting, so one for each hand that comes free would cost more than the work; but
        some hands that are busy for long must not keep the others idle.
        """
        free = AT_ONCE - len(self._at_work)
        if not free or (free < HANDFUL and time.monotonic() < self._claimed_at + POLL_S):
            return 0
        self._claimed_at = time.monotonic()
        now = self._clock()
        claimed = await self._outbox.claim(self._kinds, free, now, now + LEASE)
        for entry in claimed.entries:
            task = asyncio.create_task(self._deliver(entry))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
            task.add_done_callback(lambda _: when_done())
        return len(claimed.entries) + claimed.cleared

    async def _deliver(self, entry: Entry) -> None:
        try:
            if entry.attempts > ATTEMPTS:
                await self._failed(entry, "the worker ended each time before it was done")
                return
            failures = await asyncio.gather(*(_attempt(job, entry) for job in self._routes[entry.kind]))
            if said := "; ".join(failure for failure in failures if failure):
                await self._failed(entry, said)
            else:
                await self._outbox.done(entry, self._clock())
        except Exception as error:  # noqa: BLE001 - not marked, so it comes back when the lease ends
            logger.warning("%s %s is not marked: %s", entry.kind, entry.id, account_of(error))

    async def _failed(self, entry: Entry, said: str) -> None:
        now = self._clock()
        if entry.attempts >= ATTEMPTS:
            logger.error("%s %s is a dead letter: %s", entry.kind, entry.id, said)
            await self._outbox.bury(entry, now, said)
        else:
            logger.warning("%s %s failed %d times: %s", entry.kind, entry.id, entry.attempts, said)
            await self._outbox.again(entry, now + pause_after(entry.attempts), said)


def pause_after(attempts: int) -> timedelta:
    """One second, then three times as long each time, an hour at most; a quarter more or less so that none queue up."""
    seconds = min(3.0 ** (attempts - 1), LONGEST_PAUSE_S)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, not a secret


async def _attempt(job: Job, entry: Entry) -> str | None:
    """Run the job; what failed, if it did."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await job.run(entry)
    except Exception as error:  # noqa: BLE001 - every failure is written down, and tried again
        return f"{job.name}: {account_of(error)}"
    return None


async def _first(event: asyncio.Event, timeout_s: float) -> None:
    """Wait for the event, but no longer."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return
