"""Which call is answered by what, with which parameters.

`models` names the parameters that this sandbox gives their real meaning, or may ignore without lying. Whatever else the
SDK knows is refused by name: silently ignoring it would let a test pass that fails on the real API.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar, cast

from msgspec import Struct
from stripe import params as sdk
from stripe.params import checkout

from adapters.payments.sandbox import (
    balance,
    charges,
    checkouts,
    customers,
    debits,
    disputes,
    events,
    partners,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
)
from adapters.payments.sandbox import setup_intents as setups
from adapters.payments.sandbox.call import Call

Result: TypeAlias = Struct
Handler: TypeAlias = Callable[[Call, str, Mapping[str, Any]], Result]
P = TypeVar("P", bound=Mapping[str, Any])


class Route(Struct, frozen=True, kw_only=True):
    """`browser`: a publishable key may call it too, with the object's client secret."""

    method: str
    segments: tuple[str, ...]
    shape: type[Mapping[str, Any]]
    models: frozenset[str]
    handler: Handler
    browser: bool = False

    def match(self, method: str, path: str) -> str | None:
        """The id in the path (empty where there is none), or None if this is not the route."""
        given = tuple(path.strip("/").split("/"))
        if method != self.method or len(given) != len(self.segments):
            return None
        identifier = ""
        for mine, theirs in zip(self.segments, given, strict=True):
            if mine == "{id}" and theirs:
                identifier = theirs
            elif mine != theirs:
                return None
        return identifier


def _all(method: str, path: str, shape: type[P], answer: Callable[[Call, P], Result], models: str = "") -> Route:
    """A route without an id in its path."""

    def handler(call: Call, _: str, params: Mapping[str, Any]) -> Result:
        return answer(call, cast("P", params))

    return _route(method, path, shape, handler, models)


def _one(
    method: str,
    path: str,
    shape: type[P],
    answer: Callable[[Call, str, P], Result],
    models: str = "",
    *,
    browser: bool = False,
) -> Route:
    """A route with an id in its path."""

    def handler(call: Call, identifier: str, params: Mapping[str, Any]) -> Result:
        return answer(call, identifier, cast("P", params))

    return _route(method, path, shape, handler, models, browser=browser)


def _route(
    method: str, path: str, shape: type[Mapping[str, Any]], handler: Handler, models: str, *, browser: bool = False
) -> Route:
    return Route(
        method=method,
        segments=tuple(path.strip("/").split("/")),
        shape=shape,
        models=frozenset(models.split()) | {"expand"},
        handler=handler,
        browser=browser,
    )


LIST = "limit starting_after ending_before created"
CUSTOMER = "address description email metadata name phone preferred_locales tax_exempt"
PAYING = "payment_method payment_method_options receipt_email setup_future_usage capture_method"
PAYMENT = f"{PAYING} amount currency customer description metadata statement_descriptor statement_descriptor_suffix"
NEW = "allowed_payment_method_types automatic_payment_methods confirm error_on_requires_action mandate_data off_session return_url"
CHECKOUT = "mode client_reference_id allowed_payment_method_types line_items payment_intent_data metadata success_url cancel_url"
SETUP = "customer description metadata payment_method payment_method_options"

ROUTES: tuple[Route, ...] = (
    _all("POST", "/v1/customers", sdk.CustomerCreateParams, customers.create, CUSTOMER),
    _all("GET", "/v1/customers", sdk.CustomerListParams, customers.listed, f"{LIST} email"),
    _one("GET", "/v1/customers/{id}", sdk.CustomerRetrieveParams, customers.retrieve),
    _one("POST", "/v1/customers/{id}", sdk.CustomerUpdateParams, customers.update, CUSTOMER),
    _one("DELETE", "/v1/customers/{id}", sdk.CustomerDeleteParams, customers.delete),
    _one(
        "GET",
        "/v1/customers/{id}/payment_methods",
        sdk.CustomerListPaymentMethodsParams,
        customers.cards,
        f"{LIST} type",
    ),
    _all(
        "POST",
        "/v1/payment_methods",
        sdk.PaymentMethodCreateParams,
        payment_methods.create,
        "type card sepa_debit billing_details metadata allow_redisplay",
    ),
    _all("GET", "/v1/payment_methods", sdk.PaymentMethodListParams, payment_methods.listed, f"{LIST} customer type"),
    _one("GET", "/v1/payment_methods/{id}", sdk.PaymentMethodRetrieveParams, payment_methods.retrieve),
    _one(
        "POST",
        "/v1/payment_methods/{id}",
        sdk.PaymentMethodUpdateParams,
        payment_methods.update,
        "billing_details metadata allow_redisplay",
    ),
    _one("POST", "/v1/payment_methods/{id}/attach", sdk.PaymentMethodAttachParams, payment_methods.attach, "customer"),
    _one("POST", "/v1/payment_methods/{id}/detach", sdk.PaymentMethodDetachParams, payment_methods.detach),
    _all(
        "POST",
        "/v1/payment_intents",
        sdk.PaymentIntentCreateParams,
        payment_intents.create,
        f"{PAYMENT} {NEW} confirmation_method application_fee_amount transfer_data transfer_group",
    ),
    _all("GET", "/v1/payment_intents", sdk.PaymentIntentListParams, payment_intents.listed, f"{LIST} customer"),
    _one(
        "GET",
        "/v1/payment_intents/{id}",
        sdk.PaymentIntentRetrieveParams,
        payment_intents.retrieve,
        "client_secret",
        browser=True,
    ),
    _one("POST", "/v1/payment_intents/{id}", sdk.PaymentIntentUpdateParams, payment_intents.update, PAYMENT),
    _one(
        "POST",
        "/v1/payment_intents/{id}/confirm",
        sdk.PaymentIntentConfirmParams,
        payment_intents.confirm,
        f"{PAYING} error_on_requires_action mandate_data off_session return_url use_stripe_sdk",
        browser=True,
    ),
    _one(
        "POST",
        "/v1/payment_intents/{id}/capture",
        sdk.PaymentIntentCaptureParams,
        payment_intents.capture,
        "amount_to_capture application_fee_amount final_capture metadata",
    ),
    _one(
        "POST",
        "/v1/payment_intents/{id}/cancel",
        sdk.PaymentIntentCancelParams,
        payment_intents.cancel,
        "cancellation_reason",
    ),
    _all("POST", "/v1/checkout/sessions", checkout.SessionCreateParams, checkouts.create, CHECKOUT),
    _all("GET", "/v1/checkout/sessions", checkout.SessionListParams, checkouts.listed, f"{LIST} payment_intent status"),
    _one("GET", "/v1/checkout/sessions/{id}", checkout.SessionRetrieveParams, checkouts.retrieve),
    _one("POST", "/v1/checkout/sessions/{id}/expire", checkout.SessionExpireParams, checkouts.expire),
    _all(
        "POST",
        "/v1/setup_intents",
        sdk.SetupIntentCreateParams,
        setups.create,
        f"{SETUP} allowed_payment_method_types automatic_payment_methods confirm mandate_data return_url usage",
    ),
    _all("GET", "/v1/setup_intents", sdk.SetupIntentListParams, setups.listed, f"{LIST} customer payment_method"),
    _one(
        "GET", "/v1/setup_intents/{id}", sdk.SetupIntentRetrieveParams, setups.retrieve, "client_secret", browser=True
    ),
    _one("POST", "/v1/setup_intents/{id}", sdk.SetupIntentUpdateParams, setups.update, SETUP),
    _one(
        "POST",
        "/v1/setup_intents/{id}/confirm",
        sdk.SetupIntentConfirmParams,
        setups.confirm,
        "payment_method payment_method_options mandate_data return_url use_stripe_sdk",
        browser=True,
    ),
    _one("POST", "/v1/setup_intents/{id}/cancel", sdk.SetupIntentCancelParams, setups.cancel, "cancellation_reason"),
    _one("GET", "/v1/mandates/{id}", sdk.MandateRetrieveParams, debits.retrieve),
    _all("GET", "/v1/charges", sdk.ChargeListParams, charges.listed, f"{LIST} customer payment_intent"),
    _one("GET", "/v1/charges/{id}", sdk.ChargeRetrieveParams, charges.retrieve),
    _one("POST", "/v1/charges/{id}", sdk.ChargeUpdateParams, charges.update, "description metadata"),
    _all(
        "POST",
        "/v1/refunds",
        sdk.RefundCreateParams,
        refunds.create,
        "amount charge metadata payment_intent reason refund_application_fee reverse_transfer",
    ),
    _all("GET", "/v1/refunds", sdk.RefundListParams, refunds.listed, f"{LIST} charge payment_intent"),
    _one("GET", "/v1/refunds/{id}", sdk.RefundRetrieveParams, refunds.retrieve),
    _one("POST", "/v1/refunds/{id}", sdk.RefundUpdateParams, refunds.update, "metadata"),
    _all("GET", "/v1/balance", sdk.BalanceRetrieveParams, balance.retrieve),
    _all(
        "GET",
        "/v1/balance_transactions",
        sdk.BalanceTransactionListParams,
        balance.listed_transactions,
        f"{LIST} currency payout source type",
    ),
    _one("GET", "/v1/balance_transactions/{id}", sdk.BalanceTransactionRetrieveParams, balance.retrieve_transaction),
    _all(
        "POST",
        "/v1/payouts",
        sdk.PayoutCreateParams,
        payouts.create,
        "amount currency description metadata statement_descriptor",
    ),
    _all("GET", "/v1/payouts", sdk.PayoutListParams, payouts.listed, f"{LIST} status"),
    _one("GET", "/v1/payouts/{id}", sdk.PayoutRetrieveParams, payouts.retrieve),
    _all("GET", "/v1/disputes", sdk.DisputeListParams, disputes.listed, f"{LIST} charge payment_intent"),
    _one("GET", "/v1/disputes/{id}", sdk.DisputeRetrieveParams, disputes.retrieve),
    _one("POST", "/v1/disputes/{id}", sdk.DisputeUpdateParams, disputes.update, "evidence metadata submit"),
    _one("POST", "/v1/disputes/{id}/close", sdk.DisputeCloseParams, disputes.close),
    _one("GET", "/v1/transfers/{id}", sdk.TransferRetrieveParams, partners.retrieve_transfer),
    _one("GET", "/v1/application_fees/{id}", sdk.ApplicationFeeRetrieveParams, partners.retrieve_fee),
    _all("GET", "/v1/events", sdk.EventListParams, events.listed, f"{LIST} type types delivery_success"),
    _one("GET", "/v1/events/{id}", sdk.EventRetrieveParams, events.retrieve),
)


def find(method: str, path: str) -> tuple[Route, str] | None:
    """The route and the id in the path."""
    for route in ROUTES:
        identifier = route.match(method, path)
        if identifier is not None:
            return route, identifier
    return None
