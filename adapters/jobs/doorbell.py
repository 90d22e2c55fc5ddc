"""The doorbell on Redis, through arq: who rings, and who listens.

It tells a worker that the outbox has something, and nothing else: a ring that is lost costs a second. So Redis may be
wiped, stopped or missing at any time.
"""

import asyncio
import logging
from typing import Any

import msgspec
from arq.connections import ArqRedis
from arq.typing import StartupShutdown
from arq.worker import Worker, func

from adapters.jobs.failures import account_of

QUEUE = "kommobil:doorbell"
RING = "drain"
"""The function's name, and the one id of all its jobs: while one waits, another ring changes nothing."""

# Seconds.
COALESCED = 0.05  # how often one process rings at most
TIMEOUT = 2.0  # for Redis to answer
SILENCE = 1.0  # before a Redis that is gone is tried again, at first
LONGEST_SILENCE = 5.0
RING_LASTS = 10  # a ring that nobody heard; then the next one counts again
LISTEN_EVERY = 0.1
GRACE = 0.3  # to end by itself; then it is cancelled, which a client of Redis does not always survive tidily
JOB_TIMEOUT = 1  # a worker that is killed while it hears a ring keeps the others from hearing for so long plus 10

logger = logging.getLogger(__name__)
logging.getLogger("arq").setLevel(logging.ERROR)  # a line for every ring, and what we handle, at lower levels

_json = msgspec.json.Encoder()


class RedisDoorbell:
    """Rings at the workers, in the background. Belongs to one event loop."""

    def __init__(self, url: str) -> None:
        self._redis = _connection(url)
        self._rung = False
        self._ringer: asyncio.Task[None] | None = None
        self._gone = False

    def ring(self) -> None:
        """Rings that come together become one; as long as Redis is there, one goes out after the last of them."""
        self._rung = True
        if self.is_quiet():
            self._ringer = asyncio.create_task(self._ring_until_quiet())

    def is_quiet(self) -> bool:
        """Whether every ring so far has gone out, or been given up."""
        return self._ringer is None or self._ringer.done()

    async def close(self) -> None:
        self._rung = False
        if self._ringer is not None:
            await _ended(self._ringer)
        await self._redis.aclose()

    async def _ring_until_quiet(self) -> None:
        while self._rung:
            self._rung = False
            await asyncio.sleep(COALESCED if await self._reached() else SILENCE)

    async def _reached(self) -> bool:
        try:
            await self._redis.enqueue_job(RING, _job_id=RING, _queue_name=QUEUE, _expires=RING_LASTS)
        except Exception as error:  # noqa: BLE001 - whatever Redis says or holds, no request may fail by it
            if not self._gone:
                logger.warning("the doorbell is out of order, workers poll: %s", account_of(error))
            self._gone = True
            return False
        self._gone = False
        return True


async def listen(url: str, rung: asyncio.Event) -> None:
    """Set the event whenever somebody rings, until cancelled.

    arq's worker ends when Redis goes away; then it is started again, and Redis sought less and less often.
    """
    silence = SILENCE

    async def there(ctx: dict[Any, Any]) -> None:  # noqa: ARG001 - arq names it so
        nonlocal silence
        silence = SILENCE

    while True:
        try:
            await _listen_while_there(url, rung, there)
        except Exception as error:  # noqa: BLE001 - whatever Redis says or holds, the worker works on by polling
            if silence == SILENCE:
                logger.warning("the doorbell is out of order, polling goes on: %s", account_of(error))
        await asyncio.sleep(silence)
        silence = min(silence * 2, LONGEST_SILENCE)


async def _listen_while_there(url: str, rung: asyncio.Event, there: StartupShutdown) -> None:
    redis = _connection(url)
    worker = _worker(redis, rung, there)
    listening = asyncio.create_task(worker.async_run())
    try:
        await asyncio.wait({listening})
        listening.result()
    finally:
        worker.burst = True  # it returns by itself as soon as nothing is left in the queue
        await _ended(listening)
        await asyncio.gather(*(_ended(job) for job in worker.tasks.values()))
        await redis.aclose()


async def _ended(task: asyncio.Task[None]) -> None:
    """Let it end, or make it, however often that takes: arq and its Redis client may lose a cancellation."""
    await asyncio.wait({task}, timeout=GRACE)
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=GRACE)
    if not task.cancelled():
        task.exception()  # looked at, so that nobody reports it as forgotten


def _worker(redis: ArqRedis, rung: asyncio.Event, there: StartupShutdown) -> Worker:
    async def drain(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        """Nothing yet: while this job's id stands in Redis, rings are swallowed."""

    async def heard(ctx: dict[Any, Any]) -> None:  # noqa: ARG001 - arq names it so
        # The id is gone now. Whoever rang before this has committed, and is seen by the look that follows.
        rung.set()

    return Worker(
        [func(drain, name=RING)],
        queue_name=QUEUE,
        redis_pool=redis,
        handle_signals=False,
        on_startup=there,
        after_job_end=heard,
        max_jobs=1,
        job_timeout=JOB_TIMEOUT,
        keep_result=0,
        poll_delay=LISTEN_EVERY,
        job_serializer=_json.encode,
        job_deserializer=msgspec.json.decode,
        log_results=False,
    )


def _connection(url: str) -> ArqRedis:
    redis: ArqRedis = ArqRedis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
    redis.job_serializer = _json.encode
    redis.job_deserializer = msgspec.json.decode
    return redis
