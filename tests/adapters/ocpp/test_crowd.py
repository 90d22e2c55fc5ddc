"""A crowd of simulated stations goes when it is told to, whatever its line does at that moment."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from adapters.ocpp.simulated.crowd import Crowd, Plan
from infra.clock import now

STATIONS = 8


class Centre:
    """Answers boots and nothing else."""

    def __init__(self) -> None:
        self.port = 0
        self.everybody_waits = asyncio.Event()
        self._lines: list[ServerConnection] = []
        self._waiting = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with serve(self._hear, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")]) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            yield

    def die(self) -> None:
        for line in self._lines:
            line.transport.abort()

    async def _hear(self, line: ServerConnection) -> None:
        self._lines.append(line)
        with suppress(ConnectionClosed):
            async for frame in line:
                _, name, action, _ = msgspec.json.decode(frame, type=tuple[int, str, str, dict[str, Any]])
                if action == "BootNotification":
                    await line.send(msgspec.json.encode([3, name, {}]).decode())
                else:
                    self._waiting += 1
                if self._waiting == STATIONS:
                    self.everybody_waits.set()


@pytest.mark.parametrize("turns", range(10))
async def test_whoever_is_stopped_as_the_centre_dies_stops(turns: int) -> None:
    centre = Centre()
    async with centre.open():
        plan = Plan(
            f"ws://127.0.0.1:{centre.port}/ocpp/x", {f"S-{number}": "key" for number in range(STATIONS)}, "CARD"
        )
        crowd = Crowd(plan, now, random.Random(1))
        crowd.begin()
        async with asyncio.timeout(10):
            await centre.everybody_waits.wait()
        centre.die()
        for _ in range(
            turns
        ):  # in one of them the lost line is known, and whoever waited for an answer is not told yet
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await crowd.stop()
