"""What PaymentIntents and SetupIntents have in common: how they may be paid, and where the cardholder goes."""

import re
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any, Literal

from msgspec import Struct

from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.errors import invalid, refused
from adapters.payments.sandbox.objects import (
    AutomaticPaymentMethods,
    Customer,
    Intent,
    NextAction,
    PaymentMethod,
    RedirectToUrl,
)
from adapters.payments.sandbox.payment_methods import must_be_reusable, used

# "This parameter can only be used with confirm=true", says the SDK of each of these.
ONLY_WITH_CONFIRM = ("off_session", "return_url", "mandate_data", "error_on_requires_action")
ALLOWED = "allowed_payment_method_types"
KNOWN = frozenset({"card", "sepa_debit"})
CARD_OPTIONS = frozenset({"request_three_d_secure", "capture_method"})


def client_secret(identifier: str) -> str:
    return f"{identifier}_secret_{token_urlsafe(19).replace('-', 'A').replace('_', 'B')}"


class WaysToPay(Struct, frozen=True):
    """Either the merchant allows types by name, or Stripe chooses by itself."""

    allowed_payment_method_types: list[str] | None = None
    automatic_payment_methods: AutomaticPaymentMethods | None = None


def ways_to_pay(params: Mapping[str, Any]) -> WaysToPay:
    """As of API version 2026-09-30 types can be allowed, and are silently filtered, but no longer be prescribed.

    https://docs.stripe.com/changelog/dahlia/2026-07-29/allowed-payment-method-types-parameter
    """
    allowed, automatic = params.get("allowed_payment_method_types"), params.get("automatic_payment_methods")
    if allowed is not None and automatic is not None:
        names = "allowed_payment_method_types, automatic_payment_methods"
        raise invalid(f"You may only specify one of these parameters: {names}.", code="parameters_exclusive")
    if allowed is not None:
        if KNOWN.isdisjoint(allowed):
            message = "No allowed payment method type is usable: the sandbox knows cards and SEPA debits only."
            raise invalid(message, param=ALLOWED)
        return WaysToPay(allowed_payment_method_types=allowed)
    given = {"enabled": True, **(automatic or {})}
    if not given["enabled"]:
        return WaysToPay()
    redirects = given.get("allow_redirects", "always")
    return WaysToPay(automatic_payment_methods=AutomaticPaymentMethods(enabled=True, allow_redirects=redirects))


def only_with_confirm(params: Mapping[str, Any]) -> None:
    if params.get("confirm"):
        return
    for name in ONLY_WITH_CONFIRM:
        if name in params:
            raise invalid(f"The parameter {name} can only be used with confirm=true.", param=name)


def known_customer(call: Call, customer: str | None) -> str | None:
    if customer is not None:
        call.get(Customer, customer, param="customer")
    return customer


def usable(call: Call, identifier: str, customer: str | None) -> PaymentMethod:
    """The PaymentMethod, if this customer's intent may use it; ApiError 400 otherwise."""
    method = used(call, identifier)
    if method.customer is not None and method.customer != customer:
        raise refused(
            f"The provided PaymentMethod {method.id} belongs to a Customer. Please include that Customer in the `customer`"
            " parameter.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )
    must_be_reusable(call, method)
    return method


def allowed(intent: Intent, method: PaymentMethod) -> None:
    """ApiError 400 where the merchant does not want to be paid like this."""
    wanted = intent.allowed_payment_method_types
    if wanted is not None and method.type not in wanted:
        raise refused(
            f"The PaymentMethod provided ({method.type}) is not allowed for this {type(intent).__name__}: {', '.join(wanted)}.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )


def return_url(intent: Intent, params: Mapping[str, Any]) -> str | None:
    """Where the cardholder comes back to; required while redirecting methods are allowed, even for a card."""
    given: str | None = params.get("return_url")
    if (
        given is None
        and intent.automatic_payment_methods
        and intent.automatic_payment_methods.allow_redirects != "never"
    ):
        raise invalid(
            f"This {type(intent).__name__} accepts payment methods that may redirect the customer, so `return_url` is"
            " required. To do without, set `automatic_payment_methods[allow_redirects]` to `never`.",
            param="return_url",
        )
    if given is not None and not re.match(
        r"(?!javascript|data|vbscript)[a-z][a-z0-9+.-]*://\S+$", given, re.IGNORECASE
    ):
        raise invalid("Not a valid URL", param="return_url", code="url_invalid")
    return given


def to_authenticate(call: Call, identifier: str, back: str | None) -> NextAction:
    return NextAction(redirect_to_url=RedirectToUrl(url=f"{call.url}/authenticate/{identifier}", return_url=back))


def options(current: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """`payment_method_options` with the given card options over the current ones."""
    given = params.get("payment_method_options") or {}
    card = given.get("card") or {}
    unknown = [name for name in given if name != "card"] + [
        f"card][{name}" for name in card if name not in CARD_OPTIONS
    ]
    if unknown:
        name = f"payment_method_options[{unknown[0]}]"
        raise invalid(f"The sandbox does not model {name}.", param=name)
    return {"card": {"request_three_d_secure": "automatic", **current.get("card", {}), **card}}


def three_d_secure(intent: Intent) -> Literal["asked", "left"]:
    """Whether the merchant asks for authentication, or leaves that to the issuer."""
    wish = intent.payment_method_options["card"]["request_three_d_secure"]
    return "asked" if wish in {"any", "challenge"} else "left"
