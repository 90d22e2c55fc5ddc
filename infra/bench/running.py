"""The product's own API processes for a benchmark, and a client that costs little itself."""

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from domain.identity import Actor, City, PersonId, Role
from infra.bench.scaffold import BenchDatabase
from infra.clock import now
from infra.serving import api_programs, worker_program
from infra.settings import Settings
from infra.supervision import LIFELINE
from infra.tokens import SigningKey, signing_key

READY_WITHIN_S = 90.0
UNREACHED = " ".join(f"{name}=100000000/60" for name in ("sign_in", "booking", "search", "rest"))  # but counted
TOKENS_LAST = timedelta(hours=2)


class RunningApi(Struct, frozen=True):
    """Where it listens, its API processes and its worker; `key` signs tokens for it."""

    host: str
    port: int
    pids: tuple[int, ...]
    worker_pids: tuple[int, ...]
    key: SigningKey

    def token(self, city: City, person: UUID, *roles: Role) -> str:
        actor = Actor(PersonId(person), city, frozenset(roles or (Role.RESIDENT,)))
        return self.key.access_token(actor, now(), TOKENS_LAST)


@asynccontextmanager
async def running_api(
    database: BenchDatabase, folder: Path, processes: int, *, worker: bool
) -> AsyncIterator[RunningApi]:
    """Start as `kommobil serve` and `kommobil worker` do; stopped at the end, by their process ids."""
    settings = Settings(
        data=folder,
        database_url=database.owner.url,
        app_database_url=database.app.url if database.app.role is None else None,
        relay_database_url=database.relay.url if database.relay.role is None else None,
        rate_limits=UNREACHED,
        api_processes=processes,
    )
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        listener.set_inheritable(True)
        host, port = listener.getsockname()[:2]
        programs = [*api_programs(settings, listener, processes), *([worker_program(settings)] if worker else [])]
        lifeline, ours = os.pipe()
        started = [
            subprocess.Popen(  # noqa: ASYNC220 - forking takes a moment, and nothing else runs yet
                list(program.command),
                env={**os.environ, **program.environment, LIFELINE: str(lifeline)},
                pass_fds=(*program.descriptors, lifeline),
            )
            for program in programs
        ]
        os.close(lifeline)
        try:
            await _ready(host, port)
            pids = tuple(process.pid for process in started)
            yield RunningApi(host, port, pids[:processes], pids[processes:], signing_key(settings))
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(30)
            os.close(ours)


async def _ready(host: str, port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    said = b"nothing"
    asked = b"GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n"
    while True:
        try:
            async with asyncio.timeout(2):
                async with Connection(host, port) as connection:
                    status, said = await connection.ask(asked)
                    if status == 200:
                        return
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"the API did not become ready: {said.decode()}")
        await asyncio.sleep(0.1)


class Connection:
    """One keep-alive connection; a request is bytes, an answer its status and body."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        at = lowered.index(b"content-length:") + 15
        length = int(lowered[at : lowered.index(b"\r\n", at)])
        return int(head[9:12]), await self._reader.readexactly(length)


class Load(Struct, frozen=True):
    """What a load met: statuses by count, latencies in seconds in order, and how long it took in all."""

    statuses: dict[int, int]
    latencies: Sequence[float]
    seconds: float

    @property
    def asked(self) -> int:
        return len(self.latencies)

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


async def load(api: RunningApi, requests: Iterable[bytes], clients: int) -> Load:
    """Ask everything, so many at a time, each client on a connection of its own."""
    waiting = iter(requests)
    statuses: dict[int, int] = {}
    latencies: list[float] = []

    async def client() -> None:
        async with Connection(api.host, api.port) as connection:
            for request in waiting:
                began = time.perf_counter()
                status, _ = await connection.ask(request)
                latencies.append(time.perf_counter() - began)
                statuses[status] = statuses.get(status, 0) + 1

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Load(statuses, sorted(latencies), time.perf_counter() - began)


def http_request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """An HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
