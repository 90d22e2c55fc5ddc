"""Many requests and many connections, on four processes of the product."""

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from infra.bench.running import Connection, http_request
from infra.embedded import DatabaseUrls
from tests.database import Databases
from tests.infra.serving import Serving

pytestmark = [pytest.mark.database, pytest.mark.full]
PROCESSES, REQUESTS, CLIENTS = 4, 10_000, 32
QUOTA = 1000
SLOW = 500


async def test_ten_thousand_requests_on_four_processes_never_exceed_a_limit_by_more_than_a_hundredth(
    postgres: DatabaseUrls, database: Databases, redis_url: str, tmp_path: Path
) -> None:
    """Each claims to come from another address; they are one caller."""
    await database.new_city()
    with Serving.of(postgres, tmp_path, redis_url, PROCESSES, rate_limits=f"search={QUOTA}/600") as serving:
        host, port = (await asyncio.to_thread(lambda: serving.address)).removeprefix("http://").split(":")
        statuses: Counter[int] = Counter()
        numbers = iter(range(REQUESTS))

        async def client() -> None:
            async with Connection(host, int(port)) as connection:
                for number in numbers:
                    headers = {"X-Forwarded-For": f"192.0.2.{number % 250}"}
                    status, _ = await connection.ask(http_request("GET", "/v1/cities", headers))
                    statuses[status] += 1

        await asyncio.gather(*(client() for _ in range(CLIENTS)))

    assert statuses.keys() == {200, 429}
    assert QUOTA <= statuses[200] <= QUOTA * 1.01, statuses


async def test_five_hundred_slow_connections_leave_the_others_quick(
    postgres: DatabaseUrls, database: Databases, redis_url: str, tmp_path: Path
) -> None:
    """A third says nothing, a third drips a head, a third drips a body; the others ask for what is free."""
    city = (await database.new_city()).city
    with Serving.of(postgres, tmp_path, redis_url, 2, rate_limits="off") as serving:
        address = await asyncio.to_thread(lambda: serving.address)
        host, port = address.removeprefix("http://").split(":")
        begun = (
            b"",
            b"GET / HTTP/1.1\r\nX: ",
            f"POST /v1/{city}/quotes HTTP/1.1\r\nContent-Length: 999\r\n\r\n{{".encode(),
        )
        async with AsyncExitStack() as held:
            writers = []
            for number in range(SLOW):
                _, writer = await asyncio.open_connection(host, int(port))
                writer.write(begun[number % 3])
                held.callback(writer.close)
                writers.append(writer)

            async def drip() -> None:
                while True:
                    for number, writer in enumerate(writers):
                        if number % 3 and not writer.is_closing():
                            writer.write(b"x")
                    await asyncio.sleep(0.5)

            dripping = asyncio.create_task(drip())
            latencies = []
            async with httpx.AsyncClient(base_url=address) as http:
                until = time.monotonic() + 15  # longer than a head may take
                while time.monotonic() < until:
                    began = time.monotonic()
                    assert (await http.get(f"/v1/{city}/stations")).status_code == 200
                    latencies.append(time.monotonic() - began)
            dripping.cancel()

    p99 = sorted(latencies)[int(len(latencies) * 0.99)]
    assert p99 < 1.0
