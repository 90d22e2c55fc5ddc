"""What a connection may cost: time to send a request, room for its head, a place among the others.

uvicorn waits for ever for a request that is begun, or not even begun, and reads a head of any length. Here a connection
that keeps us waiting is ended by a look at all of them each second, so an ordinary request pays for two assignments and
no timer.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

LONGEST_HEAD = 32 * 1024
LONGEST_TARGET = 8 * 1024
MOST_HEADERS = 100


class Patience(Struct, frozen=True):
    """Seconds for a request's head to come, for its body, and for an answer to be taken; connections at a time."""

    head: float = 10.0
    body: float = 20.0
    taking: float = 30.0
    connections: int = 4096


class Refused(NamedTuple):
    """What a request is answered that no operation ever sees: `content` is the problem as JSON."""

    status: int
    request_id: str
    content: bytes


class GuardedProtocol(HttpToolsProtocol):
    """`refusal` makes the answer from a problem's code."""

    def __init__(self, patience: Patience, refusal: Callable[[str], Refused], **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._patience = patience
        self._refusal = refusal
        self._fault = "malformed"
        self._head = 0  # bytes of a head that is not complete
        self._waiting_since: float | None = None  # for the client to go on
        self._body_follows = False
        self._blocked_since: float | None = None  # the client takes nothing

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._waiting_since = self.loop.time()
        if len(self.connections) > self._patience.connections:
            self._make_room()

    def _make_room(self) -> None:
        """The connection that has kept us waiting the longest, or been idle, gives way; else this one."""
        others = [other for other in self.connections if isinstance(other, GuardedProtocol) and other is not self]
        waiting = [other for other in others if other.waits or other.lacks_body]
        if waiting:
            min(waiting, key=lambda other: other.since).transport.abort()
        else:
            self.refuse("unavailable")

    @property
    def since(self) -> float:
        """How long it has kept us waiting counts from here; one that is merely idle comes after all that do."""
        return self.loop.time() if self._waiting_since is None else self._waiting_since

    @property
    def waits(self) -> bool:
        """Whether nothing is being answered."""
        return self.cycle is None or bool(self.cycle.response_complete)

    @property
    def lacks_body(self) -> bool:
        """Whether an operation waits for the rest of what it was sent."""
        return self._body_follows and self.cycle is not None and not self.cycle.response_started

    def data_received(self, data: bytes) -> None:
        if not self._body_follows:
            self._head += len(data)
        super().data_received(data)
        if self._head > LONGEST_HEAD:  # and still not complete, or it would be 0
            self.refuse("head_too_large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._waiting_since = self.loop.time()

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if len(self.url) > LONGEST_TARGET:
            self._fault = "target_too_long"
        elif size > LONGEST_HEAD or len(self.headers) > MOST_HEADERS:
            self._fault = "head_too_large"
        if self._fault != "malformed":
            raise ValueError(self._fault)  # the parser hands it on as a fault of the request
        super().on_headers_complete()
        self._head = 0
        self._body_follows = True
        self._waiting_since = self.loop.time()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._head = 0
        self._body_follows = False
        self._waiting_since = None

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._body_follows:
            self._waiting_since = None  # until the next request begins, uvicorn's keep-alive timer runs

    def pause_writing(self) -> None:
        super().pause_writing()
        self._blocked_since = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._blocked_since = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        self.refuse(self._fault)

    def refuse(self, code: str) -> None:
        """Answer with a problem and hang up."""
        if self.transport.is_closing():
            return
        if self.waits or self.lacks_body:
            status, request_id, content = self._refusal(code)
            head = (
                b"content-type: application/problem+json\r\n"
                b"x-content-type-options: nosniff\r\nconnection: close\r\n"
                + f"x-request-id: {request_id}\r\n".encode()
                + (b"retry-after: 2\r\n" if status == 503 else b"")
                + f"content-length: {len(content)}\r\n\r\n".encode()
            )
            self.transport.write(STATUS_LINE[status] + head + content)
        if not self.waits:  # the operation waits for its body, and would answer in its turn
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def look(self, now: float) -> None:
        """End the connection if it has kept us waiting too long."""
        if self._blocked_since is not None and now - self._blocked_since > self._patience.taking:
            self.transport.abort()
        elif self._waiting_since is not None:
            limit = self._patience.body if self._body_follows else self._patience.head
            if now - self._waiting_since > limit:
                self.refuse("too_slow")
