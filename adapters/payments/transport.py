"""The SDK's HTTP client, whose requests come to their end whatever becomes of those who ask."""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeAlias

import stripe

Answered: TypeAlias = tuple[bytes, int, Mapping[str, str]]


class WholeTransport(stripe.HTTPXClient):
    """A request that is cut off in the middle takes its connection's place in the pool along (httpcore gives some of them never
    back), until none is left and nothing is asked any more. So who waits may be cancelled; the request goes on, within its
    time, and its answer is nobody's."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout=timeout_s)
        self._under_way: set[asyncio.Task[Answered]] = set()

    async def request_async(self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None) -> Answered:
        request = asyncio.ensure_future(self._asked(method, url, headers, post_data))
        self._under_way.add(request)
        request.add_done_callback(self._over)
        return await asyncio.shield(request)

    async def _asked(self, method: str, url: str, headers: Mapping[str, str], post_data: Any) -> Answered:
        return await super().request_async(method, url, headers, post_data)

    def _over(self, request: "asyncio.Task[Answered]") -> None:
        self._under_way.discard(request)
        if not request.cancelled():
            request.exception()  # looked at, or the loop complains of what nobody waits for any more

    async def close_async(self) -> None:
        """What is under way comes to its end before."""
        if self._under_way:
            await asyncio.wait(self._under_way)
        await super().close_async()  # type: ignore[no-untyped-call]  # the SDK left it so
