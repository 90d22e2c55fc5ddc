"""GET /metrics: figures for Prometheus, for whoever knows the token."""

import asyncio
import hmac
from collections.abc import Callable

from litestar import Response
from litestar.enums import HttpMethod

from adapters.http.endpoints import PUBLIC, Ask, Endpoint, Reply
from adapters.http.problems import Rejected


def metrics(exposition: Callable[[], bytes], media_type: str, token: str) -> Endpoint:
    """The operation; it is no part of the public document. Its rule is the token, which is no person's."""
    wanted = f"Bearer {token}".encode()

    async def show(ask: Ask) -> Reply:
        if not hmac.compare_digest((ask.header("authorization") or "").encode(), wanted):
            raise Rejected("unauthorised")
        return Response(await asyncio.to_thread(exposition), media_type=media_type)

    return Endpoint(HttpMethod.GET, PUBLIC, "/metrics", "getMetrics", "about", "Figures", show, {200: None})
