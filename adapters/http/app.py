"""The public API, put together of endpoints."""

import logging
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from msgspec import UNSET, Struct, UnsetType

from adapters.http.endpoints import PUBLIC, Ask, Edge, Endpoint, Reply, answer, request_id_of, response, route
from adapters.http.guarding import check_routes, check_rules
from adapters.http.openapi.document import document
from adapters.http.openapi.page import page
from adapters.http.problems import PROBLEM, problem
from services.calls import Answer


class Health(Struct, frozen=True):
    status: str


class Readiness(Struct, frozen=True):
    """`degraded` names what is missing and can be done without."""

    status: str
    degraded: tuple[str, ...] | UnsetType = UNSET


class Version(Struct, frozen=True):
    version: str


BY_STATUS = {404: "not_found", 405: "method_not_allowed", 406: "not_acceptable", 413: "too_large"}
logger = logging.getLogger(__name__)


def described(endpoints: Iterable[Endpoint], version: str) -> bytes:
    """The OpenAPI document of these operations and of those about the service itself."""
    return document((*endpoints, *_about()), version)


def create_app(
    edge: Edge,
    endpoints: Iterable[Endpoint],
    stopping: Callable[[], None] = lambda: None,
    *,
    docs_page: bool = True,
    undocumented: Iterable[Endpoint] = (),
    **options: Any,
) -> Litestar:
    """Litestar with every operation, its document, its docs page if wanted, its health, and what is not documented.

    `stopping`, kept as `app.state.stopping`, ends the answers that would not end by themselves; the server calls it.
    """
    offered, hidden = tuple(endpoints), tuple(undocumented)
    check_rules((*offered, *hidden))

    @cache
    def content() -> bytes:
        """Made for whoever asks first: it takes as long as all the rest of a start."""
        return described(offered, edge.version)

    async def openapi(_ask: Ask) -> Reply:
        return Answer(200, "application/json", content().decode())

    async def docs(_ask: Ask) -> Reply:
        policy = "default-src 'none'; style-src 'self' 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
        return Response(page(content()), media_type="text/html", headers={"content-security-policy": policy})

    async def door(_ask: Ask) -> Reply:
        return Response(b"", status_code=307, headers={"location": "docs"})

    told = [
        Endpoint(HttpMethod.GET, PUBLIC, "/openapi.json", "getOpenapi", "about", "This document", openapi, {200: None}),
        *hidden,
    ]
    if docs_page:
        read = "This document, to read"
        told.append(Endpoint(HttpMethod.GET, PUBLIC, "/docs", "getDocs", "about", read, docs, {200: None}))
        told.append(
            Endpoint(HttpMethod.GET, PUBLIC, "/", "getDoor", "about", "Leads to the page to read", door, {307: None})
        )
    app = Litestar(
        [route(endpoint) for endpoint in (*offered, *_about(), *told)],
        state=State({"edge": edge, "stopping": stopping}),
        openapi_config=None,
        logging_config=None,  # how to log is the process's decision
        exception_handlers={HTTPException: _http_problem, Exception: _internal},
        **options,
    )
    check_routes(app)
    return app


def _http_problem(request: Request[Any, Any, State], error: HTTPException) -> Response[bytes]:
    """What Litestar itself refuses: unknown routes, methods, bodies too large."""
    if error.status_code == 500:  # Litestar raises nothing of the kind but for a body that broke off: nobody hears it
        return _problem(request, "malformed")
    said = _problem(request, BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "internal"))
    if allowed := (error.headers or {}).get("allow"):
        said.headers["allow"] = ", ".join(sorted(allowed.split(", ")))
    return said


def _internal(request: Request[Any, Any, State], error: Exception) -> Response[bytes]:
    request_id = request_id_of(request)
    logger.error("unhandled: %s %s", request.method, request_id, exc_info=error, extra={"request_id": request_id})
    return _problem(request, "internal")


def _problem(request: Request[Any, Any, State], code: str) -> Response[bytes]:
    request_id = request_id_of(request)
    status, content = problem(code, request_id, request.headers.get("accept-language"))
    return response(Answer(status, PROBLEM, content.decode()), request_id)


def _about() -> tuple[Endpoint, ...]:
    async def healthz(_ask: Ask) -> Reply:
        return answer(Health("alive"))

    async def readyz(ask: Ask) -> Reply:
        facts = dict(await ask.edge.ready())
        return answer(facts) if facts["status"] == "ready" else ask.problem("unavailable", detail=facts["status"])

    async def version(ask: Ask) -> Reply:
        return answer(Version(ask.edge.version))

    def endpoint(path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(HttpMethod.GET, PUBLIC, path, operation_id, "about", summary, **more)

    return (
        endpoint(
            "/healthz",
            "getHealth",
            "Is the process alive",
            handler=healthz,
            answers={200: Health},
            examples={200: {"status": "alive"}},
        ),
        endpoint(
            "/readyz",
            "getReadiness",
            "Do the database and its schema answer",
            handler=readyz,
            answers={200: Readiness},
            codes=("unavailable",),
            examples={200: {"status": "ready"}},
        ),
        endpoint(
            "/version",
            "getVersion",
            "Which version runs",
            handler=version,
            answers={200: Version},
            examples={200: {"version": "0.1.0"}},
        ),
    )
