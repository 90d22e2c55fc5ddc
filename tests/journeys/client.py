"""A small HTTP/1.1 client: cheap enough to load a server from the same machine, and honest about what it cannot know."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

T = TypeVar("T")

# Seconds.
PATIENCE = 30.0  # for an answer
STALE = 2.0  # after which a quiet connection is made anew: the server closes quiet ones after 5


class Unanswered(Exception):
    """The connection broke, or nobody answered in time: whether the request was done is not known."""


class Reply(Struct, frozen=True):
    """`seconds` is from the first byte sent to the last one read. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def read(self, shape: type[T]) -> T:
        """The body as such a value, whatever else is in it."""
        return msgspec.json.decode(self.body, type=shape)

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def code(self) -> str:
        """Of a problem; empty for anything else."""
        return str(self.json.get("code", "")) if self.status >= 400 else ""


class Connection:
    """One kept-alive connection, one request at a time; made when it is needed, and again when it has gone.

    `headers` go with every request.
    """

    def __init__(self, address: str, headers: Mapping[str, str] | None = None) -> None:
        target = urlsplit(address)
        self._host, self._port = target.hostname or "", target.port or 80
        fixed = {"host": target.netloc, **(headers or {})}
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in fixed.items())
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._quiet_since = 0.0
        self.in_flight = False
        """Whether a request was sent and is not answered yet."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def get(self, path: str) -> Reply:
        return await self.send("GET", path)

    async def post(self, path: str, body: object = None, key: str | None = None) -> Reply:
        """Send the body as JSON; `key` is the Idempotency-Key."""
        return await self.send("POST", path, body, {"idempotency-key": key} if key else None)

    async def send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Raises Unanswered, and ConnectionRefusedError where nobody listens: then nothing was done."""
        content = b"" if body is None else msgspec.json.encode(body)
        head = f"{method} {path} HTTP/1.1\r\n{self._fixed}content-length: {len(content)}\r\n"
        if content:
            head += "content-type: application/json\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self._connected()
                began = time.monotonic()
                self.in_flight = True
                writer.write(head.encode() + b"\r\n" + content)
                status, answered, said = await _read(reader)
        except ConnectionRefusedError:
            raise
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise Unanswered(f"{method} {path}") from error
        except BaseException:
            self.close()  # whatever comes next on this connection belongs to nobody
            raise
        finally:
            self.in_flight = False
        self._quiet_since = time.monotonic()
        if answered.get("connection") == "close":
            self.close()
        return Reply(status, answered, said, self._quiet_since - began)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and time.monotonic() - self._quiet_since > STALE:
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        return self._streams


async def _read(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head[:-4].split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split(" ")[1]), headers, await reader.readexactly(int(headers.get("content-length", "0")))
