"""What is asked of Stripe, told to whoever watches: each attempt, without anything that was sent."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from adapters.payments.transport import Answered, WholeTransport


class Asked(Struct, frozen=True):
    """One request: `path` has no ids in it, `status` is None where no answer came."""

    method: str
    path: str
    status: int | None
    seconds: float


Watch: TypeAlias = Callable[[Asked], None]


class WatchedTransport(WholeTransport):
    def __init__(self, timeout_s: float, watch: Watch) -> None:
        super().__init__(timeout_s)
        self._watch = watch

    async def request_async(self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None) -> Answered:
        began, status = time.perf_counter(), None
        try:
            content, status, said = await super().request_async(method, url, headers, post_data)
        finally:
            self._watch(Asked(method.upper(), pattern(url), status, time.perf_counter() - began))
        return content, status, said


def pattern(url: str) -> str:
    """`/v1/payment_intents/{id}/capture`: the names of what is asked for, and between them ids."""
    parts = urlsplit(url).path.strip("/").split("/")
    return "/" + "/".join("{id}" if place and not place % 2 else part for place, part in enumerate(parts))
