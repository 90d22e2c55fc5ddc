"""The sandbox's own calls, which Stripe does not have: what happened, planned faults, and the clock."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from adapters.payments.sandbox.errors import ApiError, ErrorBody, invalid
from adapters.payments.sandbox.faults import Fault
from adapters.payments.sandbox.http import Answer, Request
from adapters.payments.sandbox.overview import overview
from adapters.payments.sandbox.sandbox import Sandbox

B = TypeVar("B", bound=Struct)


class Advance(Struct, frozen=True, forbid_unknown_fields=True):
    """The clock only moves forward, at most a year at a time."""

    advance_seconds: Annotated[int, Meta(ge=0, le=366 * 24 * 3600)]


def control(sandbox: Sandbox, request: Request) -> Answer:
    """Answer `/sandbox/…`; raises ApiError 404 for anything unknown, 400 for a body that does not fit."""
    match request.method, request.path:
        case "GET", "/sandbox/overview":
            sandbox.sweep()
            accounts = [overview(each, sandbox.store.account(each.id)) for each in sandbox.accounts.values()]
            return _json({"now": sandbox.clock.now(), "accounts": accounts})
        case "GET", "/sandbox/faults":
            return _json({"faults": sandbox.faults.planned})
        case "POST", "/sandbox/faults":
            sandbox.faults.plan(_body(request, Fault))
            return _json({"faults": sandbox.faults.planned})
        case "DELETE", "/sandbox/faults":
            sandbox.faults.clear()
            return _json({"faults": sandbox.faults.planned})
        case "POST", "/sandbox/clock":
            sandbox.clock.advance(_body(request, Advance).advance_seconds)
            sandbox.sweep()
            return _json({"now": sandbox.clock.now()})
        case "GET", "/sandbox/clock":
            return _json({"now": sandbox.clock.now()})
    message = f"The sandbox does not know {request.method} {request.path}."
    raise ApiError(404, ErrorBody(type="invalid_request_error", message=message))


def _body(request: Request, shape: type[B]) -> B:
    """JSON under its own name only: no page of another origin can send that without being asked first."""
    if request.media_type() != "application/json":
        raise invalid("The body must be application/json.")
    try:
        return msgspec.json.decode(request.body, type=shape)
    except msgspec.DecodeError as error:
        raise invalid(str(error)) from error


def _json(value: object) -> Answer:
    return Answer(status=200, body=msgspec.json.format(msgspec.json.encode(value), indent=2))
