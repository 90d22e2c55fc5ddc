"""The doorbell on a real Redis that is started, stopped and wiped under those who use it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from adapters.jobs import relay as relaying
from adapters.jobs.doorbell import COALESCED, QUEUE, RedisDoorbell, listen
from adapters.jobs.relay import Job, Relay
from infra.embedded import DataFolder, RedisServer
from tests.adapters.jobs.desk import Clock, Desk, Effect, until

KIND = "booking.confirmed"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of our own; not started yet."""
    folder = DataFolder(tmp_path / "data")
    with folder.owned():
        server = RedisServer(folder, say=lambda _: None)
        yield server
        server.stop()


def started(server: RedisServer) -> str:
    url = server.start()
    assert url is not None
    return url


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[asyncio.Event]:
    rung = asyncio.Event()
    ear = asyncio.create_task(listen(url, rung))
    try:
        yield rung
    finally:
        ear.cancel()
        await asyncio.gather(ear, return_exceptions=True)


@asynccontextmanager
async def ringing(url: str) -> AsyncIterator[RedisDoorbell]:
    bell = RedisDoorbell(url)
    try:
        yield bell
    finally:
        await bell.close()


async def calls_of(url: str, command: str) -> int:
    """How often somebody has sent this command to Redis so far."""
    async with Redis.from_url(url) as redis:
        return int((await redis.info("commandstats")).get(f"cmdstat_{command}", {}).get("calls", 0))


async def test_a_ring_is_heard(redis_url: str) -> None:
    async with listening(redis_url) as rung, ringing(redis_url) as bell:
        bell.ring()
        await until(rung.is_set)


async def test_a_thousand_rings_at_once_are_two_at_most(server: RedisServer) -> None:
    url = started(server)
    async with ringing(url) as bell:
        for _ in range(1000):
            bell.ring()
        await until(bell.is_quiet)
    assert await calls_of(url, "watch") <= 2


async def test_under_steady_traffic_a_process_rings_twenty_times_a_second_at_most(server: RedisServer) -> None:
    url = started(server)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    async with ringing(url) as bell:
        for _ in range(100):
            bell.ring()
            await asyncio.sleep(0.002)
        await until(bell.is_quiet)
    assert await calls_of(url, "watch") <= (loop.time() - begin) / COALESCED + 1


async def test_rings_that_nobody_hears_do_not_pile_up(server: RedisServer) -> None:
    url = started(server)
    async with ringing(url) as bell, Redis.from_url(url) as redis:
        for _ in range(5):
            bell.ring()
            await until(bell.is_quiet)
        assert await redis.zrange(QUEUE, 0, -1) == [b"drain"]


async def test_a_ring_is_heard_only_after_the_next_one_can_be_rung(redis_url: str) -> None:
    """Else a ring that comes while the earlier one is being heard would change nothing and be lost."""
    still_there = []
    with BlockingRedis.from_url(redis_url) as redis:

        class Rung(asyncio.Event):
            def set(self) -> None:
                still_there.append(redis.exists("arq:job:drain"))
                super().set()

        rung = Rung()
        ear = asyncio.create_task(listen(redis_url, rung))
        async with ringing(redis_url) as bell:
            bell.ring()
            await until(rung.is_set)
        ear.cancel()
        await asyncio.gather(ear, return_exceptions=True)
    assert still_there == [0]


async def test_no_ring_is_lost_while_an_earlier_one_is_heard(
    desk: Desk, clock: Clock, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without polling, each entry is delivered only if its own ring is heard."""
    monkeypatch.setattr(relaying, "POLL_S", 3600.0)
    effect, stop = Effect(), asyncio.Event()
    async with listening(redis_url) as rung, ringing(redis_url) as bell:
        relay = Relay(desk.outbox, {KIND: (Job("effect", effect),)}, clock)
        serving = asyncio.create_task(relay.serve(rung, stop))
        for count in range(1, 61):
            await desk.write(KIND)
            bell.ring()
            if count % 3 == 0:
                await until(partial(effect.has_happened, count), seconds=5)
        stop.set()
        rung.set()
        await serving


async def test_ringing_without_redis_is_silent_and_takes_no_time(server: RedisServer) -> None:
    url = started(server)
    server.stop()
    async with ringing(url) as bell:
        begin = asyncio.get_running_loop().time()
        for _ in range(1000):
            bell.ring()
        assert asyncio.get_running_loop().time() - begin < 0.1
        await asyncio.sleep(0)


async def test_a_redis_that_comes_late_is_found_by_both_sides(server: RedisServer) -> None:
    url = started(server)
    server.stop()
    async with listening(url) as rung, ringing(url) as bell:
        bell.ring()
        await asyncio.to_thread(started, server)
        await until(partial(ring_until_heard, bell, rung), seconds=15)


@pytest.mark.parametrize("times", [3])
async def test_a_redis_that_is_restarted_and_wiped_is_found_again(server: RedisServer, times: int) -> None:
    url = started(server)
    async with listening(url) as rung, ringing(url) as bell:
        for _ in range(times):
            await until(partial(ring_until_heard, bell, rung), seconds=15)
            async with Redis.from_url(url) as redis:
                await redis.flushall()
            await asyncio.to_thread(server.stop)
            bell.ring()
            rung.clear()
            await asyncio.to_thread(started, server)
        await until(partial(ring_until_heard, bell, rung), seconds=15)


async def test_listening_ends_at_whatever_moment_it_is_told_to(redis_url: str) -> None:
    """arq and its Redis client lose a cancellation at some moments; a worker must stop all the same."""

    async def listen_for(seconds: float) -> None:
        ear = asyncio.create_task(listen(redis_url, asyncio.Event()))
        await asyncio.sleep(seconds)  # not to wait for anything: to hit every moment
        ear.cancel()
        await asyncio.wait_for(asyncio.gather(ear, return_exceptions=True), 5)

    async with ringing(redis_url) as bell:
        for round_ in range(5):
            bell.ring()
            await asyncio.gather(*(listen_for(step * 0.0005 + round_ * 0.0001) for step in range(40)))


async def test_whatever_lies_in_redis_does_not_end_the_listening(server: RedisServer) -> None:
    url = started(server)
    async with Redis.from_url(url) as redis, listening(url) as rung, ringing(url) as bell:
        await redis.set("arq:job:drain", b"\x80\x04not json")
        await redis.zadd(QUEUE, {"drain": 1, b"\xff not text": 2})
        await until_gone(redis, "arq:job:drain")
        await redis.delete(QUEUE)
        await until(partial(ring_until_heard, bell, rung), seconds=15)


async def until_gone(redis: Redis, key: str) -> None:
    async with asyncio.timeout(10):
        while await redis.exists(key):  # noqa: ASYNC110 - Redis has no event for it
            await asyncio.sleep(0.01)


def ring_until_heard(bell: RedisDoorbell, rung: asyncio.Event) -> bool:
    bell.ring()
    return rung.is_set()
