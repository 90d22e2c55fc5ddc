"""The sandbox's own calls, which Stripe does not have: what happened, planned faults, the clock, and the banks."""

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from adapters.payments.sandbox import disputes, payouts, refunds
from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.errors import ApiError, ErrorBody, invalid, missing
from adapters.payments.sandbox.faults import Fault
from adapters.payments.sandbox.http import Answer, Request
from adapters.payments.sandbox.objects import Charge
from adapters.payments.sandbox.overview import overview
from adapters.payments.sandbox.sandbox import Sandbox

B = TypeVar("B", bound=Struct)


class Advance(Struct, frozen=True, forbid_unknown_fields=True):
    """The clock only moves forward, at most a year at a time."""

    advance_seconds: Annotated[int, Meta(ge=0, le=366 * 24 * 3600)]


class PayOut(Struct, frozen=True, forbid_unknown_fields=True):
    """Make an automatic payout now; `early`: also of what is not available yet."""

    account: str
    early: bool = True


class MovePayout(Struct, frozen=True, forbid_unknown_fields=True):
    step: Literal["sent", "paid", "reconciled", "traced", "failed"]
    code: Literal["account_closed", "could_not_process", "debit_not_authorized"] = "account_closed"


class OpenDispute(Struct, frozen=True, forbid_unknown_fields=True):
    charge: str
    reason: str = "fraudulent"
    inquiry: bool = False
    amount: int | None = None


class DecideDispute(Struct, frozen=True, forbid_unknown_fields=True):
    outcome: disputes.Outcome


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
    if request.method == "POST" and (done := _by_hand(sandbox, request)) is not None:
        return _json(done)
    message = f"The sandbox does not know {request.method} {request.path}."
    raise ApiError(404, ErrorBody(type="invalid_request_error", message=message))


def _by_hand(sandbox: Sandbox, request: Request) -> Struct | None:
    """What banks do, or time would bring. None where the path names nothing that can be done."""
    match request.path.removeprefix("/sandbox/").split("/"):
        case ["payouts"]:
            wish = _body(request, PayOut)
            if (account := sandbox.accounts.get(wish.account)) is None:
                raise missing("account", wish.account)
            paid = sandbox.by_hand(account, lambda call: payouts.automatic(call, early=wish.early))
            return paid or PayOut(account=wish.account)
        case ["payouts", identifier]:
            step = _body(request, MovePayout)
            return _of(sandbox, identifier, lambda call: payouts.moved(call, identifier, step.step, step.code))
        case ["disputes"]:
            dispute = _body(request, OpenDispute)
            return _of(
                sandbox,
                dispute.charge,
                lambda call: disputes.opened(
                    call,
                    call.get(Charge, dispute.charge),
                    dispute.reason,
                    inquiry=dispute.inquiry,
                    amount=dispute.amount,
                ),
            )
        case ["disputes", identifier]:
            outcome = _body(request, DecideDispute).outcome
            return _of(sandbox, identifier, lambda call: disputes.decided(call, identifier, outcome))
        case ["refunds", identifier, "fail"]:
            return _of(sandbox, identifier, lambda call: refunds.failed(call, identifier))
    return None


def _of(sandbox: Sandbox, identifier: str, act: Callable[[Call], Struct | None]) -> Struct | None:
    """Act on the account that an object belongs to."""
    owner = sandbox.store.owner(identifier)
    account = None if owner is None else sandbox.accounts.get(owner)
    if account is None:
        raise missing("object", identifier)
    return sandbox.by_hand(account, act)


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
