"""A client who is gone while an answer is sent to her."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adapters.http.gate import Gate

START, BODY = "http.response.start", "http.response.body"


async def left(app: Gate, path: str, token: str, at: str) -> int:
    """The status of a GET that is broken off while the first message of that type is sent: START or BODY."""
    reached, status = asyncio.Event(), 0

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)
        if message["type"] == at:
            reached.set()
            await asyncio.Event().wait()

    async def receive() -> Any:
        await asyncio.Event().wait()

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
    }
    scope |= {
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "server": ("kommobil.test", 80),
    }
    headers = [(b"host", b"kommobil.test"), (b"authorization", f"Bearer {token}".encode())]
    request = asyncio.create_task(app(scope | {"headers": headers, "client": ("127.0.0.1", 1)}, receive, send))
    async with asyncio.timeout(10):
        await reached.wait()
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    return status


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is given back by the collector's chance."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
