"""The little HTTP that the sandbox needs, straight on ASGI."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

from msgspec import Struct, field

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 1_000_000


class TooLarge(Exception):
    """The body exceeds LARGEST_BODY bytes."""


class Gone(Exception):
    """The caller left before the request was complete; what came so far must not be acted on."""


class Request(Struct, frozen=True, kw_only=True):
    """Header names are lower case; of a repeated header the last value counts."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    url: str  # scheme and host, as the caller wrote them

    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Answer(Struct, frozen=True, kw_only=True):
    """`lost`: the connection breaks before the caller can read it."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False


async def receive_request(scope: Scope, receive: Receive) -> Request:
    """The whole request; raises TooLarge or Gone."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise TooLarge
        if not message.get("more_body", False):
            break
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=bytes(body),
        url=f"{scope['scheme']}://{headers.get('host', 'localhost')}",
    )


async def send_answer(answer: Answer, send: Send) -> None:
    """Send it; of a lost one only the head, whereupon the server breaks the connection off."""
    headers = {
        "content-type": answer.media_type,
        "content-length": str(len(answer.body)),
        "cache-control": "no-store",
        **answer.headers,
    }
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    if answer.lost:
        return
    await send({"type": "http.response.body", "body": answer.body})
