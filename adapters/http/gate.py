"""The gate before all operations: what holds for every request and every answer, whoever gives it.

It speaks ASGI itself, since it costs each request a few microseconds there and many times that as Litestar's middleware.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from msgspec import Struct

from adapters.http.ending import end
from adapters.http.problems import PROBLEM, problem
from adapters.http.reading import REQUEST_ID

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-site"),
)
# Where an operation has not said otherwise.
UNLESS_SAID = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
OVER_TLS = (b"strict-transport-security", b"max-age=31536000")
ASKED = (
    "accept-language",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "traceparent",
    "x-request-id",
)
TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16}-[0-9a-f]{2})(?:-.*)?")
PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, POST, PATCH, PUT, DELETE"),
    (b"access-control-allow-headers", ", ".join(ASKED).encode()),
    (b"access-control-max-age", b"600"),
)
EXPOSED = (
    b"access-control-expose-headers",
    b"etag, idempotency-replayed, ratelimit, ratelimit-policy, retry-after, x-request-id",
)


class Seen(Struct, frozen=True):
    """One request and its answer, without anything that was sent: no path, no query, no address, no token.

    `trace` and `parent` are the caller's (W3C Trace Context): 32 hexadecimal digits; 16, a hyphen and 2 of flags.
    """

    operation: str
    method: str
    status: int
    seconds: float
    request_id: str
    trace: str | None = None
    parent: str | None = None


class Policy(Struct, frozen=True):
    """Whom the gate lets in. No `hosts`: any. `origins` are those of browsers' pages, to the letter. `tls`: the outside is
    HTTPS."""

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    tls: bool = False


class Gate:
    """An ASGI application around Litestar's. `leaving` tells clients not to come again on the same connection."""

    def __init__(
        self, app: Litestar, policy: Policy | None = None, watch: Callable[[Seen], None] | None = None
    ) -> None:
        self.app = app
        self.leaving = False
        self._policy = policy or Policy()
        self._watch = watch
        self._always = HEADERS + ((OVER_TLS,) if self._policy.tls else ())

    @property
    def state(self) -> State:
        return self.app.state

    def leave(self) -> None:
        self.leaving = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status, told_id = 0, b""
        origin = self._origin(scope) if self._policy.origins else None

        async def told(message: Any) -> None:
            nonlocal status, told_id
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = headers = list(message["headers"])
                told_id = self._stamp(headers, origin)
            await send(message)

        try:
            await self._pass(scope, receive, told, origin)
        finally:
            end(scope)
            if self._watch is not None:
                self._watch(
                    Seen(
                        _operation(scope),
                        scope["method"],
                        status or 499,  # whoever asked has gone before he was answered
                        time.perf_counter() - began,
                        told_id.decode(),
                        *_trace(scope),
                    )
                )

    async def _pass(self, scope: Any, receive: Any, told: Any, origin: bytes | None) -> None:
        if self._policy.hosts and _host(scope) not in self._policy.hosts:
            await self._refuse(scope, told, "wrong_host")
        elif self.leaving and scope["path"] == "/readyz":
            await self._refuse(scope, told, "unavailable")
        elif origin is not None and scope["method"] == "OPTIONS":
            await told({"type": "http.response.start", "status": 204, "headers": list(PREFLIGHT)})
            await told({"type": "http.response.body", "body": b""})
        else:
            await self.app(scope, receive, told)

    async def _refuse(self, scope: Any, told: Any, code: str) -> None:
        given = (_header(scope, b"x-request-id") or b"").decode("latin-1")
        request_id = given if REQUEST_ID.fullmatch(given) else str(self.app.state.edge.new_id())
        language = (_header(scope, b"accept-language") or b"").decode("latin-1")
        status, content = problem(code, request_id, language)
        headers = [
            (b"content-type", PROBLEM.encode()),
            (b"content-length", str(len(content)).encode()),
            (b"x-request-id", request_id.encode()),
        ]
        if status == 503:
            headers.append((b"retry-after", b"2"))
        await told({"type": "http.response.start", "status": status, "headers": headers})
        await told({"type": "http.response.body", "body": content})

    def _stamp(self, headers: list[tuple[bytes, bytes]], origin: bytes | None) -> bytes:
        """Add what every answer says; the request's id."""
        said = dict(headers)
        headers += self._always
        for header in UNLESS_SAID:
            if header[0] not in said:
                headers.append(header)
        if self._policy.origins:
            headers.append((b"vary", b"origin"))
        if origin is not None:
            headers += ((b"access-control-allow-origin", origin), EXPOSED)
        if self.leaving:
            headers.append((b"connection", b"close"))
        return said.get(b"x-request-id", b"")

    def _origin(self, scope: Any) -> bytes | None:
        """The page's origin, where it is one of those that may ask."""
        origin = _header(scope, b"origin")
        return origin if origin is not None and origin.decode("latin-1") in self._policy.origins else None


def _header(scope: Any, wanted: bytes) -> bytes | None:
    for name, value in scope["headers"]:
        if name == wanted:
            found: bytes = value
            return found
    return None


def _host(scope: Any) -> str:
    """The host that was asked for, without its port; nothing where it was said more than once."""
    said = [value for name, value in scope["headers"] if name == b"host"]
    if len(said) != 1:
        return ""
    host: str = said[0].decode("latin-1").lower()
    name, _, port = host.rpartition(":")
    return name if port.isdigit() else host


def _operation(scope: Any) -> str:
    """Its operation id; what no operation answers has none of the caller's words for a name."""
    handler = scope.get("route_handler")
    return str(handler.name) if handler is not None and handler.name else "none"


def _trace(scope: Any) -> tuple[str | None, str | None]:
    """The trace and the span in it that the request belongs to, where a `traceparent` says so."""
    said = _header(scope, b"traceparent")
    found = TRACEPARENT.fullmatch(said) if said is not None else None
    if found is None or not found["trace"].strip(b"0") or not found["parent"].split(b"-")[0].strip(b"0"):
        return None, None
    return found["trace"].decode(), found["parent"].decode()
