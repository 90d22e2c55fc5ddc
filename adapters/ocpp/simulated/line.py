"""A station's line to the centre: one connection after the other, one call at a time."""

import asyncio
import base64
import contextlib
import json
from collections.abc import Awaitable, Callable
from ssl import SSLContext
from urllib.parse import quote
from uuid import UUID

from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from adapters.ocpp.simulated.dialect import Said
from adapters.ocpp.simulated.evses import Payload

CALL, RESULT = 2, 3
ERROR = 4
ANSWER_S = 30.0
PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0


class Wiring(Struct, frozen=True):
    """Where it calls, and as whom. `url` ends before the identity; `key` is the password, `tls` has the certificates."""

    url: str
    identity: str
    key: str | None = None
    tls: SSLContext | None = None


class NotReachedError(Exception):
    """There is no connection, it broke, or no answer came in time."""


class RefusedError(Exception):
    """The centre answered a call with an error; `code` is OCPP's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Line:
    """`arrived` is begun with each connection, and cancelled with its end; `ordered` answers calls, with None to those that are not
    known. `connections` counts how many there have been."""

    def __init__(self, wiring: Wiring, subprotocol: str, new_id: Callable[[], UUID]) -> None:
        self.connections = 0
        self._wiring, self._subprotocol, self._new_id = wiring, subprotocol, new_id
        self._socket: ClientConnection | None = None
        self._calling = asyncio.Lock()
        self._waiting: dict[str, asyncio.Future[Payload]] = {}

    @property
    def is_there(self) -> bool:
        return self._socket is not None

    async def run(
        self, arrived: Callable[[], Awaitable[None]], ordered: Callable[[str, Payload], Payload | None]
    ) -> None:
        """Be connected, with ever longer pauses between attempts that fail, until cancelled."""
        pause = PAUSE_S
        while True:
            with contextlib.suppress(OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                async with await self._connected() as socket:
                    self.connections, pause = self.connections + 1, PAUSE_S
                    await self._hold(socket, arrived, ordered)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def call(self, said: Said) -> Payload:
        """The answer. One call at a time, as OCPP wants it. Raises RefusedError or NotReachedError."""
        async with self._calling:
            if self._socket is None:
                raise NotReachedError
            name = self._new_id().hex
            answer = self._waiting[name] = asyncio.get_running_loop().create_future()
            try:
                await self._socket.send(json.dumps([CALL, name, *said]))
                async with asyncio.timeout(ANSWER_S):
                    found: Payload = await answer
                return found
            except (ConnectionClosed, TimeoutError) as error:
                raise NotReachedError from error
            finally:
                del self._waiting[name]

    async def _connected(self) -> ClientConnection:
        wiring = self._wiring
        user = base64.b64encode(f"{wiring.identity}:{wiring.key}".encode()).decode()
        return await connect(
            f"{wiring.url}/{quote(wiring.identity, safe='')}",
            subprotocols=[Subprotocol(self._subprotocol)],
            additional_headers={"Authorization": f"Basic {user}"} if wiring.key else None,
            ssl=wiring.tls,
            compression=None,
            open_timeout=ANSWER_S,
        )

    async def _hold(
        self,
        socket: ClientConnection,
        arrived: Callable[[], Awaitable[None]],
        ordered: Callable[[str, Payload], Payload | None],
    ) -> None:
        self._socket = socket
        arriving = asyncio.ensure_future(arrived())
        try:
            async for frame in socket:
                kind, name, *rest = json.loads(frame)
                if kind == CALL:
                    answer = ordered(*rest)
                    unknown = [ERROR, name, "NotImplemented", "", {}]
                    await socket.send(json.dumps(unknown if answer is None else [RESULT, name, answer]))
                elif (waiting := self._waiting.get(name)) is not None and not waiting.done():
                    if kind == RESULT:
                        waiting.set_result(*rest)
                    else:
                        waiting.set_exception(RefusedError(rest[0], rest[1]))
        finally:
            self._socket = None
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(TimeoutError())
            arriving.cancel()
