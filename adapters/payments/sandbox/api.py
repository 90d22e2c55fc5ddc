"""One call of Stripe's API from request to answer: who asks, was it asked before, is it allowed, what comes of it."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import Struct
from stripe import api_version

from adapters.payments.sandbox import browsers, routes
from adapters.payments.sandbox.account_store import SavedAnswer
from adapters.payments.sandbox.authentication import intent_of
from adapters.payments.sandbox.call import Call, Declined
from adapters.payments.sandbox.credentials import Caller, caller
from adapters.payments.sandbox.errors import ApiError, ErrorBody, invalid
from adapters.payments.sandbox.faults import Fault
from adapters.payments.sandbox.forms import Tree, decode
from adapters.payments.sandbox.http import Answer, Request
from adapters.payments.sandbox.presentation import rendered
from adapters.payments.sandbox.sandbox import KEYS_ARE_KEPT_SECONDS, Sandbox
from adapters.payments.sandbox.validation import read

LONGEST_KEY = 255
BROKEN = ErrorBody(type="api_error", message="The sandbox failed, as a planned fault wanted it to.")
AWAY = ErrorBody(type="api_error", message="The sandbox was away, as a planned fault wanted it to be.")
LIMITED = ErrorBody(type="invalid_request_error", message="Request rate limit exceeded.", code="rate_limit")
IN_USE = ErrorBody(
    type="idempotency_error",
    message="There is currently another in-progress request using this Idempotency-Key. Please try again later.",
    code="idempotency_key_in_use",
)


class Asked(Struct, frozen=True, kw_only=True):
    """A request that was understood: its caller, route and raw parameters."""

    request: Request
    request_id: str
    caller: Caller
    route: routes.Route
    identifier: str
    tree: Tree
    key: str | None

    @property
    def fingerprint(self) -> str:
        """Tells requests apart that must not share an idempotency key."""
        parts = (self.request.method, self.request.path, self.tree)
        return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()


async def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Whatever comes, Stripe-shaped."""
    request_id = sandbox.new_id("req")
    headers = {"request-id": request_id, "stripe-version": request.headers.get("stripe-version", api_version)}
    try:
        asked = _understood(sandbox, request, request_id)
    except ApiError as error:
        return _with(headers, _error(error.status, error.body))
    if asked.key is not None:
        headers["idempotency-key"] = asked.key
    return _with(headers, await _guarded(sandbox, asked))


def _with(headers: dict[str, str], given: Answer) -> Answer:
    return msgspec.structs.replace(given, headers={**headers, **given.headers})


def _error(status: int, body: ErrorBody, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, body=_json({"error": body}), headers=named)


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def _understood(sandbox: Sandbox, request: Request, request_id: str) -> Asked:
    if request.body and request.media_type() != "application/x-www-form-urlencoded":
        raise invalid("The request's body must be application/x-www-form-urlencoded.")
    try:
        tree = decode(request.body.decode() if request.method == "POST" else request.query)
    except UnicodeDecodeError as error:
        raise invalid("The request's parameters are not UTF-8.") from error
    who = caller(sandbox.accounts.values(), request.headers, tree)
    found = routes.find(request.method, request.path)
    if found is None:
        message = f"Unrecognized request URL ({request.method}: {request.path}): the sandbox does not know it."
        raise ApiError(404, ErrorBody(type="invalid_request_error", message=message))
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise invalid(f"Idempotency keys have 1 to {LONGEST_KEY} characters.")
    route, identifier = found
    return Asked(
        request=request,
        request_id=request_id,
        caller=who,
        route=route,
        identifier=identifier,
        tree=tree,
        key=key,
    )


async def _guarded(sandbox: Sandbox, asked: Asked) -> Answer:
    """The answer, unless its key is being used by another request or a fault is planned for it."""
    account = asked.caller.account.id
    mine = None if asked.key is None else (account, asked.key)
    if mine in sandbox.in_use:
        return _error(409, IN_USE, stripe_should_retry="true")
    fault = sandbox.faults.take(account, asked.request.method, asked.request.path)
    match fault:
        case Fault(kind="timeout_before"):
            return Answer(status=200, body=b" ", lost=True)
        case Fault(kind="error_503"):
            return _error(503, AWAY)
        case Fault(kind="rate_limit"):
            return msgspec.structs.replace(_error(429, LIMITED), headers={"retry-after": "1"})
        case Fault(kind="delay", seconds=seconds):
            with _in_use(sandbox, mine):
                await asyncio.sleep(seconds)
    given = _answered(sandbox, asked, fault)
    return msgspec.structs.replace(given, lost=True) if fault and fault.kind == "timeout_after" else given


@contextmanager
def _in_use(sandbox: Sandbox, mine: tuple[str, str] | None) -> Iterator[None]:
    if mine is None:
        yield
        return
    sandbox.in_use.add(mine)
    try:
        yield
    finally:
        sandbox.in_use.discard(mine)


def _answered(sandbox: Sandbox, asked: Asked, fault: Fault | None) -> Answer:
    """In one transaction: what the request does, the events of it, and the answer its key will repeat."""
    call = sandbox.call(
        asked.caller.account,
        url=sandbox.settings.public_url or asked.request.url,
        browser=asked.caller.browser,
        request_id=asked.request_id,
        key=asked.key,
        deliveries=2 if fault and fault.kind == "duplicate_events" else 1,
    )
    with sandbox.store.transaction():
        sandbox.pass_time(asked.caller.account)
        saved = None if asked.key is None else call.store.answer(asked.key, call.now - KEYS_ARE_KEPT_SECONDS)
        if saved is not None:
            return _repeated(asked, saved)
        given, is_final = _done(sandbox, call, asked, fault)
        if asked.key is not None and is_final:
            saved = SavedAnswer(asked.fingerprint, asked.request_id, given.status, given.body)
            call.store.save_answer(asked.key, saved, call.now)
            given = _with({"original-request": asked.request_id}, given)
    sandbox.courier.wake()
    return given


def _repeated(asked: Asked, saved: SavedAnswer) -> Answer:
    if saved.fingerprint != asked.fingerprint:
        message = (
            "Keys for idempotent requests can only be used with the same endpoint and parameters they were first used"
            f" with. Try using a key other than '{asked.key}' if you meant to execute a different request."
        )
        return _error(400, ErrorBody(type="idempotency_error", message=message))
    headers = {"idempotent-replayed": "true", "original-request": saved.request_id}
    if saved.status >= 500:
        headers["stripe-should-retry"] = "false"
    return Answer(status=saved.status, body=saved.body, headers=headers)


def _done(sandbox: Sandbox, call: Call, asked: Asked, fault: Fault | None) -> tuple[Answer, bool]:
    """The answer, and whether it is final: what never began is not remembered."""
    broken = _error(500, BROKEN, stripe_should_retry="false")
    if fault and fault.kind == "error_500":
        return broken, True
    try:
        with sandbox.store.savepoint():
            status, value = _handled(call, asked)
    except ApiError as error:
        return _error(error.status, error.body), error.saved
    if fault and fault.kind == "error_500_after":
        return broken, True
    return Answer(status=status, body=_json(value)), True


def _handled(call: Call, asked: Asked) -> tuple[int, Any]:
    tree = asked.tree
    if asked.caller.browser:
        browsers.admitted(asked.route, lambda: intent_of(call, asked.identifier), tree)
        tree = browsers.as_a_server(call, tree)
    params = read(asked.route.shape, tree)
    for name in params:
        if name not in asked.route.models:
            raise invalid(f"The sandbox does not model the parameter {name} here.", param=name)
    result = asked.route.handler(call, asked.identifier, params)
    if isinstance(result, Declined):
        return 402, {"error": result.error}
    return 200, rendered(call, result, params.get("expand", ()))
