"""What a browser may do with the publishable key: look at an intent and confirm it, if it knows the client secret.

The SDK's types describe servers only, so what Stripe.js sends beyond them is read here.
"""

import hmac
from collections.abc import Callable

from stripe.params import PaymentMethodCreateParams

from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.errors import invalid, unauthorised
from adapters.payments.sandbox.forms import Tree
from adapters.payments.sandbox.objects import Intent
from adapters.payments.sandbox.payment_methods import create
from adapters.payments.sandbox.routes import Route
from adapters.payments.sandbox.validation import read


def admitted(route: Route, intent: Callable[[], Intent], tree: Tree) -> None:
    """ApiError 401 where a publishable key may not go, 400 where the client secret is not the intent's."""
    if not route.browser:
        raise unauthorised(
            "This API call cannot be made with a publishable API key. Please use a secret API key.",
            code="secret_key_required",
        )
    secret = tree.get("client_secret")
    if not isinstance(secret, str):
        raise invalid("Missing required param: client_secret.", param="client_secret", code="parameter_missing")
    if not hmac.compare_digest(secret.encode(), intent().client_secret.encode()):
        raise invalid(
            "The client_secret provided does not match any associated with this intent on this account.",
            param="client_secret",
        )


def as_a_server(call: Call, tree: Tree) -> Tree:
    """The parameters without what only browsers send; a typed-in card or IBAN becomes a PaymentMethod first."""
    rest = {name: node for name, node in tree.items() if name not in {"client_secret", "key"}}
    data = rest.get("payment_method_data")
    if isinstance(data, dict) and ("card" in data or "sepa_debit" in data):
        del rest["payment_method_data"]
        params: PaymentMethodCreateParams = read(PaymentMethodCreateParams, data)  # type: ignore[assignment]
        rest["payment_method"] = create(call, params).id
    return rest
