"""Refusals in the shape of Stripe's error object."""

from msgspec import UNSET, Struct, UnsetType

from adapters.payments.sandbox.objects import PaymentIntent, SetupIntent


class ErrorBody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of `error` in an answer; absent fields are left out, as Stripe does."""

    type: str
    message: str
    code: str | UnsetType = UNSET
    param: str | UnsetType = UNSET
    payment_intent: PaymentIntent | UnsetType = UNSET
    setup_intent: SetupIntent | UnsetType = UNSET


class ApiError(Exception):
    """Ends a request without any effect.

    `saved` says whether an idempotency key remembers the answer: Stripe remembers what an endpoint answered once it had
    begun, and forgets what never got that far (bad parameters, missing objects, bad keys, conflicts).
    """

    def __init__(self, status: int, body: ErrorBody, *, saved: bool = False) -> None:
        super().__init__(body.message)
        self.status = status
        self.body = body
        self.saved = saved


def invalid(message: str, *, param: str | UnsetType = UNSET, code: str | UnsetType = UNSET) -> ApiError:
    """400 for parameters that no state of the account could make acceptable."""
    return ApiError(400, ErrorBody(type="invalid_request_error", message=message, param=param, code=code))


def refused(
    message: str,
    *,
    code: str | UnsetType = UNSET,
    param: str | UnsetType = UNSET,
    payment_intent: PaymentIntent | UnsetType = UNSET,
    setup_intent: SetupIntent | UnsetType = UNSET,
) -> ApiError:
    """400 because of the state of an object; an idempotency key replays it."""
    body = ErrorBody(
        type="invalid_request_error",
        message=message,
        code=code,
        param=param,
        payment_intent=payment_intent,
        setup_intent=setup_intent,
    )
    return ApiError(400, body, saved=True)


def missing(noun: str, identifier: str, *, param: str = "id", status: int = 404) -> ApiError:
    """404 when the path names nothing of this account, 400 when a parameter does."""
    body = ErrorBody(
        type="invalid_request_error",
        message=f"No such {noun}: '{identifier}'",
        code="resource_missing",
        param=param,
    )
    return ApiError(status, body)


def unauthorised(message: str, *, code: str | UnsetType = UNSET) -> ApiError:
    return ApiError(401, ErrorBody(type="invalid_request_error", message=message, code=code))
