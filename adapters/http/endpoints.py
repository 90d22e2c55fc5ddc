"""An endpoint: one operation of the public contract, with its rule, its shapes and its handler.

Declared once, it becomes Litestar's route, the check of who may call it, and its part of the OpenAPI document. There
is no way to serve an operation without a rule: it is the declaration's second field.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from adapters.http import reading, shapes
from adapters.http.auth import Bearer, Tokens
from adapters.http.callers import Callers
from adapters.http.compressing import compressed
from adapters.http.ending import ending
from adapters.http.limits import Limits, budget_of
from adapters.http.problems import PROBLEM, Rejected, problem, refused
from domain.grants import OF_A_PARTY
from domain.identity import Actor, City, Role
from domain.refusals import Refusal
from services.application import Application
from services.calls import Answer, Call, Unavailable
from services.sign_in.ports import Caller

JSON = "application/json"
RETRY_AFTER_S = "2"
MAX_BODY = 256 * 1024
logger = logging.getLogger(__name__)
T = TypeVar("T")
Q = TypeVar("Q", bound=Struct)
S = TypeVar("S", bound=Struct)
encode = msgspec.json.Encoder().encode


class Access(StrEnum):
    """`public`: no token; `anyone`: a token adds to what is seen; `signed_in`: any role, for what is the caller's alone;
    `roles`: one of those."""

    PUBLIC = "public"
    ANYONE = "anyone"
    SIGNED_IN = "signed_in"
    ROLES = "roles"


class Rule(Struct, frozen=True):
    access: Access
    roles: frozenset[Role] = frozenset()


PUBLIC = Rule(Access.PUBLIC)
ANYONE = Rule(Access.ANYONE)
SIGNED_IN = Rule(Access.SIGNED_IN)
# Section 6 of the contract: who books and changes bookings.
# Partners book on behalf of others within a scope: not before there are scopes.
BOOKERS = Rule(Access.ROLES, frozenset({Role.RESIDENT, Role.DRIVER, Role.FLEET_MANAGER}))
# Whoever looks after vehicles: those of the pools one runs, as each use case checks, or all of them.
STAFF = Rule(Access.ROLES, frozenset({Role.FLEET_MANAGER, Role.OPERATOR}))
# Whoever books the city's vehicles for work.
WORKERS = Rule(Access.ROLES, frozenset({Role.DRIVER, Role.FLEET_MANAGER}))
WORKERS_AND_OPERATOR = Rule(Access.ROLES, WORKERS.roles | {Role.OPERATOR})
BOOKERS_AND_OPERATOR = Rule(Access.ROLES, BOOKERS.roles | {Role.OPERATOR})
# Whoever has a bike on lease, and the parties to it; each for its own party.
LEASE_SIDES = Rule(Access.ROLES, BOOKERS.roles | OF_A_PARTY)
PARTIES = Rule(Access.ROLES, OF_A_PARTY)
DEALERS = Rule(Access.ROLES, frozenset({Role.DEALER}))
HR = Rule(Access.ROLES, frozenset({Role.HR}))
LESSORS = Rule(Access.ROLES, frozenset({Role.LESSOR}))
HANDERS = Rule(Access.ROLES, BOOKERS.roles | {Role.DEALER})
HR_AND_LESSORS = Rule(Access.ROLES, frozenset({Role.HR, Role.LESSOR}))
RIDERS_AND_LESSORS = Rule(Access.ROLES, BOOKERS.roles | {Role.LESSOR})
RIDERS_DEALERS_AND_LESSORS = Rule(Access.ROLES, RIDERS_AND_LESSORS.roles | {Role.DEALER})
# Whoever has agreed to the lease, and may give it up again.
LEASE_PARTNERS = Rule(Access.ROLES, LEASE_SIDES.roles - {Role.DEALER})
# Dealers, HR and lessors act under /leasing/ alone.
QUOTERS = Rule(Access.ROLES, frozenset(Role) - OF_A_PARTY)
OPERATORS = Rule(Access.ROLES, frozenset({Role.OPERATOR}))
FINANCE = Rule(Access.ROLES, frozenset({Role.FINANCE}))


class Edge(Struct, frozen=True):
    """What the HTTP side is made of; put together in bootstrap."""

    application: Application
    tokens: Tokens
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    ready: Callable[[], Awaitable[Mapping[str, Any]]]
    version: str
    limits: Limits | None = None
    callers: Callers = msgspec.field(default_factory=Callers)


class Ask:
    """One request, as its handler sees it."""

    __slots__ = ("_request", "actor_or_none", "bearer_or_none", "edge", "endpoint", "now", "request_id")

    def __init__(self, request: Request[Any, Any, State], endpoint: "Endpoint", request_id: str) -> None:
        self._request = request
        self.edge: Edge = request.app.state.edge
        self.endpoint = endpoint
        self.request_id = request_id
        self.now = self.edge.clock()
        self.actor_or_none: Actor | None = None
        self.bearer_or_none: Bearer | None = None

    async def admit(self) -> None:
        """Check the rule. Raises Rejected: 401 without a good token of this city, 403 without the role."""
        rule = self.endpoint.rule
        if rule.access is Access.PUBLIC:
            return
        authorization = self._request.headers.get("authorization")
        if authorization is None and rule.access is Access.ANYONE:
            return
        bearer = await self.edge.tokens.bearer(authorization, self.city, self.now, self.caller)
        actor = bearer.actor
        if rule.access is Access.ROLES and actor.roles.isdisjoint(rule.roles):
            raise Rejected("forbidden")
        self.actor_or_none, self.bearer_or_none = actor, bearer

    @property
    def actor(self) -> Actor:
        """Who asks; only where the rule asks for a token."""
        if self.actor_or_none is None:
            raise Rejected("unauthorised")
        return self.actor_or_none

    @property
    def bearer(self) -> Bearer:
        """The token by which is asked; only where the rule asks for one."""
        if self.bearer_or_none is None:
            raise Rejected("unauthorised")
        return self.bearer_or_none

    def caller(self) -> Caller:
        """Where the call comes from, for the audit trail."""
        return Caller(self.request_id, self.address)

    @property
    def city(self) -> City:
        return City(self._request.path_params["city"])

    def path(self, name: str) -> Any:
        """A parameter of the path, typed as the path declares it."""
        return self._request.path_params[name]

    def header(self, name: str) -> str | None:
        """What it says; several of that name say the same as one with all of them (RFC 9110, section 5.3)."""
        return ", ".join(self._request.headers.getall(name)) if name in self._request.headers else None

    @property
    def accept_language(self) -> str | None:
        return self._request.headers.get("accept-language")

    @property
    def address(self) -> str:
        """The caller's, as the last proxy that is trusted saw it."""
        return self.edge.callers.address(self._request.scope)

    @property
    def ending(self) -> ExitStack:
        """For what is held until the request is over, however it ends."""
        return ending(self._request.scope)

    def query(self, wanted: type[Q]) -> Q:
        return reading.query(self._request.scope["query_string"], wanted)

    async def raw(self) -> bytes:
        return await self._request.body()

    async def file(self) -> bytes:
        """The body, where the endpoint takes files. Raises Rejected for another content type (415) and for nothing (400)."""
        media_type = (self._request.headers.get("content-type") or "").partition(";")[0].strip().lower()
        if media_type not in self.endpoint.takes:
            raise Rejected("unsupported_file_type", detail=f"it takes {', '.join(sorted(self.endpoint.takes))}")
        if not (content := await self._request.body()):
            raise Rejected("malformed")
        return content

    async def body(self, wanted: type[T], longest: int = reading.LONGEST_STRING) -> T:
        """The JSON body, its strings at most so long. Raises Rejected for another content type (415), no JSON (400), or
        another shape (422)."""
        if not reading.is_json(self._request.headers.get("content-type")):
            raise Rejected("unsupported_media_type")
        return reading.body(await self._request.body(), wanted, longest)

    async def document(self, wanted: type[S]) -> S:
        """`body`, for a shape that the domain has: unknown fields are faults at every depth, and all faults are told."""
        return reading.between_the_ends(shapes.shaped(await self.body(dict[str, Any]), wanted))

    async def body_or(self, wanted: type[T], absent: T) -> T:
        """The JSON body, or `absent` where none was sent."""
        return await self.body(wanted) if await self._request.body() else absent

    @property
    def idempotency_key(self) -> str:
        """Raises Rejected without one."""
        return reading.idempotency_key(self._request.headers)

    def call(self, asked: object, render: Callable[[Any], Answer]) -> Call[Any]:
        """A call to be answered once: `asked` is what the key must come with again; raises Rejected without a key."""
        return Call(
            city=self.city,
            actor=self.actor,
            route=self.endpoint.operation_id,
            key=self.idempotency_key,
            fingerprint=fingerprint(asked),
            request_id=self.request_id,
            address=self.address,
            answer=lambda outcome: self.refuse(outcome) if isinstance(outcome, Refusal) else render(outcome),
        )

    def unkeyed(self, render: Callable[[Any], Answer]) -> Call[Any]:
        """A call that is not remembered: a quote, a dry run."""
        return Call(
            self.city,
            self.actor,
            self.endpoint.operation_id,
            "",
            "",
            self.request_id,
            self.address,
            lambda outcome: self.refuse(outcome) if isinstance(outcome, Refusal) else render(outcome),
        )

    def refuse(self, refusal: Refusal[Any], **more: Any) -> Answer:
        status, content = refused(refusal, self.request_id, self.accept_language, **more)
        return Answer(status, PROBLEM, content.decode())

    def problem(self, code: str, **more: Any) -> Answer:
        status, content = problem(code, self.request_id, self.accept_language, **more)
        return Answer(status, PROBLEM, content.decode())


def fingerprint(asked: object) -> str:
    """By what a request is told from another with the same key."""
    return sha256(encode(asked)).hexdigest()


def answer(value: object, status: int = 200) -> Answer:
    """A view as JSON."""
    return Answer(status, JSON, encode(value).decode())


Reply: TypeAlias = Answer | Response[Any]
Handler: TypeAlias = Callable[[Ask], Awaitable[Reply]]


class Endpoint(Struct, frozen=True):
    """One operation. `path` is in OpenAPI's notation with Litestar's types, as in `/v1/{city:str}/quotes`.

    `answers` maps statuses to the shape of their body; `codes` lists the problems beside those that any operation may
    answer. `keyed` operations require an Idempotency-Key. One that `streams` has no end, so it answers no HEAD. `media` is
    the type of a success that is no JSON and has no shape, `more_media` are those that any success may have instead. Beside what may
    answer 304, `tagged` ones show an ETag. One that `takes` media types takes a file of them as its body, of `largest`
    bytes at most.
    """

    method: HttpMethod
    rule: Rule
    path: str
    operation_id: str
    tag: str
    summary: str
    handler: Handler
    answers: Mapping[int, Any]
    codes: tuple[str, ...] = ()
    body: Any = None
    query: type[Struct] | None = None
    keyed: bool = False
    streams: bool = False
    media: str | None = None
    more_media: tuple[str, ...] = ()
    tagged: bool = False
    takes: tuple[str, ...] = ()
    largest: int = MAX_BODY
    example: Any = None
    examples: Mapping[int, Any] = msgspec.field(default_factory=dict)

    @property
    def budget(self) -> str | None:
        """The budget that its requests take from; None for what must always answer."""
        return budget_of(self.path, writes=self.method is not HttpMethod.GET, tag=self.tag)


def response(reply: Reply, request_id: str) -> Response[Any]:
    if isinstance(reply, Response):
        reply.headers["x-request-id"] = request_id
        return reply
    headers = {"x-request-id": request_id}
    if reply.replayed:
        headers["idempotency-replayed"] = "true"
    if reply.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(reply.body.encode(), status_code=reply.status, media_type=reply.media_type, headers=headers)


def request_id_of(request: Request[Any, Any, State]) -> str:
    """The caller's X-Request-Id where it is harmless, else a new one; the same for all of one request."""
    scope: dict[str, Any] = request.scope  # type: ignore[assignment]  # a TypedDict that takes no keys of ours
    known = scope.get("kommobil_request_id")
    if known is None:
        given = request.headers.get("x-request-id", "")
        known = given if reading.REQUEST_ID.fullmatch(given) else str(request.app.state.edge.new_id())
        scope["kommobil_request_id"] = known
    return str(known)


def route(endpoint: Endpoint) -> HTTPRouteHandler:
    """Litestar's handler of an endpoint; what answers GET answers HEAD, whose body the server leaves away."""
    budget = endpoint.budget

    async def serve(request: Request[Any, Any, State]) -> Response[Any]:
        request_id = request_id_of(request)
        ask = Ask(request, endpoint, request_id)
        told: Mapping[str, str] = {}
        try:
            try:
                await ask.admit()
            finally:  # whoever is refused takes from his address's budget all the same
                if budget is not None and ask.edge.limits is not None:
                    told = await ask.edge.limits.admit(budget, ask.actor_or_none, ask.address)
            reply = await endpoint.handler(ask)
        except Rejected as no:
            told = no.headers or told
            reply = ask.problem(no.code, **no.more)
        except Unavailable:
            logger.warning("unavailable", exc_info=True, extra={"request_id": request_id})
            reply = ask.problem("unavailable")
        made = response(reply, request_id)
        made.headers.update(told)
        if made.media_type == JSON and endpoint.rule.access in {Access.SIGNED_IN, Access.ROLES}:
            compressed(made, ask.header("accept-encoding"))
        if made.status_code in {429, 503}:
            made.headers.setdefault("retry-after", RETRY_AFTER_S)
        return made

    return HTTPRouteHandler(
        endpoint.path,
        http_method=[HttpMethod.GET, HttpMethod.HEAD]
        if endpoint.method is HttpMethod.GET and not endpoint.streams
        else endpoint.method,
        status_code=200,  # every answer says its own; Litestar would refuse a handler that may answer 204 with a body
        name=endpoint.operation_id,
        opt={"endpoint": endpoint},
        include_in_schema=False,
        request_max_body_size=endpoint.largest,
    )(serve)


def nothing(_outcome: object) -> Answer:
    """What is done and has nothing to show for it."""
    return Answer(204, "", "")
